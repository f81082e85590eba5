import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../lib/io/crc32.ts'
import { inflate } from '../../lib/io/inflate.ts'
import { writeZip } from '../../lib/io/zip-write.ts'
import { readEntry, readZip } from '../../lib/io/zip.ts'
import { holds } from '../support/property.ts'
import { bytesOf, stored, zipOf, type Zipped } from './assemble.ts'
import { read, refused } from './tensors.ts'

const content = fc.uint8Array({ maxLength: 300 })
const files = fc.uniqueArray(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), content), {
  maxLength: 6,
  selector: ([name]) => name
})

/** Everything in an archive, by name. */
const contents = (bytes: Uint8Array): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries([...read(readZip(bytes))].map(([name, entry]) => [name, [...read(readEntry(bytes, entry))]]))

const plain = (pairs: readonly (readonly [string, Uint8Array])[]) =>
  Object.fromEntries(pairs.map(([name, bytes]) => [name, [...bytes]]))

/** What is wrong with an archive, found in its directory or when all of it is read. */
const fault = (bytes: Uint8Array): string => {
  const zip = readZip(bytes)
  if (zip._tag === 'Left') return refused(zip)
  const wrong = [...zip.right.values()].map((entry) => readEntry(bytes, entry)).find(({ _tag }) => _tag === 'Left')
  if (wrong === undefined) throw new Error('it was read')
  return refused(wrong)
}

// the definition: a remainder of polynomials, bit by bit
const remainder = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}

describe('crc32', () => {
  it('is the remainder that it is defined as', () => {
    expect(crc32(bytesOf('123456789'))).toBe(0xcbf43926)
    holds(content, (bytes) => expect(crc32(bytes)).toBe(remainder(bytes)), 200)
  })
})

describe('inflate', () => {
  it('gives back what was deflated', () => {
    holds(
      fc.tuple(fc.uint8Array({ maxLength: 20_000 }), fc.nat(30), fc.constantFrom(0, 1, 9)),
      ([bytes, times, level]) => {
        const all = Buffer.concat(Array.from({ length: times }, () => bytes))
        expect(inflate(deflateRawSync(all, { level }), all.length)).toEqual({
          _tag: 'Right',
          right: new Uint8Array(all)
        })
      },
      100
    )
  })

  it('stops where there is more than was said, and says where there is less', () => {
    const bomb = deflateRawSync(new Uint8Array(2 ** 24))
    expect(inflate(bomb, 1000)).toEqual({ _tag: 'Left', left: 'inflates to more than the 1000 bytes that it says' })
    expect(inflate(deflateRawSync(new Uint8Array(3)), 4)).toEqual({
      _tag: 'Left',
      left: 'inflates to 3 of the 4 bytes that it says'
    })
  })

  it('never throws', () => {
    holds(fc.tuple(content, fc.nat(1000)), ([bytes, size]) => void inflate(bytes, size), 1000)
  })
})

describe('an archive', () => {
  it('gives back what was written, each file at a multiple of 64 bytes', () => {
    holds(
      files,
      (pairs) => {
        const bytes = writeZip(
          pairs.map(([name, data]) => ({ name, size: data.length, fill: (into) => into.set(data) }))
        )!
        expect(contents(bytes)).toEqual(plain(pairs))
        for (const { begin } of read(readZip(bytes)).values()) expect(begin % 64).toBe(0)
      },
      200
    )
  })

  it('may be deflated, have its sizes behind its files, a comment, and the numbers of zip64', () => {
    const kind = fc.record({ isDeflated: fc.boolean(), flags: fc.constantFrom(0, 8, 0x800, 0x808), wide: fc.boolean() })
    const end = fc.record({ comment: fc.constantFrom('', 'a comment', 'PK\x05\x06 '), wide: fc.boolean() })
    holds(
      fc.tuple(files, fc.array(kind, { minLength: 6, maxLength: 6 }), end),
      ([pairs, kinds, last]) => {
        const zipped = pairs.map(([name, data], i): Zipped => {
          const { isDeflated, flags, wide } = kinds[i]!
          const packed = isDeflated ? deflateRawSync(data) : data
          return { name, packed, method: isDeflated ? 8 : 0, size: data.length, crc: crc32(data), flags, wide }
        })
        expect(contents(zipOf(zipped, last))).toEqual(plain(pairs))
      },
      200
    )
  })

  const [a, b] = [stored('a', 'some bytes'), stored('b', 'others')] as const
  const bomb: Zipped = { name: 'a', packed: deflateRawSync(new Uint8Array(2 ** 26)), method: 8, size: 2 ** 26 }
  const cases: readonly (readonly [what: string, bytes: Uint8Array, says: string])[] = [
    ['no bytes', new Uint8Array(), 'no directory at its end'],
    ['cut short', zipOf([a, b]).subarray(0, -1), 'no directory at its end'],
    ['longer than its comment', bytesOf(zipOf([a]), 0), 'no directory at its end'],
    ['with too many entries for its directory', zipOf([a], { count: 9 }), 'the directory does not lie within the file'],
    [
      'with an entry that is not there',
      zipOf([{ ...a, name: 'a'.repeat(50) }], { count: 2 }),
      'entry 1 of the directory'
    ],
    ['with fewer entries than it lists', zipOf([a, b], { count: 1 }), 'more than its 1 entries'],
    ['with a name twice', zipOf([a, { ...b, name: 'a' }]), 'entry "a" is there twice'],
    [
      'with two names for one file',
      zipOf([a, { ...a, name: 'b', localName: 'a', offset: 0 }]),
      'is not what the directory says'
    ],
    ['with one file in another', zipOf([a, { ...a, offset: 0 }]), 'overlaps another'],
    [
      'with another name before the file',
      zipOf([{ ...a, localName: 'b' }]),
      'entry "a" is not what the directory says'
    ],
    [
      'with a name that is no text',
      zipOf([a]).map((x) => (x === 0x61 ? 0xff : x)),
      'entry 0 of the directory is damaged'
    ],
    ['with an entry far away', zipOf([{ ...a, offset: 1e9 }]), 'is not what the directory says'],
    ['with an entry beyond 2^53', zipOf([{ ...a, wide: true, offset: 2 ** 62 }]), 'is not what the directory says'],
    ['encrypted', zipOf([{ ...a, flags: 1 }]), 'entry "a" is encrypted'],
    ['packed by another method', zipOf([{ ...a, method: 14 }]), 'by method 14'],
    ['with a size that differs', zipOf([{ ...a, size: 9 }]), 'stored in 10 bytes and says that it holds 9'],
    ['with a wrong checksum', zipOf([{ ...a, crc: 1 }]), 'entry "a" does not match its checksum'],
    ['without checksums', zipOf([{ ...a, crc: 0 }]), 'set_crc32_options(False)'],
    ['with bytes that are not deflated', zipOf([{ ...a, method: 8 }]), 'entry "a" is no deflate stream'],
    ['with more than it says', zipOf([{ ...bomb, size: 10 }]), 'inflates to more than the 10 bytes'],
    ['with more than deflate can hold', zipOf([{ ...bomb, size: 2 ** 31 }]), 'deflate cannot do that'],
    ['that is a bomb', zipOf([bomb]), `would inflate to ${2 ** 26}, at most`],
    ['of several parts', zipOf([a]).map((x, i, all) => (i === all.length - 18 ? 1 : x)), 'in several parts'],
    [
      'with a lost record of zip64',
      zipOf([a], { wide: true }).map((x, i, all) => (i === all.length - 34 ? 1 : x)),
      'zip64'
    ]
  ]

  it.each(cases)('%s is refused', (_, bytes, says) => {
    expect(fault(bytes)).toContain(says)
    expect(fault(bytes)).toMatch(/^zip: [^\n]{1,250}$/)
  })

  it('may hold much that deflates well, as zeros do', () => {
    const zeros = new Uint8Array(2 ** 25)
    const file: Zipped = { name: 'a', packed: deflateRawSync(zeros), method: 8, size: zeros.length, crc: crc32(zeros) }
    const bytes = zipOf([file])
    expect(read(readEntry(bytes, read(readZip(bytes)).get('a')!))).toHaveLength(2 ** 25)
  })

  it('has at most 65,534 files when it is written', () => {
    const empty = { size: 0, fill: () => undefined }
    const some = (count: number) => Array.from({ length: count }, (_, i) => ({ name: String(i), ...empty }))
    expect(read(readZip(writeZip(some(65_534))!)).size).toBe(65_534)
    expect(writeZip(some(65_535))).toBeUndefined()
    expect(writeZip([{ name: 'a', size: 2 ** 32, fill: () => undefined }])).toBeUndefined()
  })
})
