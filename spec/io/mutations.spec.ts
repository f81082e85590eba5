import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { isLeft } from 'fp-ts/Either'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../lib/io/crc32.ts'
import { decodeModel } from '../../lib/io/model.ts'
import { decodePyTorch, encodePyTorch } from '../../lib/io/pytorch.ts'
import { decodeSafetensors, encodeSafetensors } from '../../lib/io/safetensors.ts'
import { readZip } from '../../lib/io/zip.ts'
import { holds } from '../support/property.ts'
import { dict, emptyDict, floats, int, pt, rebuilt, spelling, zipOf, type Zipped } from './assemble.ts'
import { bits, isConsistent, read, refused, sameBytes, type Tensors } from './tensors.ts'

const tensors: Tensors = {
  'a.weight': { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  b: { shape: [], data: Float32Array.of(-0.5) },
  c: { shape: [0, 5], data: new Float32Array() },
  'd.bias': { shape: [4], data: Float32Array.of(0, -0, NaN, 1e30) }
}

/** The same tensors as others would write them: other protocols, deflated, sizes behind the files, zip64. */
const pickled = (protocol: 2 | 4): Uint8Array => {
  const spell = spelling(protocol)
  const views = {
    'a.weight': { key: '0', count: 7, offset: 1, shape: [2, 3], strides: [3, 1] },
    b: { key: '1', count: 1, shape: [], strides: [] },
    c: { key: '2', count: 0, shape: [0, 5], strides: [5, 1] },
    'd.bias': { key: '3', count: 8, shape: [4], strides: [2] }
  }
  const items = Object.entries(views).flatMap(([name, view]) => [spell.text(name), rebuilt(view, spell)])
  return spell.program(dict(...items, spell.text('epoch'), int(3), spell.text('x'), emptyDict))
}
const storages = {
  0: floats(9, 1, 2, 3, 4, 5, 6),
  1: floats(-0.5),
  2: floats(),
  3: floats(0, 9, -0, 9, NaN, 9, 1e30, 9)
}

const squeezed = (name: string, bytes: Uint8Array): Zipped => ({
  name,
  packed: deflateRawSync(bytes),
  method: 8,
  size: bytes.length,
  crc: crc32(bytes),
  flags: 0x808
})

const others = zipOf(
  [
    squeezed('m/data.pkl', pickled(4)),
    ...Object.entries(storages).map(([key, bytes]) => squeezed(`m/data/${key}`, bytes))
  ],
  { wide: true, comment: 'of another kind' }
)

const files = { own: encodePyTorch(tensors), assembled: pt(pickled(2), storages, 'little'), deflated: others } as const

// ---- mutations ---------------------------------------------------------------------------------------------------

type Mutation = (bytes: Uint8Array) => Uint8Array

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const short = fc.integer({ min: 1, max: 16 })
// numbers of two and four bytes change most if their upper bytes do
const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255))

const indexIn = (bytes: Uint8Array, at: number): number => Math.floor(at * bytes.length)

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.nat(7)).map(([at, bit]): Mutation => (bytes) => {
    const i = indexIn(bytes, at)
    return bytes.map((x, k) => (k === i ? x ^ (1 << bit) : x))
  }),
  fc.tuple(place, fc.array(byte, { minLength: 1, maxLength: 4 })).map(([at, values]): Mutation => (bytes) => {
    const i = indexIn(bytes, at)
    return bytes.map((x, k) => values[k - i] ?? x)
  }),
  fc.tuple(place, short).map(([at, size]): Mutation => (bytes) => {
    const i = indexIn(bytes, at)
    return Uint8Array.from([...bytes.subarray(0, i), ...bytes.subarray(i + size)])
  }),
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 16 })).map(([at, values]): Mutation => (bytes) => {
    const i = indexIn(bytes, at)
    return Uint8Array.from([...bytes.subarray(0, i), ...values, ...bytes.subarray(i)])
  }),
  place.map(
    (at): Mutation =>
      (bytes) =>
        bytes.slice(0, indexIn(bytes, at))
  ),
  fc.tuple(place, place, short).map(([from, to, size]): Mutation => (bytes) => {
    const [i, j] = [indexIn(bytes, from), indexIn(bytes, to)]
    const swapped = bytes.slice()
    swapped.set(bytes.subarray(j, Math.min(j + size, bytes.length - Math.max(0, i - j))), i)
    swapped.set(bytes.subarray(i, Math.min(i + size, bytes.length - Math.max(0, j - i))), j)
    return swapped
  })
)

/** Some mutations after each other. */
const mutations: fc.Arbitrary<Mutation> = fc
  .array(mutation, { minLength: 1, maxLength: 4 })
  .map((all) => (bytes) => all.reduce((now, mutate) => mutate(now), bytes))

describe('a .pt file that was damaged', () => {
  const original = bits(tensors)

  it.each(Object.entries(files))('%s: gives its own tensors or none, never wrong ones', (_, whole) => {
    expect(bits(read(decodePyTorch(whole)).tensors)).toEqual(original)
    let readable = 0
    holds(
      mutations,
      (mutate) => {
        const file = decodePyTorch(mutate(whole))
        if (isLeft(file)) return void refused(file)
        readable++
        expect(bits(file.right.tensors)).toEqual(original)
      },
      2500
    )
    // those in which nothing changed that counts: padding, a date, a checksum that is there twice
    expect(readable).toBeGreaterThan(0)
  })

  it('gives its own tensors or none whichever bit flips', () => {
    const { own } = files
    for (let bit = 0; bit < 8 * own.length; bit++) {
      const file = decodePyTorch(own.map((x, i) => (i === bit >> 3 ? x ^ (1 << (bit & 7)) : x)))
      if (isLeft(file)) refused(file)
      else expect(bits(file.right.tensors)).toEqual(original)
    }
  })

  it.each(Object.entries(files))('%s: is refused whenever a byte of a tensor has changed', (_, whole) => {
    const entries = [...read(readZip(whole))].filter(([name, { begin, end }]) => name.includes('/data/') && end > begin)
    holds(
      fc.tuple(fc.constantFrom(...entries), fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 8 })),
      ([[, { begin, end }], changes]) => {
        const bytes = whole.slice()
        changes.forEach(([at, value]) => (bytes[begin + Math.floor(at * (end - begin))] = value))
        const file = decodePyTorch(bytes)
        if (isLeft(file)) expect(refused(file)).toMatch(/^zip: entry ".*\/data\/\d+" /)
        // there are several ways to deflate the same bytes
        else if (whole === files.deflated) expect(bits(file.right.tensors)).toEqual(original)
        else expect(sameBytes(bytes, whole)).toBe(true)
      },
      1000
    )
  })

  it('gives tensors of the sizes that they say, or none, where its checksums were made good', () => {
    let readable = 0
    holds(
      fc.tuple(mutations, fc.constantFrom<2 | 4>(2, 4)),
      ([mutate, protocol]) => {
        const file = decodePyTorch(pt(mutate(pickled(protocol)), storages))
        if (isLeft(file)) return void refused(file)
        readable++
        expect(isConsistent(file.right.tensors)).toBe(true)
      },
      5000
    )
    expect(readable).toBeGreaterThan(0)
  })
})

describe('a safetensors file that was damaged', () => {
  const whole = encodeSafetensors(tensors, { metadata: { format: 'pt', 'a"b': 'c:"d"' }, digest: false })
  const begin = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true))

  it('gives tensors of the sizes that they say, or none', () => {
    let readable = 0
    holds(
      mutations,
      (mutate) => {
        const bytes = mutate(whole)
        const file = decodeSafetensors(bytes)
        if (isLeft(file)) return void refused(file)
        readable++
        expect(isConsistent(file.right.tensors)).toBe(true)
        const size = Object.values(file.right.tensors).reduce((sum, { data }) => sum + data.byteLength, 0)
        // a byte may be a number of its own, which takes four
        expect(size).toBeLessThanOrEqual(4 * bytes.length)
      },
      5000
    )
    expect(readable).toBeGreaterThan(0)
  })

  // In files of others, which have no digest, a changed number cannot be noticed. What holds is that nothing else has.
  it('gives every number that is not among the changed bytes, and these as they are now', () => {
    const changes = fc.array(fc.tuple(fc.integer({ min: begin, max: whole.length - 1 }), fc.nat(255)), { minLength: 1 })
    holds(
      changes,
      (all) => {
        const bytes = whole.slice()
        all.forEach(([at, value]) => (bytes[at] = value))
        const back = read(decodeSafetensors(bytes))
        expect(sameBytes(encodeSafetensors(back.tensors, { metadata: back.metadata, digest: false }), bytes)).toBe(true)
      },
      1000
    )
  })

  it('is refused where numbers are missing or added', () => {
    holds(
      fc.tuple(fc.integer({ min: begin, max: whole.length }), short, fc.boolean()),
      ([at, size, isCut]) => {
        const cut = [...whole.subarray(0, Math.max(begin, at - size)), ...whole.subarray(at)]
        const longer = [...whole.subarray(0, at), ...new Uint8Array(size), ...whole.subarray(at)]
        const bytes = Uint8Array.from(isCut ? cut : longer)
        if (bytes.length !== whole.length) refused(decodeSafetensors(bytes))
      },
      500
    )
  })
})

describe('whatever bytes', () => {
  it('are a model or a failure, and nothing is thrown', () => {
    const start = fc.constantFrom<readonly number[]>(
      [],
      [...Buffer.from('PK\x03\x04')],
      [0x80, 2],
      [9, 0, 0, 0, 0, 0, 0, 0, 0x7b]
    )
    holds(
      fc.tuple(start, fc.uint8Array({ maxLength: 200 })),
      ([first, rest]) => {
        const file = decodeModel(Uint8Array.from([...first, ...rest]))
        if (isLeft(file)) refused(file)
        else expect(isConsistent(file.right.tensors)).toBe(true)
      },
      3000
    )
  })
})
