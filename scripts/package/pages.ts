import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { build, preview } from 'vite'
import { dist } from '../build/paths.ts'
import { blankPage } from '../lib/browser.ts'
import type { Check } from './checks.ts'
import { write } from './project.ts'

/** A training step with convolutions and its gradients, on WebGL, beside the reference: the largest difference. */
const work = `
  const [kx, kw] = t.split(t.key(0))
  const x = t.normal(kx, [2, 1, 8, 8])
  const w = t.mul(t.normal(kw, [3, 1, 3, 3]), 0.3)
  const loss = (w, x) => t.mean(t.square(t.silu(t.conv2d(w, { padding: 1 })(x))))
  const step = (w, x) => {
    const [value, dw] = t.valueAndGrad(loss)(w, x)
    return [value, t.sub(w, t.mul(dw, 0.1))]
  }
  const gpu = await t.device()
  const found = gpu.compile(step)(w, x)
  const wanted = step(w, x)
  let worst = 0
  for (const i of [0, 1]) {
    const [a, b] = [await gpu.read(found[i]), await t.reference.read(wanted[i])]
    b.forEach((v, j) => (worst = Math.max(worst, Math.abs(a[j] - v))))
  }
  const [sum] = await gpu.read(t.add(t.tensor([1]), t.tensor([2])))
  document.title = [gpu.name, sum, worst < 1e-5 ? 'like the reference' : 'off by ' + worst].join(', ')`

const wanted = 'webgl2, 3, like the reference'

/** In milliseconds: software GL on a machine with other work took 40 seconds. */
const longest = 240_000

const html = (script: string): string => `<!doctype html><title>waiting</title><script type="module"${script}</script>`

const titleAt = async (page: Page, address: string): Promise<string> => {
  const errors: string[] = []
  page.on('pageerror', ({ message }) => errors.push(message))
  await page.goto(address)
  await page.waitForFunction(() => document.title !== 'waiting', undefined, { timeout: longest }).catch(() => undefined)
  const title = await page.title()
  if (title !== wanted) throw new Error(`the page says ${title} ${errors.join('; ')}, not ${wanted}`)
  return title
}

const inBrowser = async <A>(use: (page: Page) => Promise<A>): Promise<A> => {
  const page = await blankPage()
  try {
    return await use(page)
  } finally {
    await page.context().browser()?.close()
  }
}

/** A page of Vite, built and minified, as the preview server gives it. */
export const vitePage: Check = async ({ project }) => {
  const site = join(project, 'site')
  write(project, 'site/index.html', html(` src="./main.js">`))
  write(project, 'site/main.js', `import * as t from 'tessera'\n${work}`)
  const config = { root: site, configFile: false, logLevel: 'error', build: { target: 'es2022' } } as const
  await build(config)
  const server = await preview({ ...config, preview: { port: 0, host: '127.0.0.1' } })
  try {
    return await inBrowser((page) => titleAt(page, server.resolvedUrls!.local[0]!))
  } finally {
    await server.close()
  }
}

/** A page that loads the single file, and nothing else. */
export const plainPage: Check = ({ project }) =>
  inBrowser(async (page) => {
    const files: Readonly<Record<string, readonly [type: string, body: string]>> = {
      '/plain.html': [
        'text/html',
        html(`>import * as t from './tessera.min.js'\n${work}\n;t.models.unet({ steps: 10 })`)
      ],
      '/tessera.min.js': [
        'text/javascript',
        readFileSync(join(project, 'node_modules/tessera', dist, 'tessera.min.js'), 'utf8')
      ]
    }
    await page.route('http://localhost/*', (route) => {
      const [contentType, body] = files[new URL(route.request().url()).pathname] ?? ['text/plain', '']
      return route.fulfill({ contentType, body })
    })
    return titleAt(page, 'http://localhost/plain.html')
  })
