import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIdx, writeIdx } from '../../lib/data/idx.ts'
import type { Idx } from '../../lib/data/idx.ts'
import { left, right } from './support.ts'

const shapes = fc.array(fc.nat(5), { minLength: 1, maxLength: 4 })
const idx: fc.Arbitrary<Idx> = shapes.chain((shape) => {
  const size = shape.reduce((product, length) => product * length, 1)
  return fc.uint8Array({ minLength: size, maxLength: size }).map((data) => ({ shape, data }))
})

describe('parseIdx', () => {
  it('reads what writeIdx writes', () => {
    fc.assert(
      fc.property(idx, (value) => {
        expect(right(parseIdx(writeIdx(value)))).toStrictEqual(value)
      })
    )
  })

  it('reads bytes that lie within a larger buffer', () => {
    fc.assert(
      fc.property(idx, fc.nat(7), (value, offset) => {
        const bytes = writeIdx(value)
        const larger = new Uint8Array(bytes.length + offset + 3)
        larger.set(bytes, offset)
        expect(right(parseIdx(larger.subarray(offset, offset + bytes.length)))).toStrictEqual(value)
      })
    )
  })

  it('refuses every truncation and every extension', () => {
    fc.assert(
      fc.property(idx, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 9 }), (value, cut, more) => {
        const bytes = writeIdx(value)
        expect(left(parseIdx(bytes.slice(0, cut % bytes.length))).kind).toBe('format')
        expect(left(parseIdx(Uint8Array.of(...bytes, ...more))).kind).toBe('format')
      })
    )
  })

  it('never throws, whatever the bytes, and what it reads is what they say', () => {
    const mutated = fc
      .tuple(idx, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
      .map(([value, changes]) => {
        const bytes = writeIdx(value)
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), mutated), (bytes) => {
        const result = parseIdx(bytes, { name: 'x' })
        if (E.isRight(result)) expect(writeIdx(result.right)).toStrictEqual(bytes)
        else expect(result.left.message).toMatch(/^x: [^\n]+$/)
      })
    )
  })

  it.each([
    [[], 'f: not an IDX file: it does not start with 0, 0, a type and a rank'],
    [[0x1f, 0x8b, 8, 0], 'f: not an IDX file: it does not start with 0, 0, a type and a rank'],
    [[0, 0, 8, 0], 'f: not an IDX file: it does not start with 0, 0, a type and a rank'],
    [[0, 0, 0x0d, 1, 0, 0, 0, 0], 'f: an IDX file of type 0x0d, want unsigned bytes (0x08)'],
    [[0, 0, 8, 3, 0, 0], 'f: the file ends within its header: 6 of 16 bytes'],
    [[0, 0, 8, 1, 0, 0, 0, 2, 9], 'f: the header says [2], 2 bytes, but 1 follow it'],
    [
      [0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255, 1],
      'f: the header says [4294967295,4294967295], 18446744065119617000 bytes, but 1 follow it'
    ]
  ])('%j', (bytes, message) => {
    expect(left(parseIdx(Uint8Array.from(bytes), { name: 'f' }))).toStrictEqual({ kind: 'format', message })
  })

  it('refuses lengths whose product is beyond all numbers', () => {
    const bytes = new Uint8Array(4 + 4 * 255).fill(255)
    bytes.set([0, 0, 8, 255])
    expect(left(parseIdx(bytes)).kind).toBe('format')
    bytes.fill(0, bytes.length - 4)
    expect(left(parseIdx(bytes)).kind).toBe('format')
  })
})
