import * as t from 'tessera'
import { mixture, modelOf } from 'tessera/laws'

/** A normal law of numbers. */
export interface Moments {
  readonly mean: number
  readonly variance: number
}

/** As the article's schedule of 1000 steps, with fewer. */
export const shorter = (steps: number): t.Schedule =>
  t.linearSchedule({ steps, betaMin: 0.1 / steps, betaMax: 20 / steps })

/**
 * Mean and variance of what a sampler makes of noise, exactly: with the best model of a normal law its result is affine in
 * the noise, so picture 0 gets none and shows the mean, and picture k > 0 gets one unit of one source of it. The pictures
 * are those before the last step, which is the same for all samplers: it takes what the model predicts.
 */
export const moments = async (sampler: t.AnySampler, schedule: t.Schedule, law: Moments): Promise<Moments> => {
  const { mean, variance } = law
  const count = schedule.steps + 2
  const unitNoise = (k: number): t.Tensor => t.tensor(new Float64Array(count).fill(1, k, k + 1), [count, 1])
  const model = modelOf(mixture({ means: [[mean]], variances: [[variance]] }), schedule)
  const run = t.sample(t.reference, sampler, schedule, model)
  // the noisiest pictures as q has them: not quite of unit variance
  const bar = schedule.alphaBar.at(-1)!
  const start = t.add(t.mul(unitNoise(count - 1), Math.sqrt(bar * variance + 1 - bar)), Math.sqrt(bar) * mean)
  let drawn: t.Tensor = start
  const noiseAt = (at: number): t.Tensor => unitNoise(at + 1)
  for await (const { t: at, x } of run(null, { key: t.key(0), start, noiseAt })) if (at > 0) drawn = x
  const [found, ...moved] = await t.reference.read(drawn)
  return { mean: found!, variance: moved.reduce((sum, x) => sum + (x - found!) ** 2, 0) }
}

/** Variances of the laws that a sampler is tried on: errors of one alone may cancel. */
const variances = [0.3, 1.5]

/** How far the standard deviation of a sampler's pictures is off, at worst, as a part of it. */
export const errorOf = async (sampler: t.AnySampler, steps: number): Promise<number> => {
  const schedule = shorter(steps)
  const bar = schedule.alphaBar[0]!
  const off = await Promise.all(
    variances.map(async (variance) => {
      const found = await moments(sampler, schedule, { mean: 0, variance })
      return Math.abs(Math.sqrt(found.variance / (bar * variance + 1 - bar)) - 1)
    })
  )
  return Math.max(...off)
}
