// One of the processes of `npm run bench`: a library in a page of Chromium. Its arguments are the library's page, and
// the backend.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { blankPage } from '../../lib/browser.ts'
import type { Contender, Inputs, Prepared } from '../prepared.ts'
import { serve } from '../worker.ts'
import type { Shown } from './page.ts'

/** The page's global: what the library's page exports. */
declare const bench: { readonly peer: Shown }

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const bundled = async (entry: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [here(`./${entry}.page.ts`)],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'bench',
    target: 'es2022',
    write: false,
    logLevel: 'silent'
  })
  return outputFiles[0]!.text
}

const base64Of = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64')

const numbersIn = (base64: string): Float32Array => {
  const { buffer, byteOffset, length } = Buffer.from(base64, 'base64')
  return new Float32Array(buffer.slice(byteOffset, byteOffset + length))
}

const prepare = async (page: Page, { task, numbers }: Inputs): Promise<Prepared> => {
  await page.evaluate(([what, text]) => bench.peer.prepare(what, text), [task, base64Of(numbers)] as const)
  return {
    result: async () => numbersIn(await page.evaluate(() => bench.peer.result())),
    // the page has a clock of its own
    time: (runs) => page.evaluate((n) => bench.peer.time(n), runs),
    dispose: () => void page.evaluate(() => bench.peer.dispose()).catch(() => undefined)
  }
}

const open = async (): Promise<Contender> => {
  const [entry = '', backend = ''] = process.argv.slice(2)
  const script = await bundled(entry)
  const page = await blankPage()
  await page.addScriptTag({ content: script })
  const facts = await page.evaluate((which) => bench.peer.open(which), backend)
  return {
    facts: { ...facts, browser: page.context().browser()?.version() ?? '' },
    prepare: (inputs) => prepare(page, inputs)
  }
}

await serve(open)
