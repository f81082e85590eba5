import fc from 'fast-check'
import { kernelDistance, nearest, precisionRecall } from 'tessera/metrics'
import { describe, expect, it } from 'vitest'
import { holds } from '../support/property.ts'

const number = fc.double({ min: -4, max: 4, noNaN: true })
const vectors = (width: number, least: number, most: number) =>
  fc.array(fc.array(number, { minLength: width, maxLength: width }), { minLength: least, maxLength: most })
/** Two clouds of vectors of one width. */
const clouds = fc
  .integer({ min: 1, max: 4 })
  .chain((width) => fc.record({ width: fc.constant(width), a: vectors(width, 5, 9), b: vectors(width, 5, 9) }))

const distance = (x: readonly number[], y: readonly number[]): number => Math.hypot(...x.map((v, i) => v - y[i]!))

describe('nearest', () => {
  it('finds those that sorting all finds', () =>
    holds(fc.tuple(clouds, fc.integer({ min: 1, max: 5 })), ([{ width, a, b }, k]) => {
      const found = nearest(a.flat(), b.flat(), width, k)
      a.forEach((x, i) => {
        const sorted = b.map((y) => distance(x, y)).toSorted((p, q) => p - q)
        found[i]!.forEach((neighbour, n) => {
          expect(neighbour.distance).toBeCloseTo(sorted[n]!, 9)
          expect(neighbour.distance).toBeCloseTo(distance(x, b[neighbour.index]!), 9)
        })
        expect(new Set(found[i]!.map(({ index }) => index)).size).toBe(k)
      })
    }))

  it('says what is wrong', () => {
    expect(() => nearest([1, 2, 3], [1, 2], 2, 1)).toThrow('nearest: wants vectors of 2 numbers, one at least: 3 numbers are none') // prettier-ignore
    expect(() => nearest([1], [1, 2], 1, 3)).toThrow('nearest: the number of neighbours is a whole number from 1 to 2, not 3') // prettier-ignore
  })
})

describe('precision and recall', () => {
  it('are 1 of the same vectors, 0 of others far away, and swap with the clouds', () =>
    holds(clouds, ({ width, a, b }) => {
      expect(precisionRecall(a.flat(), a.flat(), width)).toEqual({ precision: 1, recall: 1 })
      const far = a.flat().map((v) => v + 1000)
      expect(precisionRecall(far, b.flat(), width)).toEqual({ precision: 0, recall: 0 })
      const { precision, recall } = precisionRecall(a.flat(), b.flat(), width)
      expect(precisionRecall(b.flat(), a.flat(), width)).toEqual({ precision: recall, recall: precision })
    }))

  it('tell samples of a part of the data from samples that are no data', () => {
    // the numbers 0 to 19, and far from them 1000 to 1019
    const part = Array.from({ length: 20 }, (_, i) => i)
    const all = [...part, ...part.map((v) => v + 1000)]
    expect(precisionRecall(part.map((v) => v + 0.5), all, 1)).toEqual({ precision: 1, recall: 0.5 }) // prettier-ignore
    const half = [...part, ...part.map((v) => v - 1000)]
    expect(precisionRecall(half, part.map((v) => v + 0.5), 1)).toEqual({ precision: 0.5, recall: 1 }) // prettier-ignore
  })

  it('want more vectors than neighbours', () => {
    expect(() => precisionRecall([1, 2, 3], [1, 2, 3, 4], 1)).toThrow(
      'precisionRecall: the number of neighbours is a whole number from 1 to 2, not 3'
    )
  })
})

describe('the kernel distance', () => {
  const kernel = (x: readonly number[], y: readonly number[]): number =>
    (x.reduce((sum, v, i) => sum + v * y[i]!, 0) / x.length + 1) ** 3
  const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length

  it('is what its formula says, and symmetric', () =>
    holds(clouds, ({ width, a, b }) => {
      const own = (c: readonly (readonly number[])[]) =>
        mean(c.flatMap((x, i) => c.flatMap((y, j) => (i === j ? [] : [kernel(x, y)]))))
      const expected = own(a) + own(b) - 2 * mean(a.flatMap((x) => b.map((y) => kernel(x, y))))
      const found = kernelDistance(a.flat(), b.flat(), width)
      expect(Math.abs(found - expected)).toBeLessThan(1e-9 * (1 + Math.abs(expected)))
      expect(Math.abs(kernelDistance(b.flat(), a.flat(), width) - found)).toBeLessThan(1e-9 * (1 + Math.abs(found)))
    }))

  it('has no bias: its mean over lots of one law is 0', () => {
    // of three outcomes 0, 1, 3, all lots of two and two: 81 of them, equally likely
    const outcomes = [0, 1, 3]
    const lots = outcomes.flatMap((x) => outcomes.map((y) => [x, y]))
    const all = lots.flatMap((a) => lots.map((b) => kernelDistance(a, b, 1)))
    expect(Math.abs(mean(all))).toBeLessThan(1e-9)
  })

  it('wants two vectors of each', () => {
    expect(() => kernelDistance([1], [1, 2], 1)).toThrow(
      'kernelDistance: wants two vectors of each at least, not 1 and 2'
    )
  })
})
