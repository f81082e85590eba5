import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as customOp from '../../examples/custom-op.ts'
import * as ddpm from '../../examples/ddpm.ts'
import * as pipeline from '../../examples/pipeline.ts'
import * as t from '../../lib/index.ts'
import { blankPage } from '../../scripts/lib/browser.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tessera-example-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('[gl] the examples', () => {
  it('pipeline.ts fits its curve', async () => {
    const [before, after] = await pipeline.main(300)
    expect(after).toBeLessThan(before / 100)
  })

  it('custom-op.ts prints an operation, its slope and its plan', async () => {
    const lines = (await customOp.main()).split('\n')
    const numbers = (line: string): readonly number[] => line.match(/-?\d+\.\d+/g)!.map(Number)
    // Φ(1), and Φ(1) + φ(1)
    expect(numbers(lines[0]!)[3]).toBeCloseTo(0.8413, 3)
    expect(numbers(lines[1]!)[3]).toBeCloseTo(0.8413 + Math.exp(-0.5) / Math.sqrt(2 * Math.PI), 3)
    expect(numbers(lines[2]!)).toEqual([1000, 1.1269, 0.6931, 1.1269, 2])
    expect(lines.slice(3)).toEqual(['a = argument[5]', 'b = mul a : [5]  #0', 'return b'])
  })

  it('custom-op.ts adds infinities, on GL as on the reference', async () => {
    const [a, b] = [t.tensor([Infinity, -Infinity, Infinity, 5]), t.tensor([Infinity, -Infinity, -Infinity, -Infinity])]
    using device = await t.device()
    for (const on of [t.reference, device])
      expect([...(await on.read(customOp.logaddexp(a, b)))]).toEqual([Infinity, -Infinity, Infinity, 5])
    const slope = t.grad((x: t.Tensor) => t.sum(customOp.logaddexp(x, b)))(a)
    expect([...(await t.reference.read(slope))]).toEqual([0.5, 0.5, 1, 1])
  })

  it('ddpm.ts trains and draws samples', async () => {
    const losses = await ddpm.main({ images: 16, epochs: 3, batchSize: 8, steps: 3, samples: 4, out: folder })
    expect(losses.length).toBe(3)
    expect(losses[2]).toBeLessThan(losses[0]!)
    const png = readFileSync(join(folder, 'samples.png'))
    expect(png.subarray(1, 4).toString()).toBe('PNG')
  })

  it('are as short as they say', () => {
    const lines = (name: string): number =>
      readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8')
        .trimEnd()
        .split('\n').length
    expect(lines('ddpm.ts')).toBeLessThanOrEqual(80)
    expect(lines('pipeline.ts')).toBeLessThanOrEqual(40)
  })
})

/** The command in the page's comment, with the bundle in another file and without a server. */
const bundleOf = (html: string): string => {
  const [, command] = /npx (esbuild .*)/.exec(html)!
  const [program, ...args] = command!.split(' ').filter((arg) => !/^--(outfile|servedir)=/.test(arg))
  const file = join(folder, 'tessera.js')
  execFileSync(join(root, 'node_modules/.bin', program!), [...args, `--outfile=${file}`, '--log-level=error'], {
    cwd: root
  })
  return readFileSync(file, 'utf8')
}

/** The noisy digits that the page should show at a timestep. */
const expected = async (at: number): Promise<t.Picture> => {
  const x0 = t.tensor(t.normalise(t.drawDigits(t.key(0), 16).images), [16, 1, 28, 28])
  const xt = t.noise(t.linearSchedule({ steps: 1000 }))(x0, t.full([16], at), t.key(1))
  return t.grid({ data: Float32Array.from(await t.reference.read(xt)), shape: xt.shape }, { scale: 4 })
}

describe('[browser] canvas.html', () => {
  let page: Page
  const faults: string[] = []

  beforeAll(async () => {
    page = await blankPage()
    page.on('pageerror', (error) => faults.push(String(error)))
    const html = readFileSync(join(root, 'examples/canvas.html'), 'utf8')
    const served = [
      ['examples/canvas.html', 'text/html', html],
      ['out/tessera.js', 'text/javascript', bundleOf(html)]
    ] as const
    for (const [path, contentType, body] of served)
      await page.route(`http://localhost/${path}`, (route) => route.fulfill({ contentType, body }))
    await page.goto('http://localhost/examples/canvas.html')
  })
  afterAll(() => page.context().browser()?.close())

  /** The canvas once it shows a timestep: a gray a character, for a list of numbers takes long to get out of a page. */
  const shown = async (at: number): Promise<{ width: number; height: number; grays: string }> => {
    await page.waitForFunction((text) => document.querySelector('output')?.value === text, String(at))
    return page.evaluate(() => {
      const { width, height } = document.querySelector('canvas')!
      const { data } = document.querySelector('canvas')!.getContext('2d')!.getImageData(0, 0, width, height)
      const red = data.filter((_, i) => i % 4 === 0)
      return { width, height, grays: Array.from(red, (value) => String.fromCharCode(value)).join('') }
    })
  }

  it('shows noisy digits, and those of another timestep when the slider moves', async () => {
    for (const at of [250, 900]) {
      await page.locator('input').fill(String(at))
      const [{ width, height, grays }, wanted] = [await shown(at), await expected(at)]
      expect([width, height]).toEqual([wanted.width, wanted.height])
      const off = Array.from(grays, (gray, i) => Math.abs(gray.charCodeAt(0) - wanted.data[4 * i]!))
      expect(off.filter((distance) => distance > 1)).toEqual([])
    }
    expect(await page.locator('#device').textContent()).toMatch(/^Computed by webgl/)
    expect(faults).toEqual([])
  })
})
