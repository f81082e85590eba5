import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frechet, momentsOf } from 'tessera/metrics'
import type { Moments } from 'tessera/metrics'
import { holds } from '../support/property.ts'

const number = fc.double({ min: -4, max: 4, noNaN: true })
const numbers = (n: number): fc.Arbitrary<number[]> => fc.array(number, { minLength: n, maxLength: n })

/** Some vectors of up to six numbers, more of them than that or fewer. */
const clouds = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 2, max: 20 }))
  .chain(([width, count]) => fc.tuple(fc.constant(width), numbers(width * count), numbers(width * count)))

const diagonal = (variances: readonly number[]): readonly (readonly number[])[] =>
  variances.map((v, i) => variances.map((_, j) => (i === j ? v : 0)))

const gaussian = (mean: readonly number[], covariance: readonly (readonly number[])[]): Moments => ({
  count: 9,
  mean,
  covariance
})

/** The vectors turned in the plane of two of their axes, and moved. */
const turned = (vectors: readonly number[], width: number, angle: number, by: number): readonly number[] => {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return vectors.map((v, i) => {
    const [at, row] = [i % width, i - (i % width)]
    if (at > 1) return v + by
    const [a, b] = [vectors[row]!, vectors[row + 1]!]
    return (at === 0 ? cos * a - sin * b : sin * a + cos * b) + by
  })
}

/** Distances are roots of eigenvalues, and the root of one that should be 0 has lost half of its digits. */
const expectNear = (actual: number, expected: number): void => expect(Math.abs(actual - expected)).toBeLessThan(1e-4)

const traceOf = ({ covariance }: Moments): number => covariance.reduce((sum, row, i) => sum + row[i]!, 0)

describe('moments', () => {
  it('are mean and covariance, divided by n - 1', () => {
    const { count, mean, covariance } = momentsOf([1, 10, 3, 20, 5, 60], 2)
    expect([count, mean]).toEqual([3, [3, 30]])
    expect(covariance).toEqual([
      [4, 50],
      [50, 700]
    ])
  })

  it('move with the vectors, and stretch with them', () =>
    holds(clouds, ([width, vectors]) => {
      const [before, after] = [momentsOf(vectors, width), momentsOf(vectors.map((v) => 2 * v + 1), width)] // prettier-ignore
      after.mean.forEach((m, i) => expect(m).toBeCloseTo(2 * before.mean[i]! + 1, 9))
      after.covariance.flat().forEach((c, i) => expect(c).toBeCloseTo(4 * before.covariance.flat()[i]!, 9))
      expect(traceOf(after)).toBeGreaterThanOrEqual(0)
    }))

  it('of a single vector have no spread', () => {
    expect(momentsOf([7, 8], 2)).toEqual({ count: 1, mean: [7, 8], covariance: [[0, 0], [0, 0]] }) // prettier-ignore
  })
})

describe('the Fréchet distance', () => {
  it('of something from itself is 0', () =>
    holds(clouds, ([width, vectors]) => {
      const moments = momentsOf(vectors, width)
      expect(frechet(moments, moments)).toBeLessThan(1e-6 * (1 + traceOf(moments)))
    }))

  it('is the same both ways, and not negative', () =>
    holds(clouds, ([width, a, b]) => {
      const [p, q] = [momentsOf(a, width), momentsOf(b, width)]
      expect(frechet(p, q)).toBeGreaterThanOrEqual(0)
      expectNear(frechet(p, q), frechet(q, p))
    }))

  it('of normal distributions with a common basis is Σ (m - m′)² + (s - s′)²', () =>
    holds(
      fc.integer({ min: 1, max: 64 }).chain((n) => fc.tuple(numbers(n), numbers(n), numbers(n), numbers(n))),
      ([means, others, s, r]) => {
        const squares = (xs: readonly number[]) => diagonal(xs.map((x) => x * x))
        const wanted = means.reduce((sum, m, i) => sum + (m - others[i]!) ** 2 + (Math.abs(s[i]!) - Math.abs(r[i]!)) ** 2, 0) // prettier-ignore
        expect(frechet(gaussian(means, squares(s)), gaussian(others, squares(r)))).toBeCloseTo(wanted, 6)
      }
    ))

  it('of distributions with one mean is what their covariances say: |a - b| of a line and a line across is tr', () => {
    const [p, q] = [gaussian([0, 0], diagonal([4, 0])), gaussian([0, 0], diagonal([0, 9]))]
    expect(frechet(p, q)).toBeCloseTo(13, 9)
    // (C₁ C₂)^½ where neither is diagonal: C₂ = 4 C₁ has twice the root
    const c = [[2, 1], [1, 3]] as const // prettier-ignore
    const four = c.map((row) => row.map((v) => 4 * v))
    expect(frechet(gaussian([1, 1], c), gaussian([1, 1], four))).toBeCloseTo(5 + 20 - 2 * 10, 9)
  })

  it('stays when everything is turned and moved', () =>
    holds(fc.tuple(clouds, number, number), ([[width, a, b], angle, by]) => {
      fc.pre(width > 1)
      const before = frechet(momentsOf(a, width), momentsOf(b, width))
      const both = [a, b].map((vectors) => momentsOf(turned(vectors, width, angle, by), width))
      expectNear(frechet(both[0]!, both[1]!), before)
    }))

  it('grows by the square of the way where one is moved', () =>
    holds(fc.tuple(clouds, number), ([[width, vectors], by]) => {
      const moved = momentsOf(vectors.map((v) => v + by), width) // prettier-ignore
      expectNear(frechet(momentsOf(vectors, width), moved), width * by * by)
    }))

  it('wants vectors of one width, and whole ones', () => {
    const [p, q] = [momentsOf([1, 2], 2), momentsOf([1, 2, 3], 3)]
    expect(() => frechet(p, q)).toThrow('frechet: wants moments of vectors of one width, not 2 and 3')
    expect(() => frechet({ ...p, covariance: [[1]] }, p)).toThrow('wants a covariance [2,2] for a mean of 2 numbers')
    expect(() => momentsOf([1, 2, 3], 2)).toThrow('momentsOf: wants vectors of 2 numbers, one at least: 3 numbers')
    for (const [vectors, width] of [[[], 2], [[1, 2], 0], [[1, 2], NaN], [[1, 2], 0.5]] as const) expect(() => momentsOf(vectors, width)).toThrow(/^momentsOf: /) // prettier-ignore
  })
})
