import { deflateRawSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { readZip } from '../../lib/io/zip.ts'
import { zipOf } from '../io/assemble.ts'
import { cases } from './cases.ts'
import type * as Entry from './entry.ts'
import { bundle, openPage, type Bundle } from './page.ts'

/** The page's global: what entry.ts exports. */
declare const specs: typeof Entry

let bundled: Promise<Bundle> | undefined
let opened: Promise<Page> | undefined

// Opened by each spec that needs it, not by a hook: where there is no browser every one of them fails.
const program = (): Promise<Bundle> => (bundled ??= bundle())
const page = (): Promise<Page> => (opened ??= program().then(openPage))

afterAll(async () => {
  await (await opened?.catch(() => undefined))?.context().browser()?.close()
})

describe('the bundle for browsers', () => {
  it('holds nothing of Node', async () => {
    const { text, metafile } = await program()
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports.map(({ path }) => path))
    const files = Object.keys(metafile.inputs)
    expect(imports.filter((path) => path.startsWith('node:'))).toEqual([])
    expect(Object.values(metafile.outputs).flatMap((output) => output.imports)).toEqual([])
    expect(files.filter((path) => /\/node(\.ts$|\/)|node_modules\/(gl|canvas)\//.test(path))).toEqual([])
    expect(files).toContain('lib/platform/browser.ts')
    expect(text).not.toMatch(/(from|require\(|import\()\s*["']node:/)
  })
})

describe.each(['webgl2', 'webgl'] as const)('[browser] %s:', (device) => {
  it('opens', async () => {
    const [name, renderer] = await (await page()).evaluate((which) => specs.identity(which), device)
    expect(name).toBe(device)
    expect(renderer).not.toBe('')
  })

  it.each([...cases.keys()])('%s', async (name) => {
    const outcome = await (await page()).evaluate(([which, what]) => specs.run(which, what), [device, name] as const)
    expect(outcome.ok, outcome.message).toBe(true)
    expect(outcome.sharp).toBeGreaterThan(0.8)
  })
})

describe('[browser] a page', () => {
  it('prefers webgl2', async () => {
    expect(await (await page()).evaluate(() => specs.preferred())).toBe('webgl2')
  })

  it('has no device of Node', async () => {
    expect(await (await page()).evaluate(() => specs.refusal('headlessgl'))).toBe(
      'TesseraError: device: there is no device headlessgl on this platform'
    )
  })

  it.each(['HTMLCanvasElement', 'OffscreenCanvas'] as const)('draws on an %s', async (kind) => {
    const gray = (v: number): readonly number[] => [v, v, v, 255]
    const drawn = await (await page()).evaluate((which) => specs.drawOn(which), kind)
    expect(drawn).toMatchObject({ kind, size: [4, 1] })
    expect(drawn.pixels).toEqual([...gray(0), ...gray(255), ...gray(128), ...gray(255)])
  })

  it('reads and writes model files, deflated ones too', async () => {
    const tensors = { a: { shape: [2], data: Float32Array.of(1, -0.5) }, b: { shape: [], data: Float32Array.of(3) } }
    const own = t.encodePyTorch(tensors)
    const values = Object.entries(tensors).map(([name, { shape, data }]) => ({ name, shape, data: [...data] }))
    for (const [format, bytes] of [
      ['safetensors', t.encodeSafetensors(tensors)],
      ['pytorch', own],
      ['pytorch', deflated(own)]
    ] as const) {
      const read = await (await page()).evaluate((given) => specs.readModel(given), [...bytes])
      expect(read).toEqual({ format, values, written: [...own] })
    }
  })
})

/** An archive with its files deflated. */
const deflated = (bytes: Uint8Array): Uint8Array => {
  const zip = readZip(bytes)
  if (zip._tag === 'Left') throw new Error(zip.left.message)
  return zipOf(
    [...zip.right.values()].map(({ name, begin, end, size, crc }) => {
      const packed = deflateRawSync(bytes.subarray(begin, end))
      return { name, packed, method: 8, size, crc }
    })
  )
}
