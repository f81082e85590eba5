import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { isLeft, isRight } from 'fp-ts/Either'
import { describe, expect, it } from 'vitest'
import { countOf } from '../../lib/io/header.ts'
import { decodeSafetensors, encodeSafetensors } from '../../lib/io/safetensors.ts'
import type { Safetensors, Stored } from '../../lib/io/safetensors.ts'

const read = (bytes: Uint8Array): Safetensors => {
  const file = decodeSafetensors(bytes)
  if (isLeft(file)) throw new Error(file.left.message)
  return file.right
}

const message = (bytes: Uint8Array): string => {
  const file = decodeSafetensors(bytes)
  if (isRight(file)) throw new Error('the file was read')
  expect(file.left.kind).toBe('format')
  return file.left.message
}

/** A file by hand: the length, the header as it stands, the data. */
const fileOf = (header: string | Uint8Array, data: ArrayLike<number> = []): Uint8Array => {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  bytes.set(data, 8 + text.length)
  return bytes
}

const one = (dtype: string, shape: readonly number[], data: ArrayBufferLike): Uint8Array =>
  fileOf(JSON.stringify({ x: { dtype, shape, data_offsets: [0, data.byteLength] } }), new Uint8Array(data))

const values = (dtype: string, count: number, data: ArrayBufferLike): readonly number[] =>
  Array.from(read(one(dtype, [count], data)).tensors['x']!.data)

/** The bits of every value: NaNs are compared with their payloads. */
const bitsOf = ({ shape, data }: Stored) => ({
  shape,
  bits: Array.from(new Uint32Array(data.buffer, data.byteOffset, data.length))
})

const bits = (file: Safetensors) => ({
  metadata: Object.entries(file.metadata).sort(),
  tensors: Object.entries(file.tensors)
    .map(([name, stored]) => [name, bitsOf(stored)] as const)
    .sort()
})

const name = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '10', '9', '', 'a"b\\', '\ud800', 'b1.0.ln.weight', '{":')
)

const stored: fc.Arbitrary<Stored> = fc.array(fc.nat(4), { maxLength: 4 }).chain((shape) =>
  fc
    .array(fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0x7fa00001, 0xffc12345, 0x80000000, 1)), {
      minLength: countOf(shape),
      maxLength: countOf(shape)
    })
    .map((words) => ({ shape, data: new Float32Array(Uint32Array.from(words).buffer) }))
)

const recordOf = <A>(value: fc.Arbitrary<A>) =>
  fc
    .array(fc.tuple(name, value), { maxLength: 6 })
    .map((pairs): Readonly<Record<string, A>> => Object.fromEntries(pairs))

const safetensors: fc.Arbitrary<Safetensors> = fc.record({
  tensors: recordOf(stored),
  metadata: recordOf(fc.string({ unit: 'binary' }))
})

describe('encodeSafetensors and decodeSafetensors', () => {
  it('give every tensor and every text back, to the bit', () => {
    fc.assert(
      fc.property(safetensors, (file) => {
        expect(bits(read(encodeSafetensors(file.tensors, { metadata: file.metadata })))).toStrictEqual(bits(file))
      })
    )
  })

  it('keep names that mean something to objects as plain names', () => {
    const tensors = Object.fromEntries([['__proto__', { shape: [1], data: Float32Array.of(5) }]])
    const back = read(encodeSafetensors(tensors, { metadata: Object.fromEntries([['__proto__', 'text']]) }))
    expect(Object.keys(back.tensors)).toStrictEqual(['__proto__'])
    expect(Object.entries(back.metadata)).toStrictEqual([['__proto__', 'text']])
    expect(Object.getPrototypeOf(back.tensors)).toBe(Object.prototype)
  })

  it('write the same bytes whatever the order, names sorted, the data at a multiple of 8', () => {
    const reverse = <A>(record: Readonly<Record<string, A>>) => Object.fromEntries(Object.entries(record).reverse())
    fc.assert(
      fc.property(safetensors, ({ tensors, metadata }) => {
        const bytes = encodeSafetensors(tensors, { metadata })
        expect(encodeSafetensors(reverse(tensors), { metadata: reverse(metadata) })).toStrictEqual(bytes)
        const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
        expect(length % 8).toBe(0)
        expect(bytes[8]).toBe('{'.charCodeAt(0))
        const size = Object.values(tensors).reduce((sum, { data }) => sum + 4 * data.length, 0)
        expect(bytes.length).toBe(8 + length + size)
      })
    )
  })

  it('write this file', () => {
    const data = Float32Array.of(1, -2)
    const bytes = encodeSafetensors(
      { 10: { shape: [2, 1], data }, '1b': { shape: [0], data: new Float32Array() } },
      { metadata: { a: 'b' }, digest: false }
    )
    const header =
      '{"__metadata__":{"a":"b"},"10":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},' +
      '"1b":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}'
    const padded = header.padEnd(8 * Math.ceil(header.length / 8))
    expect(bytes).toStrictEqual(fileOf(padded, [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]))
  })

  it('read from any place in a larger buffer, and data at any alignment', () => {
    fc.assert(
      fc.property(safetensors, fc.integer({ min: 0, max: 9 }), (file, offset) => {
        const bytes = encodeSafetensors(file.tensors, { metadata: file.metadata })
        const around = new Uint8Array(bytes.length + 20).fill(255)
        around.set(bytes, offset)
        expect(bits(read(around.subarray(offset, offset + bytes.length)))).toStrictEqual(bits(file))
      })
    )
    const header =
      '{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"f":{"dtype":"F64","shape":[],"data_offsets":[1,9]}}'
    for (let spaces = 0; spaces < 8; spaces++) {
      const file = fileOf(header + ' '.repeat(spaces), [7, ...new Uint8Array(Float64Array.of(0.5).buffer)])
      expect(Array.from(read(file).tensors['f']!.data)).toStrictEqual([0.5])
    }
  })

  it('leave what they are given as it is, and share nothing with it', () => {
    const data = Float32Array.of(1, 2)
    const bytes = encodeSafetensors({ x: { shape: [2], data } })
    const before = bytes.slice()
    const back = read(bytes)
    back.tensors['x']!.data.fill(9)
    expect([bytes, data]).toStrictEqual([before, Float32Array.of(1, 2)])
  })

  it('refuse wrong calls', () => {
    const tensor = { shape: [2], data: Float32Array.of(1) }
    expect(() => encodeSafetensors({ w: tensor })).toThrow(
      'encodeSafetensors: w has 1 values, which do not fit its shape: [2]'
    )
    expect(() => encodeSafetensors({ w: { ...tensor, shape: [-1, -1] } })).toThrow('do not fit its shape: [-1,-1]')
    expect(() => encodeSafetensors({ __metadata__: { ...tensor, shape: [1] } })).toThrow(
      'encodeSafetensors: no tensor may be named __metadata__'
    )
  })
})

describe('element types', () => {
  const every8 = Uint8Array.from({ length: 256 }, (_, i) => i)

  it('I and U are whole numbers of two signs or none', () => {
    const integers = [-(2 ** 63), -(2 ** 31), -(2 ** 15), -128, -1, 0, 1, 127, 2 ** 15 - 1, 2 ** 31, 2 ** 63]
    const arrays = {
      I8: Int8Array,
      U8: Uint8Array,
      I16: Int16Array,
      U16: Uint16Array,
      I32: Int32Array,
      U32: Uint32Array
    }
    for (const [dtype, Kind] of Object.entries(arrays)) {
      const given = Kind.from(integers)
      expect(values(dtype, given.length, given.buffer)).toStrictEqual(Array.from(Float32Array.from(given)))
    }
    for (const [dtype, Kind] of Object.entries({ I64: BigInt64Array, U64: BigUint64Array })) {
      const given = Kind.from(integers.map(BigInt))
      expect(values(dtype, given.length, given.buffer)).toStrictEqual(Array.from(given, (n) => Math.fround(Number(n))))
    }
  })

  it('F8_E5M2 is the upper half of a binary16', () => {
    const halves = Uint16Array.from(every8, (word) => word * 256)
    expect(values('F8_E5M2', 256, every8.buffer)).toStrictEqual(values('F16', 256, halves.buffer))
  })

  it('F8_E4M3 has three bits of fraction, no infinity, and 448 as the largest', () => {
    const got = values('F8_E4M3', 256, every8.buffer)
    expect(got.slice(0, 10)).toStrictEqual(Array.from({ length: 10 }, (_, i) => i / 512))
    // from the subnormals on each step is the one before, or twice that at a power of two
    for (let i = 9; i < 127; i++) expect(got[i]! - got[i - 1]!).toBe(2 ** (Math.floor((i - 1) / 8) - 10))
    expect([got[0x38], got[0x7e], got[0x7f], got[0xff]]).toStrictEqual([1, 448, NaN, NaN])
    for (let i = 0; i < 127; i++) expect(got[i + 128]).toBe(-got[i]!)
  })

  it('F8_E8M0 is a power of two', () => {
    const got = values('F8_E8M0', 256, every8.buffer)
    expect(got.slice(1, 255)).toStrictEqual(Array.from({ length: 254 }, (_, i) => 2 ** (i - 126)))
    expect([got[0], got[255]]).toStrictEqual([2 ** -127, NaN])
  })

  const every16 = Uint16Array.from({ length: 0x10000 }, (_, i) => i)

  it('BF16 is the upper half of a float32', () => {
    const expected = new Float32Array(Uint32Array.from(every16, (word) => word * 0x10000).buffer)
    expect(values('BF16', 0x10000, every16.buffer)).toStrictEqual(Array.from(expected))
  })

  it('F16 is IEEE 754 binary16', () => {
    // the fraction and exponent in a float32's places are the value times 2 ** -112, subnormals too
    const sign = (word: number) => (word & 0x8000) * 0x10000
    const scaled = new Float32Array(Uint32Array.from(every16, (word) => sign(word) + (word & 0x7fff) * 0x2000).buffer)
    const finite = (word: number) => (word & 0x7c00) !== 0x7c00
    const got = values('F16', 0x10000, every16.buffer)
    const words = Array.from(every16).filter(finite)
    expect(words.map((word) => got[word])).toStrictEqual(words.map((word) => scaled[word]! * 2 ** 112))
    expect([got[0x7c00], got[0xfc00], got[0x7c01], got[0xffff]]).toStrictEqual([Infinity, -Infinity, NaN, NaN])
    expect([got[0x3c00], got[0xc000], got[0x7bff], got[0x0001]]).toStrictEqual([1, -2, 65504, 2 ** -24])
  })

  it('the others by value, rounded to float32', () => {
    expect(values('F64', 3, Float64Array.of(0.1, -1e300, 5e-324).buffer)).toStrictEqual([
      Math.fround(0.1),
      -Infinity,
      0
    ])
    expect(values('I32', 3, Int32Array.of(-1, 16777217, -2147483648).buffer)).toStrictEqual([-1, 16777216, -2147483648])
    expect(values('I64', 3, BigInt64Array.of(-3n, 999n, 2n ** 62n).buffer)).toStrictEqual([-3, 999, 2 ** 62])
    expect(values('U8', 3, Uint8Array.of(0, 200, 255).buffer)).toStrictEqual([0, 200, 255])
    expect(values('BOOL', 3, Uint8Array.of(0, 1, 2).buffer)).toStrictEqual([0, 1, 1])
  })
})

describe('a broken file', () => {
  const entry = (shape: string, offsets: string, dtype = '"F32"') =>
    `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`
  const x = (shape: string, offsets: string, dtype?: string) => `{"x":${entry(shape, offsets, dtype)}}`
  const data = new Uint8Array(8)
  const long = new Uint8Array(64)
  new DataView(long.buffer).setBigUint64(0, 100_000_001n, true)

  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['empty', new Uint8Array(), 'the file ends within its first 8 bytes: it has 0'],
    ['cut in the length', new Uint8Array(7), 'the file ends within its first 8 bytes: it has 7'],
    ['cut in the header', fileOf('{"x":1}').subarray(0, 10), 'the file ends within its header: it has 2 of 7 bytes'],
    ['a header too long', long, 'a header of 100000001 bytes is too long'],
    ['another file', new TextEncoder().encode('GIF89a and more'), 'is it a safetensors file?'],
    ['no header', fileOf(''), 'the header is not JSON'],
    ['not JSON', fileOf('{"x":}'), 'the header is not JSON'],
    ['not UTF-8', fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), 'the header is not UTF-8'],
    ['a list', fileOf('[]'), 'the header is no JSON object'],
    ['a space before', fileOf(' {}'), 'the header is no JSON object'],
    ['deeply nested', fileOf(`{"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`), 'nested more than 3 levels deep'],
    ['no entry', fileOf('{"x":null}'), 'tensor "x" must have a dtype, a shape and data_offsets, and nothing else'],
    ['a field missing', fileOf('{"x":{"dtype":"F32","shape":[]}}'), 'tensor "x" must have a dtype'],
    ['a field too many', fileOf(x('[2]', '[0,8],"more":1'), data), 'and nothing else'],
    ['a dtype that is none', fileOf(x('[2]', '[0,8]', '4'), data), 'tensor "x" has a dtype that is no text'],
    [
      'an unknown dtype',
      fileOf(x('[2]', '[0,8]', '"F31"'), data),
      'tensor "x" has the dtype "F31", not one of F64, F32'
    ],
    ['a dtype like a method', fileOf(x('[2]', '[0,8]', '"toString"'), data), 'tensor "x" has the dtype "toString"'],
    ['a negative size', fileOf(x('[-2]', '[0,8]'), data), 'tensor "x" has a shape that is no list of sizes'],
    ['minus zero', fileOf(x('[-0]', '[0,0]')), 'tensor "x" has a shape that is no list of sizes'],
    ['a broken size', fileOf(x('[1.5]', '[0,8]'), data), 'tensor "x" has a shape that is no list of sizes'],
    [
      'an unsafe size',
      fileOf(x('[9007199254740993]', '[0,8]'), data),
      'tensor "x" has a shape that is no list of sizes'
    ],
    ['a shape that is none', fileOf(x('2', '[0,8]'), data), 'tensor "x" has a shape that is no list of sizes'],
    ['one offset', fileOf(x('[2]', '[8]'), data), 'tensor "x" has data_offsets that are no two offsets'],
    ['a negative offset', fileOf(x('[2]', '[-8,0]'), data), 'tensor "x" has data_offsets that are no two offsets'],
    ['offsets that fall', fileOf(x('[2]', '[8,0]'), data), 'tensor "x" has -8 bytes, which is not F32 [2]'],
    ['a size that differs', fileOf(x('[3]', '[0,8]'), data), 'tensor "x" has 8 bytes, which is not F32 [3]'],
    ['a size beyond all', fileOf(x('[9e15,9e15,9e15]', '[0,8]'), data), 'tensor "x" has 8 bytes, which is not F32'],
    ['data cut short', fileOf(x('[2]', '[0,8]'), data.subarray(1)), 'tensor "x" ends at byte 8, the file at 7'],
    ['data left over', fileOf(x('[1]', '[0,4]'), data), "bytes 4 to 8 are no tensor's"],
    ['a hole before', fileOf(x('[1]', '[4,8]'), data), "bytes 0 to 4 are no tensor's"],
    [
      'a hole between',
      fileOf(`{"a":${entry('[1]', '[0,4]')},"b":${entry('[1]', '[8,12]')}}`, new Uint8Array(12)),
      "bytes 4 to 8 are no tensor's"
    ],
    [
      'an overlap',
      fileOf(`{"a":${entry('[2]', '[0,8]')},"b":${entry('[1]', '[4,8]')}}`, data),
      'tensor "b" overlaps another: byte 4 is in both'
    ],
    [
      'two tensors of one name',
      fileOf(`{"a":${entry('[1]', '[0,4]')},"a":${entry('[2]', '[0,8]')}}`, data),
      'the header has the same name twice'
    ],
    [
      'one name in two spellings',
      fileOf(`{"\\u0061" :${entry('[1]', '[0,4]')},"a":${entry('[2]', '[0,8]')}}`, data),
      'the header has the same name twice'
    ],
    ['a field twice', fileOf(x('[1],"shape":[2]', '[0,8]'), data), 'the header has the same name twice'],
    ['metadata twice', fileOf('{"__metadata__":{},"__metadata__":{"a":"b"}}'), 'the header has the same name twice'],
    ['metadata of numbers', fileOf('{"__metadata__":{"a":1}}'), 'the metadata holds more than texts'],
    ['metadata that is a list', fileOf('{"__metadata__":[]}'), 'the metadata is no JSON object'],
    ['lists in lists', fileOf('[[[['), 'the header is nested more than 3 levels deep'],
    ['a list in a shape', fileOf(x('[[1]]', '[0,4]'), data), 'the header is nested more than 3 levels deep'],
    ['a shape of 65 axes', fileOf(x(`[${'1,'.repeat(64)}1]`, '[0,4]'), data), 'a list of more than 64 values'],
    ['a number of 33 digits', fileOf(x(`[${'1'.repeat(33)}]`, '[0,4]'), data), 'a number of more than 32 characters'],
    [
      'a type of half a byte',
      fileOf('{"x":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}', [0]),
      'the dtype "F4", not'
    ],
    ['a name of two lines', fileOf('{"a\\nb":1}'), 'tensor "a\\nb" must have']
  ]

  it.each(cases)('%s', (_, bytes, words) => {
    expect(message(bytes)).toContain(`safetensors: `)
    expect(message(bytes)).toContain(words)
    expect(message(bytes).split('\n')).toHaveLength(1)
    expect(message(bytes).length).toBeLessThan(200)
  })

  it('is what any beginning of a file is', () => {
    const bytes = encodeSafetensors(
      { a: { shape: [3], data: Float32Array.of(1, 2, 3) } },
      { metadata: { note: 'text' } }
    )
    for (let length = 0; length < bytes.length; length++) message(bytes.subarray(0, length))
  })

  it('never throws, and never gives tensors of wrong sizes', () => {
    const seed: Safetensors = {
      tensors: {
        a: { shape: [2, 3], data: new Float32Array(6) },
        b: { shape: [], data: Float32Array.of(4) },
        c: { shape: [0, 5], data: new Float32Array() }
      },
      metadata: { format: 'pt', 'a"b': 'c:"d"' }
    }
    // without a digest, which would refuse them all
    const whole = encodeSafetensors(seed.tensors, { metadata: seed.metadata, digest: false })
    const header = Number(new DataView(whole.buffer).getBigUint64(0, true))
    let readable = 0
    // bytes that mean something to a header are likelier to get past its first checks
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(...new TextEncoder().encode('"{}[],:\\ 0123456789-.eabcFBU')))
    const position = fc.oneof(fc.nat(whole.length - 1), fc.integer({ min: 8, max: 7 + header }))
    const mutations = fc.array(fc.tuple(position, byte), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(mutations, fc.integer({ min: -8, max: 8 }), (changes, more) => {
        const bytes = new Uint8Array(whole.length + more)
        bytes.set(whole.subarray(0, bytes.length))
        changes.forEach(([at, value]) => (bytes[at] = value))
        const file = decodeSafetensors(bytes)
        if (isLeft(file)) {
          expect(file.left.kind).toBe('format')
          return
        }
        readable++
        const all = Object.values(file.right.tensors)
        all.forEach(({ shape, data }) => expect(data.length).toBe(shape.reduce((a, b) => a * b, 1)))
        expect(all.reduce((sum, { data }) => sum + data.byteLength, 0)).toBeLessThanOrEqual(4 * bytes.length)
      }),
      { numRuns: 5000 }
    )
    // those whose data, names or texts changed
    expect(readable).toBeGreaterThan(0)
  })
})

describe('a valid file that others write', () => {
  it('may have no tensors, no metadata, and tensors in any order', () => {
    expect(read(fileOf('{}'))).toStrictEqual({ tensors: {}, metadata: {} })
    expect(read(fileOf('{"__metadata__":null}'))).toStrictEqual({ tensors: {}, metadata: {} })
    const header =
      '{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}, "a":{"shape":[1],"data_offsets":[0,4],"dtype":"F32"}}'
    const { tensors } = read(fileOf(header, new Uint8Array(Float32Array.of(1, 2).buffer)))
    expect([tensors['a']!.data[0], tensors['b']!.data[0]]).toStrictEqual([1, 2])
  })

  it('may have empty tensors of any other length, at any boundary', () => {
    const empty = '{"dtype":"F32","shape":[0,9007199254740991,9007199254740991],"data_offsets":[4,4]}'
    const header = `{"e":${empty},"x":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`
    expect(read(fileOf(header, new Uint8Array(4))).tensors['e']!.data).toHaveLength(0)
  })
})

const golden = new URL('../../../shared/golden/unet.safetensors', import.meta.url)

// values computed by PyTorch, which lie beside a developer's checkout only
if (existsSync(golden))
  describe("PyTorch's file of the U-Net", () => {
    it('has 173 tensors of 606,852 values, and is written again to the byte', () => {
      const bytes = new Uint8Array(readFileSync(golden))
      const { tensors, metadata } = read(bytes)
      expect(Object.keys(tensors)).toHaveLength(173)
      expect(Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0)).toBe(606_852)
      expect(tensors['time_embed.weight']!.shape).toStrictEqual([1000, 100])
      expect(Buffer.compare(encodeSafetensors(tensors, { metadata, digest: false }), bytes)).toBe(0)
    })
  })
