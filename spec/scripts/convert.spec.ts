import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as t from 'tessera'
import { toNamed, unet } from 'tessera/models'
import { afterAll, describe, expect, it } from 'vitest'
import { convert, type Renaming } from '../../scripts/lib/conversion.ts'
import { loadModel } from '../../scripts/lib/model-file.ts'
import { left, right } from '../data/support.ts'
import { dict, global, program as pickle, pt, reduce, text, tuple } from '../io/assemble.ts'
import { bits, read, sameBytes, trees, type Tensors } from '../io/tensors.ts'
import { holdsOn } from '../support/property.ts'
import { namesIn, program } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-convert-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)
const file = (name: string, bytes: Uint8Array): string => {
  writeFileSync(at(name), bytes)
  return at(name)
}
const bytesIn = (name: string): Uint8Array => new Uint8Array(readFileSync(at(name)))
const tensorsIn = (name: string): Tensors => read(t.decodeModel(bytesIn(name))).tensors

const converted = async (from: string, to: string, renaming: Renaming = {}): Promise<readonly string[]> =>
  right(await convert(at(from), at(to), renaming)())

const small: Tensors = {
  'a.weight': { shape: [2], data: Float32Array.of(1, NaN) },
  'a.bias': { shape: [], data: Float32Array.of(-0) }
}

describe('convert', () => {
  it('there and back gives the same file, to the byte', () =>
    holdsOn(
      trees,
      async (tensors) => {
        file('a.pt', t.encodePyTorch(tensors))
        file('a.safetensors', t.encodeSafetensors(tensors))
        await converted('a.pt', 'b.safetensors')
        await converted('b.safetensors', 'b.pth')
        expect(sameBytes(bytesIn('b.safetensors'), bytesIn('a.safetensors'))).toBe(true)
        expect(sameBytes(bytesIn('b.pth'), bytesIn('a.pt'))).toBe(true)
      },
      30
    ))

  it('puts a prefix before every name, and takes one off', async () => {
    file('plain.pt', t.encodePyTorch(small))
    await converted('plain.pt', 'prefixed.safetensors', { prefix: 'network.' })
    expect(Object.keys(tensorsIn('prefixed.safetensors'))).toEqual(['network.a.bias', 'network.a.weight'])
    await converted('prefixed.safetensors', 'stripped.pt', { strip: 'network.' })
    expect(bits(tensorsIn('stripped.pt'))).toEqual(bits(small))
    await converted('stripped.pt', 'renamed.pt', { strip: 'a.', prefix: 'b.' })
    expect(Object.keys(tensorsIn('renamed.pt'))).toEqual(['b.bias', 'b.weight'])
  })

  it('keeps the metadata of safetensors, and says where it cannot', async () => {
    file('texts.safetensors', t.encodeSafetensors(small, { metadata: { epoch: '3', betaMax: '0.02' } }))
    const lines = await converted('texts.safetensors', 'same.safetensors')
    expect(sameBytes(bytesIn('same.safetensors'), bytesIn('texts.safetensors'))).toBe(true)
    expect(lines).toEqual([
      `Read ${at('texts.safetensors')}: a safetensors file`,
      `Wrote ${at('same.safetensors')}: 2 tensors, ${bytesIn('same.safetensors').length} bytes`
    ])
    const [, , third] = await converted('texts.safetensors', 'texts.pt')
    expect(third).toBe('A .pt file has no place for the metadata, which stays behind: betaMax, epoch')
  })

  it('says what it wrote, and leaves nothing else', async () => {
    mkdirSync(at('in'))
    mkdirSync(at('out'))
    file('in/model.PT', t.encodePyTorch(small))
    const ended = await program('convert', [at('in/model.PT'), at('out/model.SAFETENSORS')])
    const size = bytesIn('out/model.SAFETENSORS').length
    expect(ended).toEqual({
      code: 0,
      stdout: `Read ${at('in/model.PT')}: a .pt file of PyTorch\nWrote ${at('out/model.SAFETENSORS')}: 2 tensors, ${size} bytes\n`,
      stderr: ''
    })
    expect(namesIn(at('out'))).toEqual(['model.SAFETENSORS'])
  })

  const hostile = pt(pickle(dict(text('a'), [global('os', 'system'), tuple(text('touch owned')), reduce])))
  file('good.pt', t.encodePyTorch(small))
  file('odd.safetensors', t.encodeSafetensors({ '\ud800': { shape: [1], data: Float32Array.of(1) } }))
  file('meta.pt', t.encodePyTorch({ __metadata__: { shape: [1], data: Float32Array.of(1) } }))
  file('owned.pt', hostile)
  file('text.pt', new TextEncoder().encode('hello, world'))

  const usages: readonly (readonly [what: string, args: readonly string[], code: 1 | 2, says: RegExp])[] = [
    ['one file', [at('good.pt')], 2, /missing required argument 'out'/],
    ['a third file', [at('good.pt'), at('x.pt'), 'more'], 2, /what is more\?/],
    ['an unknown flag', [at('good.pt'), at('x.pt'), '--foo'], 2, /--foo/],
    [
      'another kind of file to write',
      [at('good.pt'), at('x.bin')],
      2,
      /x\.bin: its name must end in \.pt, \.pth, \.saf/
    ],
    ['a file that names os.system', [at('owned.pt'), at('x.pt')], 1, /owned\.pt: pytorch: it names "os\.system"/]
  ]

  it.concurrent.each(usages)('tells of %s in one line, and writes nothing', async (_, args, code, says) => {
    const ended = await program('convert', args)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(says)
    expect(ended.stderr).toMatch(/^error: [^\n]+\n$/)
    expect([existsSync(at('x.pt')), existsSync(at('x.bin')), existsSync('owned')]).toEqual([false, false, false])
  })

  const cases: readonly (readonly [what: string, from: string, to: string, says: RegExp, renaming: Renaming])[] = [
    ['a missing file', 'none.pt', 'x.pt', /^no such file: .*none\.pt/, {}],
    ['a missing folder', 'good.pt', 'none/x.pt', /^cannot write .*its folder does not exist/, {}],
    ['a file that is no model', 'text.pt', 'x.pt', /text\.pt: no model: neither a safetensors file/, {}],
    ['a prefix that is not there', 'good.pt', 'x.pt', /--strip b\.: the name "a\.bias"/, { strip: 'b.' }],
    ['a name that is no text', 'odd.safetensors', 'x.pt', /odd\.safetensors: .*"\\ud800" is no Unicode text/, {}],
    ['a name that safetensors keeps', 'meta.pt', 'x.safetensors', /meta\.pt: .*no tensor may be named __metadata__/, {}]
  ]

  it.each(cases)('tells of %s, and writes nothing', async (_, from, to, says, renaming) => {
    const before = namesIn(folder)
    expect(left(await convert(at(from), at(to), renaming)()).message).toMatch(says)
    expect(namesIn(folder)).toEqual(before)
  })

  it('leaves what was there where it fails', async () => {
    expect(left(await convert(at('owned.pt'), at('good.pt'), {})()).kind).toBe('format')
    expect(bits(tensorsIn('good.pt'))).toEqual(bits(small))
  })
})

describe('--model', () => {
  it('takes either format, with and without the article’s prefix', async () => {
    const model = unet({ steps: 3 })
    const named = toNamed(model, model.init(t.key(1)))
    const prefixed = Object.fromEntries(Object.entries(named).map(([name, x]) => [`network.${name}`, x]))
    const files = [
      file('m.pt', t.encodePyTorch(named)),
      file('m.safetensors', t.encodeSafetensors(named)),
      file('n.pt', t.encodePyTorch(prefixed))
    ]
    for (const path of files) {
      const loaded = right(await loadModel(path)())
      expect(loaded.schedule.steps).toBe(3)
      expect(bits(toNamed(loaded.model, loaded.params))).toEqual(bits(named))
    }
  })

  it('says what is wrong with a .pt file of something else', async () => {
    const failed = left(await loadModel(file('other.pt', t.encodePyTorch(small)))())
    expect(failed.message).toContain(`${at('other.pt')}: model file: time_embed.weight`)
  })
})
