import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../lib/io/crc32.ts'
import { countOf } from '../../lib/io/header.ts'
import { decodeModel } from '../../lib/io/model.ts'
import { decodePyTorch, encodePyTorch } from '../../lib/io/pytorch.ts'
import { decodeSafetensors, encodeSafetensors } from '../../lib/io/safetensors.ts'
import { readEntry, readZip } from '../../lib/io/zip.ts'
import { goldenFile, hasGolden } from '../golden/files.ts'
import { holds } from '../support/property.ts'
import {
  bytesOf,
  dict,
  emptyDict,
  emptyTuple,
  floats,
  global,
  int,
  le,
  mark,
  program,
  pt,
  rebuilt,
  reduce,
  setItems,
  spelling,
  stored,
  text,
  tuple,
  zipOf,
  type Part,
  type Protocol,
  type Rebuilt
} from './assemble.ts'
import { bits, read, refused, sameBytes, trees, type Tensors } from './tensors.ts'

const tensorsIn = (bytes: Uint8Array): Tensors => read(decodePyTorch(bytes)).tensors

/** The values of one tensor. */
const values = (bytes: Uint8Array, name = 'w'): readonly number[] => Array.from(tensorsIn(bytes)[name]!.data)

/** A file of the tensor `w` in the storage `0`. */
const one = (tensor: Rebuilt, storage: Uint8Array, byteorder?: string): Uint8Array =>
  pt(program(dict(text('w'), rebuilt(tensor))), { 0: storage }, byteorder)

/** A row-major tensor of all of a storage. */
const flat = (count: number, more: Partial<Rebuilt> = {}): Rebuilt => ({ count, shape: [count], strides: [1], ...more })

describe('encodePyTorch and decodePyTorch', () => {
  it('give every tensor back, to the bit', () => {
    holds(trees, (tensors) => expect(bits(tensorsIn(encodePyTorch(tensors)))).toEqual(bits(tensors)), 200)
  })

  it('write the same bytes whatever the order', () => {
    holds(
      trees,
      (tensors) =>
        expect(
          sameBytes(encodePyTorch(Object.fromEntries(Object.entries(tensors).reverse())), encodePyTorch(tensors))
        ).toBe(true),
      100
    )
  })

  it('write an archive as torch.save does, numbers at multiples of 64 bytes', () => {
    const bytes = encodePyTorch({
      b: { shape: [2], data: Float32Array.of(1, 2) },
      a: { shape: [], data: Float32Array.of(3) }
    })
    const zip = read(readZip(bytes))
    const content = (name: string) => read(readEntry(bytes, zip.get(name)!))
    expect([...zip.keys()]).toEqual([
      'archive/data.pkl',
      'archive/byteorder',
      'archive/data/0',
      'archive/data/1',
      'archive/version'
    ])
    expect([...zip.values()].map(({ begin }) => begin % 64)).toEqual([0, 0, 0, 0, 0])
    expect([content('archive/data/0'), content('archive/data/1')]).toEqual([floats(3), floats(1, 2)])
    expect(content('archive/version')).toEqual(bytesOf('3\n'))
    const tensor = (key: string, count: number, shape: readonly number[], strides: readonly number[]) => [
      [global('torch._utils', '_rebuild_tensor_v2'), mark],
      [tuple(text('storage'), global('torch', 'FloatStorage'), text(key), text('cpu'), int(count)), 'Q', int(0)],
      [tuple(...shape.map(int)), tuple(...strides.map(int)), 0x89],
      [global('collections', 'OrderedDict'), emptyTuple, reduce, 't', reduce]
    ]
    const items = [text('a'), tensor('0', 1, [], []), text('b'), tensor('1', 2, [2], [1])]
    const ordered = [global('collections', 'OrderedDict'), emptyTuple, reduce]
    expect(content('archive/data.pkl')).toEqual(program(ordered, mark, ...items, setItems))
  })

  it('read from any place in a larger buffer', () => {
    holds(
      fc.tuple(trees, fc.nat(9)),
      ([tensors, offset]) => {
        const bytes = encodePyTorch(tensors)
        const around = new Uint8Array(bytes.length + 20).fill(255)
        around.set(bytes, offset)
        expect(bits(tensorsIn(around.subarray(offset, offset + bytes.length)))).toEqual(bits(tensors))
      },
      50
    )
  })

  it('leave what they are given as it is, and share nothing with it', () => {
    const data = Float32Array.of(1, 2)
    const bytes = encodePyTorch({ x: { shape: [2], data } })
    const before = bytes.slice()
    tensorsIn(bytes)['x']!.data.fill(9)
    expect([bytes, data]).toEqual([before, Float32Array.of(1, 2)])
  })

  it('refuse wrong calls', () => {
    const data = Float32Array.of(1)
    expect(() => encodePyTorch({ w: { shape: [2], data } })).toThrow(
      'encodePyTorch: w has 1 values, which do not fit its shape: [2]'
    )
    expect(() => encodePyTorch({ '\ud800': { shape: [1], data } })).toThrow(
      'encodePyTorch: the name "\\ud800" is no Unicode text'
    )
  })

  it('write no more tensors than they read', () => {
    const empty = (rank: number) => ({ shape: Array<number>(rank).fill(0), data: new Float32Array() })
    const many = (count: number, rank: number): Tensors =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [String(i), empty(rank)]))
    // 7 opcodes, and for each tensor 22 and two for each axis: 150 of them
    const most = Math.floor((2 ** 20 - 7) / 150)
    expect(Object.keys(tensorsIn(encodePyTorch(many(most, 64))))).toHaveLength(most)
    expect(() => encodePyTorch(many(most + 1, 64))).toThrow(`${most + 1} tensors are more than decodePyTorch reads`)
    expect(tensorsIn(encodePyTorch(many(1, 64)))[0]!.shape).toHaveLength(64)
    expect(() => encodePyTorch(many(1, 65))).toThrow('0 has 65 axes, PyTorch has at most 64')
  })

  it('meet safetensors: from either format to the other and back, every bit stays', () => {
    holds(
      trees,
      (tensors) => {
        const there = tensorsIn(encodePyTorch(read(decodeSafetensors(encodeSafetensors(tensors))).tensors))
        expect(sameBytes(encodeSafetensors(there), encodeSafetensors(tensors))).toBe(true)
      },
      100
    )
  })
})

describe('decodeModel', () => {
  it('tells the formats apart, whatever the length of a safetensors header', () => {
    const tensors = { w: { shape: [1], data: Float32Array.of(1) } }
    // headers of 640 bytes begin as a pickle does, one of 0x4b50 bytes as a zip archive
    for (const note of [0, 500, 508, 570, 0x4b50 - 80, ...Array.from({ length: 40 }, (_, i) => 530 + i)]) {
      const file = read(decodeModel(encodeSafetensors(tensors, { metadata: { note: 'x'.repeat(note) } })))
      expect([file.format, bits(file.tensors)]).toEqual(['safetensors', bits(tensors)])
    }
    expect(read(decodeModel(encodePyTorch(tensors)))).toEqual({ format: 'pytorch', tensors, metadata: {} })
  })

  it('refuses what is neither', () => {
    expect(refused(decodeModel(bytesOf('GIF89a and more')))).toContain('neither a safetensors file nor a .pt file')
    expect(refused(decodeModel(new Uint8Array()))).toContain('neither')
    expect(refused(decodeModel(bytesOf(le(8, 2 ** 31), '{}')))).toContain('a header of 2147483648 bytes is too long')
  })
})

describe('numbers', () => {
  const cases: readonly (readonly [type: string, storage: Uint8Array, expected: readonly number[]])[] = [
    ['FloatStorage', floats(1.5, -2), [1.5, -2]],
    ['DoubleStorage', new Uint8Array(Float64Array.of(0.1, -1e300).buffer), [Math.fround(0.1), -Infinity]],
    ['HalfStorage', bytesOf(0, 0x3c, 0, 0xc0), [1, -2]],
    ['BFloat16Storage', bytesOf(0xc0, 0x3f, 0, 0xc0), [1.5, -2]],
    ['IntStorage', new Uint8Array(Int32Array.of(-1, 16777217).buffer), [-1, 16777216]],
    ['LongStorage', new Uint8Array(BigInt64Array.of(-3n, 2n ** 62n).buffer), [-3, 2 ** 62]],
    ['ShortStorage', new Uint8Array(Int16Array.of(-2, 300).buffer), [-2, 300]],
    ['CharStorage', bytesOf(254, 127), [-2, 127]],
    ['ByteStorage', bytesOf(0, 255), [0, 255]],
    ['BoolStorage', bytesOf(0, 1), [0, 1]]
  ]

  it.each(cases)('of a %s are read, the little end first or the big one', (type, storage, expected) => {
    const width = storage.length / 2
    const swapped = bytesOf(storage.slice(0, width).reverse(), storage.slice(width).reverse())
    expect(values(one(flat(2, { type }), storage))).toEqual(expected)
    expect(values(one(flat(2, { type }), storage, 'little'))).toEqual(expected)
    expect(values(one(flat(2, { type }), swapped, 'big'))).toEqual(expected)
  })

  it.each(['ComplexFloatStorage', 'QInt8Storage'])('of a %s are refused', (type) => {
    const message = refused(decodePyTorch(one(flat(1, { type }), new Uint8Array(8))))
    expect(message).toContain(`tensor "w" has the dtype ${type}, not one of F64, F32`)
  })

  it('lie where strides and an offset say, of one storage for several tensors', () => {
    const storage = fc.array(fc.integer({ min: -99, max: 99 }), { minLength: 1, maxLength: 40 })
    const axes = fc.array(fc.tuple(fc.nat(4), fc.nat(12)), { maxLength: 4 })
    const several = fc.array(fc.tuple(axes, fc.nat(5)), { minLength: 1, maxLength: 4 })
    let outside = 0
    holds(
      fc.tuple(storage, several, fc.boolean()),
      ([numbers, views, isBig]) => {
        const tensors = views.map(([pairs, offset]) => ({
          count: numbers.length,
          offset,
          shape: pairs.map(([d]) => d),
          strides: pairs.map(([, s]) => s)
        }))
        const named = tensors.flatMap((tensor, i) => [text(String(i)), rebuilt(tensor)])
        const bytes = isBig ? floats(...numbers).reverse() : floats(...numbers)
        const inOrder = isBig ? numbers.toReversed() : numbers
        const result = decodePyTorch(pt(program(dict(...named)), { 0: bytes }, isBig ? 'big' : 'little'))
        const expected = tensors.map((tensor) => elements(tensor).map((at) => inOrder[at]))
        if (expected.flat().includes(undefined)) {
          outside++
          expect(refused(result)).toContain('reaches beyond')
        } else expect(tensors.map((_, i) => Array.from(read(result).tensors[i]!.data))).toEqual(expected)
      },
      300
    )
    expect(outside).toBeGreaterThan(0)
  })

  it('keep the payload of a NaN in a view too', () => {
    const storage = new Uint8Array(Uint32Array.of(0x7fa00001, 0, 0xffc12345, 0).buffer)
    const tensor = { count: 4, shape: [2, 1], strides: [2, 9] }
    expect(bits(tensorsIn(one(tensor, storage)))[0]!.hex).toBe('0100a07f4523c1ff')
  })
})

/** The numbers of a storage that a tensor's elements are, in row-major order. */
const elements = ({ offset = 0, shape, strides }: Rebuilt): readonly number[] =>
  Array.from({ length: countOf(shape) }, (_, i) => {
    const inner = (axis: number) => countOf(shape.slice(axis + 1))
    return shape.reduce((at, d, axis) => at + (Math.floor(i / inner(axis)) % d) * strides[axis]!, offset)
  })

describe('a state dict', () => {
  const [a, b] = [rebuilt(flat(2)), rebuilt(flat(1, { key: '1' }))] as const
  const storages = { 0: floats(1, 2), 1: floats(3) }
  const both: Tensors = { a: { shape: [2], data: Float32Array.of(1, 2) }, b: { shape: [1], data: Float32Array.of(3) } }
  const file = (...pickle: readonly Part[]): Uint8Array => pt(program(...pickle), storages)
  const state = dict(text('a'), a, text('b'), b)

  it.each<Protocol>([2, 3, 4, 5])('may be of protocol %i', (protocol) => {
    const spell = spelling(protocol)
    const items = [spell.text('a'), rebuilt(flat(2), spell), spell.text('b'), rebuilt(flat(1, { key: '1' }), spell)]
    expect(tensorsIn(pt(spell.program(dict(...items)), storages))).toEqual(both)
  })

  it('may have attributes, parameters, sizes that are torch.Size, and other values beside its tensors', () => {
    const parameter = [global('torch._utils', '_rebuild_parameter'), tuple(a, 0x88, emptyDict), reduce]
    const size = [global('torch', 'Size'), tuple(tuple(int(1))), reduce]
    const others = [
      text('epoch'),
      int(3),
      text('note'),
      text('x'),
      text('shape'),
      size,
      text('where'),
      [global('torch', 'device'), tuple(text('cpu')), reduce]
    ]
    const attributes = [dict(text('_metadata'), emptyDict), 'b']
    expect(tensorsIn(file(dict(text('a'), parameter, text('b'), b, ...others), attributes))).toEqual(both)
  })

  it.each(['state_dict', 'model_state_dict', 'model'])('may stand under %s', (under) => {
    const optimizer = dict(text('state'), dict(int(0), dict(text('exp_avg'), a)), text('lr'), 'N')
    const checkpoint = file(
      dict(text('epoch'), int(3), text('rng'), a, text(under), state, text('optimizer'), optimizer)
    )
    expect(read(decodePyTorch(checkpoint))).toEqual({ tensors: both, under })
    expect(read(decodeModel(checkpoint))).toEqual({ format: 'pytorch', tensors: both, under, metadata: {} })
  })

  it('may be empty, deflated, of any folder’s name, and of another version', () => {
    expect(tensorsIn(file(emptyDict))).toEqual({})
    const parts = { 'data.pkl': program(state), 'data/0': storages[0], 'data/1': storages[1], version: bytesOf('9\n') }
    const zipped = Object.entries(parts).map(([name, bytes]) => ({
      name: `a b/${name}`,
      packed: deflateRawSync(bytes),
      method: 8,
      size: bytes.length,
      crc: crc32(bytes)
    }))
    expect(tensorsIn(zipOf([stored('a b/', ''), ...zipped]))).toEqual(both)
  })

  it('may have small expanded tensors, and tensors that share their numbers', () => {
    const expanded = rebuilt({ count: 2, shape: [3, 2], strides: [0, 1] })
    const { e, tied } = tensorsIn(file(dict(text('e'), expanded, text('tied'), a, text('a'), a)))
    expect([Array.from(e!.data), Array.from(tied!.data)]).toEqual([
      [1, 2, 1, 2, 1, 2],
      [1, 2]
    ])
  })

  const list = [']', a, 'a']
  const cases: readonly (readonly [what: string, bytes: Uint8Array, says: string])[] = [
    ['of the format before PyTorch 1.6', bytesOf(0x80, 2, 0x8a, 10, 'lücky'), 'save it again with torch.save'],
    ['that is no archive', bytesOf('GIF89a'), 'pytorch: no zip archive: is it a .pt file?'],
    ['that is another archive', zipOf([stored('a/b.txt', 'x')]), 'the archive has no FOLDER/data.pkl'],
    [
      'of two archives',
      zipOf(['a', 'b'].map((name) => stored(`${name}/data.pkl`, program(emptyDict)))),
      'data.pkl in several folders'
    ],
    ['of an unknown byte order', one(flat(1), floats(1), 'middle'), 'the byte order is "middle"'],
    [
      'without a storage',
      pt(program(state), { 0: floats(1, 2) }),
      'tensor "b" has its numbers in "archive/data/1", which is not there'
    ],
    ['with a storage too short', one(flat(3), floats(1, 2)), 'tensor "w" has a storage of 3 numbers (F32) in 8 bytes'],
    ['with a storage too long', one(flat(1), floats(1, 2)), 'tensor "w" has a storage of 1 numbers (F32) in 8 bytes'],
    [
      'with a shape too large',
      one(flat(2, { shape: [3] }), floats(1, 2)),
      'tensor "w" has the shape [3], which reaches beyond the 2 numbers of its storage'
    ],
    ['with an offset too large', one(flat(2, { offset: 1 }), floats(1, 2)), 'reaches beyond the 2 numbers'],
    [
      'with a stride too large',
      one(flat(4, { shape: [2, 2], strides: [3, 1] }), floats(1, 2, 3, 4)),
      'reaches beyond the 4 numbers'
    ],
    [
      'of one number expanded to a billion',
      one(flat(1, { shape: [1e9], strides: [0] }), floats(1)),
      'the tensors have 1000000000 values, their storages 1'
    ],
    [
      'of a size beyond all numbers',
      one(flat(1, { shape: Array<number>(60).fill(2 ** 50), strides: Array<number>(60).fill(0) }), floats(1)),
      'the tensors have Infinity values'
    ],
    ['that is a tensor', file(a), 'it holds a tensor, not a dict'],
    ['that is a list', file(list), 'it holds a list, not a dict'],
    ['without tensors', file(dict(text('epoch'), int(3))), 'it holds no tensors by name'],
    ['that stands too deep', file(dict(text('model'), dict(text('net'), state))), 'it holds no tensors by name'],
    [
      'that could be two',
      file(dict(text('model'), state, text('state_dict'), state)),
      'under "state_dict" and "model"'
    ],
    ['with tensors in a list', file(dict(text('a'), a, text('more'), list)), '"more" holds tensors within a list'],
    [
      'with tensors in a dict',
      file(dict(text('a'), a, text('b'), dict(text('c'), tuple(b)))),
      '"b" holds tensors within a dict'
    ],
    ['with a number for a name', file(dict(int(1), a)), 'a tensor has a number for a name, not a text'],
    [
      'that names os.system',
      file(dict(text('a'), [global('os', 'system'), tuple(text('true')), reduce])),
      'pytorch: it names "os.system", which no state dict needs (nothing was run)'
    ]
  ]

  it.each(cases)('%s is refused', (_, bytes, says) => {
    expect(refused(decodePyTorch(bytes))).toContain(says)
    expect(refused(decodePyTorch(bytes))).toMatch(/^(zip|pytorch): [^\n]{1,250}$/)
  })
})

// values computed by PyTorch, which lie beside a developer's checkout only
if (hasGolden)
  describe("PyTorch's own files", () => {
    const golden = (name: string): Uint8Array => new Uint8Array(readFileSync(resolve('../shared/golden', name)))

    it.each(['unet', 'mnist-torch'].filter((name) => existsSync(resolve('../shared/golden', `${name}.pt`))))(
      '%s.pt and .safetensors hold the same tensors, to the bit',
      (name) => {
        const tensors = tensorsIn(golden(`${name}.pt`))
        expect(Object.keys(tensors)).toHaveLength(173)
        expect(bits(tensors)).toEqual(bits(goldenFile(name)))
        expect(sameBytes(encodeSafetensors(tensors, { digest: false }), golden(`${name}.safetensors`))).toBe(true)
        expect(bits(tensorsIn(encodePyTorch(tensors)))).toEqual(bits(tensors))
      }
    )
  })
