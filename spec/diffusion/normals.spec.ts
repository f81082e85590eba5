import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { expectAgreement } from '../support/agree.ts'
import { exactly, evaluate } from '../support/float64.ts'
import { gl } from '../support/gl.ts'
import { differences } from '../support/laws.ts'
import { holds } from '../support/property.ts'
import { expectClose, unit64 } from '../support/tolerance.ts'

/** The values of bytes, from -1 to 1. */
const bytes = Float64Array.from({ length: 256 }, (_, k) => k / 127.5 - 1)

/** A mean within the range of pictures or a little outside, and a deviation from less than a bin to the whole range. */
const laws = fc.record({
  mean: fc.double({ min: -1.3, max: 1.3, noNaN: true }),
  deviation: fc.double({ min: -4, max: 1, noNaN: true }).map((power) => 10 ** power)
})

const gaussian = (mean: number, deviation: number): t.Gaussian => ({
  mean: exactly([mean], [1]),
  logVariance: exactly([2 * Math.log(deviation)], [1])
})

const logsOf = (mean: number, deviation: number): Float64Array =>
  evaluate(t.discretisedLogLikelihood(exactly(bytes, [256]), gaussian(mean, deviation)))

describe('discretisedLogLikelihood', () => {
  it('gives 256 probabilities that sum to 1', () => {
    holds(
      laws,
      ({ mean, deviation }) => {
        const sum = logsOf(mean, deviation).reduce((total, log) => total + Math.exp(log), 0)
        // the continued fraction is off by 6e-9 of what is more than 3 deviations away, which is 0.3 %
        expect(Math.abs(sum - 1)).toBeLessThan(2e-11)
      },
      100
    )
  })

  it('is the integral of the density over the bin', () => {
    holds(laws, ({ mean, deviation }) => {
      const logs = logsOf(mean, deviation)
      const points = 400
      for (const k of [1, 77, 128, 200, 254]) {
        // Simpson's rule, around the largest value so that far bins do not become 0
        const at = Array.from({ length: points + 1 }, (_, i) => bytes[k]! + ((2 * i) / points - 1) / 255)
        const terms = at.map((x) => -0.5 * ((x - mean) / deviation) ** 2)
        const most = Math.max(...terms)
        const sum = terms.reduce((total, log, i) => total + Math.exp(log - most) * (i % points === 0 ? 1 : 2 + 2 * (i % 2)), 0) // prettier-ignore
        const wanted = Math.log((sum * 2) / (255 * points * 3 * deviation * Math.sqrt(2 * Math.PI))) + most
        // where a bin is many deviations wide the rule is worse than what it is compared with
        if (deviation > 2e-3) expect(Math.abs(logs[k]! - wanted)).toBeLessThan(1e-6 * (1 + Math.abs(wanted)))
      }
    })
  })

  it('falls away from the mean, however far, and stays finite', () => {
    holds(laws, ({ mean, deviation }) => {
      const logs = logsOf(mean, deviation).slice(1, -1)
      const peak = logs.reduce((best, log, k) => (log > logs[best]! ? k : best), 0)
      logs.forEach((log, k) => {
        expect(Number.isFinite(log)).toBe(true)
        if (k > peak) expect(log).toBeLessThanOrEqual(logs[k - 1]! + 1e-12)
        if (k < peak) expect(log).toBeLessThanOrEqual(logs[k + 1]! + 1e-12)
      })
    })
  })

  it('is the same from both sides', () => {
    holds(laws, ({ mean, deviation }) => {
      expectClose(logsOf(-mean, deviation).toReversed(), logsOf(mean, deviation), { unit: unit64, terms: 2 ** 30, scale: 2 ** 30 }) // prettier-ignore
    })
  })

  it('has the gradients of differences, on both sides of where the formula changes', () => {
    const x = exactly([-1, -0.5, 0.1, 0.5, 1], [5])
    for (const logVariance of [-1, -3, -5])
      differences(
        ([mean, width]) => t.discretisedLogLikelihood(x, { mean: mean!, logVariance: width! }),
        [exactly([-0.7, -0.45, 0.2, -0.4, 0.3], [5]), exactly(Array<number>(5).fill(logVariance), [5])],
        3
      )
  })

  it('[gl] is the same there', async () => {
    const x = t.tensor(Float32Array.from(bytes), [256])
    const device = await gl()
    for (const [mean, logVariance] of [
      [0.1, -2],
      [-0.9, -6],
      [0.5, -9]
    ] as const)
      // prettier-ignore
      await expectAgreement(device, [
        t.discretisedLogLikelihood(x, { mean: t.tensor([mean]), logVariance: t.tensor([logVariance]) })
      ])
  })
})

describe('normalKl', () => {
  const numbers = fc.double({ min: -3, max: 3, noNaN: true })
  const kl = (q: readonly [number, number], p: readonly [number, number]): number =>
    evaluate(t.normalKl(...([q, p].map(([m, l]) => ({ mean: exactly([m], [1]), logVariance: exactly([l], [1]) })) as [t.Gaussian, t.Gaussian])))[0]! // prettier-ignore

  it('is not negative, and 0 only of a law and itself', () => {
    holds(fc.tuple(numbers, numbers, numbers, numbers), ([m, l, n, k]) => {
      expect(kl([m, l], [n, k])).toBeGreaterThanOrEqual(-4 * unit64)
      expect(kl([m, l], [m, l])).toBe(0)
    })
  })

  it('is what it comes to by hand', () => {
    // ½ (log 4 + (1 + 2²) / 4 - 1)
    expect(kl([1, 0], [3, Math.log(4)])).toBeCloseTo(0.5 * (Math.log(4) + 5 / 4 - 1), 14)
    // ½ (-log 4 + 4 - 1)
    expect(kl([0, Math.log(4)], [0, 0])).toBeCloseTo(0.806852819440055, 14)
  })
})
