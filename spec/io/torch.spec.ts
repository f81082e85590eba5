import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as t from 'tessera'
import { fromNamed, toNamed, unet } from 'tessera/models'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convert } from '../../scripts/lib/conversion.ts'
import { right } from '../data/support.ts'
import { expectClose } from '../support/tolerance.ts'
import { bits, read, refused, sameBytes, type Tensors } from './tensors.ts'

// What we write is loaded by PyTorch itself, and what PyTorch then saves is read again.

const { TESSERA_PYTHON: python = 'python3' } = process.env

/** The version of the Python's PyTorch, if it has one. */
const version = (): string | undefined => {
  const { status, stdout } = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

const found = version()
const asked = `PyTorch ${found ?? ''}`.trim()

if (found === undefined) {
  const why = `SKIPPED: ${python} has no PyTorch: nothing was checked against it. Set TESSERA_PYTHON to a Python that has.`
  process.stderr.write(`\n!! spec/io/torch.spec.ts: ${why}\n`)
  it.skip(`PyTorch: ${why}`, () => undefined)
}

const folder = mkdtempSync(join(tmpdir(), 'tessera-torch-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)
const bytesIn = (name: string): Uint8Array => new Uint8Array(readFileSync(at(name)))
const file = (name: string): t.PyTorch => read(t.decodePyTorch(bytesIn(name)))
const tensorsIn = (name: string): Tensors => file(name).tensors

const numbers = async (x: t.Tensor) => ({ shape: x.shape, data: Float32Array.from(await t.reference.read(x)) })

if (found !== undefined)
  describe(asked, () => {
    const model = unet({ steps: 1000 })
    const named = toNamed(model, model.init(t.key(7)))
    const [x, ts] = [t.normal(t.key(8), [2, 1, 28, 28]), t.tensor([3, 700])]
    let printed = ''

    beforeAll(async () => {
      writeFileSync(at('model.pt'), t.encodePyTorch(named))
      writeFileSync(at('inputs.pt'), t.encodePyTorch({ x: await numbers(x), t: await numbers(ts) }))
      right(await convert(at('model.pt'), at('prefixed.pt'), { prefix: 'network.' })())
      const script = fileURLToPath(new URL('./round-trip.py', import.meta.url))
      const { status, stdout, stderr } = spawnSync(python, [script, folder], { encoding: 'utf8' })
      if (status !== 0) throw new Error(`${python} ${script} ended with ${status}: ${stderr}`)
      printed = stdout
    })

    it('loads what we write with load_state_dict(strict=True), with and without the article’s prefix', () => {
      expect(printed).toBe('<All keys matched successfully>\n<All keys matched successfully>\n')
    })

    it('predicts the same noise, within 2e-4', async () => {
      const loaded = fromNamed(named)
      if (loaded._tag === 'Left') throw new Error(loaded.left.message)
      const ours = await t.reference.read(loaded.right.model.apply(loaded.right.params, x, ts))
      const theirs = tensorsIn('predictions.pt')
      for (const name of ['module', 'function'])
        expectClose(ours, theirs[name]!.data, new Float64Array(ours.length).fill(2e-4), name)
    })

    it('saves what it loaded, and we read it back, to the bit', () => {
      expect(bits(tensorsIn('again.pt'))).toEqual(bits(named))
      expect(sameBytes(t.encodePyTorch(tensorsIn('again.pt')), bytesIn('model.pt'))).toBe(true)
    })

    it.each([2, 3, 4, 5])('saves it in protocol %i', (protocol) => {
      expect(bits(tensorsIn(`protocol-${protocol}.pt`))).toEqual(bits(named))
    })

    it.each(['state_dict', 'model_state_dict', 'model'])('saves it under %s, in a checkpoint', (under) => {
      const { tensors, under: from } = file(`under-${under}.pt`)
      expect(from).toBe(under)
      expect(bits(tensors)).toEqual(bits(named))
    })

    it('saves tensors of all types and views of all kinds', () => {
      const [views, plain] = [tensorsIn('views.pt'), tensorsIn('plain.pt')]
      expect(Object.keys(views)).toHaveLength(20)
      expect(bits(views)).toEqual(bits(plain))
    })

    it('saves files that we refuse, and we say how to save them', () => {
      const said = (name: string): string => refused(t.decodePyTorch(bytesIn(name)))
      expect(said('legacy.pt')).toContain('the format before PyTorch 1.6: save it again with torch.save')
      expect(said('module.pt')).toContain('it names "unet.UNet", which no state dict needs')
      expect(said('unchecked.pt')).toContain('torch.serialization.set_crc32_options(False): save it again without')
    })
  })
