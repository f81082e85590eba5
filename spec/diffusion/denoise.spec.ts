import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import type { Schedule } from '../../lib/index.ts'
import { devices } from '../support/gl.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'
import {
  batch,
  eachElement,
  lostAt,
  noised,
  perfect,
  pictures,
  read,
  schedules,
  silent,
  size,
  usual
} from './support.ts'

const variances = fc.constantFrom<'beta' | 'posterior'>('beta', 'posterior')

/** Ho et al. 2020, eq. 7: the mean of x_{t-1} where x_t and x_0 are known; and the two variances. */
const posterior = (schedule: Schedule, at: number, x0: number, xt: number): number => {
  const [before, b] = [schedule.alphaBar[at - 1] ?? 1, schedule.beta[at]!]
  const [lost, lostBefore] = [lostAt(schedule, at), lostAt(schedule, at - 1)]
  return (Math.sqrt(before) * b * x0 + Math.sqrt(1 - b) * lostBefore * xt) / lost
}
const sigma = (schedule: Schedule, at: number, variance: 'beta' | 'posterior'): number => {
  if (at === 0) return 0
  const share = variance === 'beta' ? 1 : lostAt(schedule, at - 1) / lostAt(schedule, at)
  return Math.sqrt(schedule.beta[at]! * share)
}

/** x_t and eps, of up to 6 each, are divided by √ᾱ_t where they are turned into x_0. */
const magnitude = ({ alphaBar }: Schedule, ts: readonly number[]): number =>
  Math.max(...ts.map((at) => 12 / Math.sqrt(alphaBar[at]!)))

describe('denoiseStep', () => {
  for (const [mark, open] of devices) {
    const exact = mark !== '[gl]'
    const cases = noised(exact ? schedules : fc.constant(usual))
    const numRuns = exact ? 100 : 10
    it(`leads a perfect predictor to the posterior mean, and adds sigma z, ${mark}`, async () => {
      const device = await open()
      await fc.assert(
        fc.asyncProperty(cases, pictures, variances, async ({ schedule, x, eta, ts }, z, variance) => {
          const xt = await read(device, t.noise(schedule)(batch(x), t.tensor(ts), batch(eta)))
          const step = t.denoiseStep(schedule, perfect, { variance })
          const back = await read(device, step(batch(eta), batch(xt), t.tensor(ts), batch(z)))
          const expected = eachElement(
            ts,
            (i, at) => posterior(schedule, at, x[i]!, xt[i]!) + sigma(schedule, at, variance) * z[i]!
          )
          // x_t was read: it is float32 on the reference too
          expectClose(back, expected, { unit, scale: magnitude(schedule, ts), terms: 25 })
        }),
        { numRuns }
      )
    })

    it(`says with posteriorMean what a perfect predictor gives, ${mark}`, async () => {
      const device = await open()
      await fc.assert(
        fc.asyncProperty(cases, async ({ schedule, x, eta, ts }) => {
          const xt = t.noise(schedule)(batch(x), t.tensor(ts), batch(eta))
          const mean = t.posteriorMean(schedule)(batch(x), xt, t.tensor(ts))
          const step = t.denoiseStep(schedule, perfect)(batch(eta), xt, t.tensor(ts), t.zeros(xt.shape))
          expectClose(await read(device, step), await read(device, mean), {
            unit: exact ? unit64 : unit,
            scale: magnitude(schedule, ts),
            terms: 25
          })
        }),
        { numRuns }
      )
    })

    it(`ignores z at t = 0, whatever it is, ${mark}`, async () => {
      const device = await open()
      const strange = fc.constantFrom(0, 1, 1e30, NaN, Infinity, -Infinity)
      const zs = fc.array(strange, { minLength: size, maxLength: size })
      await fc.assert(
        fc.asyncProperty(cases, zs, variances, async ({ schedule, x, eta }, z, variance) => {
          const step = t.denoiseStep(schedule, perfect, { variance })
          const of = (noise: t.Tensor) => read(device, step(batch(eta), batch(x), t.zeros([5]), noise))
          expect(await of(batch(z))).toEqual(await of(t.zeros([5, 1, 2, 3])))
        }),
        { numRuns: 10 }
      )
    })

    it(`clips the predicted picture where asked to, ${mark}`, async () => {
      const device = await open()
      await fc.assert(
        fc.asyncProperty(cases, async ({ schedule, x, eta, ts }) => {
          const xt = await read(device, t.noise(schedule)(batch(x), t.tensor(ts), batch(eta)))
          const step = t.denoiseStep(schedule, perfect, { clip: 1 })
          const back = await read(device, step(batch(eta), batch(xt), t.tensor(ts), t.zeros([5, 1, 2, 3])))
          const clipped = (v: number): number => Math.max(-1, Math.min(1, v))
          const expected = eachElement(ts, (i, at) => posterior(schedule, at, clipped(x[i]!), xt[i]!))
          expectClose(back, expected, { unit, scale: magnitude(schedule, ts), terms: 25 })
        }),
        { numRuns }
      )
    })
  }

  it('treats each picture of a batch as if it were alone', async () => {
    const step = t.denoiseStep(usual, perfect)
    await fc.assert(
      fc.asyncProperty(noised(fc.constant(usual)), pictures, async ({ x, eta, ts }, z) => {
        const all = await read(t.reference, step(batch(eta), batch(x), t.tensor(ts), batch(z)))
        const alone = (i: number): Promise<readonly number[]> => {
          const one = (data: readonly number[]) => t.slice(batch(data), [[i, i + 1]])
          return read(t.reference, step(one(eta), one(x), t.tensor([ts[i]!]), one(z)))
        }
        expect((await Promise.all([0, 1, 2, 3, 4].map(alone))).flat()).toEqual(all)
      })
    )
  })

  it('says what is wrong', () => {
    expect(() => t.denoiseStep(usual, silent, { clip: 0 })).toThrow('denoiseStep: clip is a positive number, not 0')
    const step = t.denoiseStep(usual, silent)
    expect(() => step(null, t.ones([2, 3]), t.zeros([1]), t.key(0))).toThrow(
      'denoiseStep: wants one timestep per image: [1] for [2,3]'
    )
    expect(() => step(null, t.ones([2, 3]), t.zeros([2]), t.ones([2]))).toThrow(
      'denoiseStep: the noise has the shape [2], the images [2,3]'
    )
    expect(() => t.denoiseStep(usual, () => t.ones([1]))(null, t.ones([2, 3]), t.zeros([2]), t.key(0))).toThrow(
      'denoiseStep: the model predicts noise of the shape [1] for [2,3]'
    )
  })
})
