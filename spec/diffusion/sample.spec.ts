import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import type { Device, Model, Sampled, SampleOptions, Sampling, Schedule, Tensor } from '../../lib/index.ts'
import { devices, gl } from '../support/gl.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'
import { read, silent } from './support.ts'

interface Gaussian {
  readonly mean: Tensor
  readonly variance: Tensor
}

/** The exact denoiser of data N(mean, variance): E[eta | x_t] = √(1-ᾱ) (x_t - √ᾱ mean) / (ᾱ variance + 1 - ᾱ). */
const gaussian =
  ({ tables }: Schedule): Model<Gaussian> =>
  ({ mean, variance }, x, ts) => {
    const at = (table: Tensor): Tensor => t.reshape(t.take(table, ts), [x.shape[0]!, 1])
    const spread = t.add(t.mul(t.square(at(tables.signal)), variance), t.square(at(tables.noise)))
    return t.div(t.mul(at(tables.noise), t.sub(x, t.mul(at(tables.signal), mean))), spread)
  }

/** As the usual schedule of 1000 steps, with fewer. */
const shorter = (steps: number): Schedule => t.linearSchedule({ steps, betaMin: 0.1 / steps, betaMax: 20 / steps })

const last = async (run: AsyncIterable<Sampled>): Promise<Tensor> => {
  let found: Tensor | undefined
  for await (const { x } of run) found = x
  return found!
}

interface Moments {
  readonly mean: number
  readonly variance: number
}

/**
 * Mean and variance of what the sampler makes of standard normal noise, exactly: with this denoiser it is affine in
 * its noise, so picture 0 gets none and shows the mean, and picture k > 0 gets one unit of one source of it.
 */
const moments = async (
  device: Device,
  schedule: Schedule,
  data: Moments,
  variance: 'beta' | 'posterior'
): Promise<Moments> => {
  const count = schedule.steps + 1
  const unitNoise = (k: number): Tensor => t.tensor(new Float32Array(count).fill(1, k, k + 1), [count, 1])
  const run = t.sample(device, t.ddpm({ variance }), schedule, gaussian(schedule))
  const params = { mean: t.scalar(data.mean), variance: t.scalar(data.variance) }
  const start = unitNoise(schedule.steps)
  const none = t.tensor(new Float32Array(count), [count, 1])
  const noiseAt = (at: number): Tensor => (at === 0 ? none : unitNoise(at))
  const [mean, ...moved] = await read(device, await last(run(params, { key: t.key(0), start, noiseAt })))
  return { mean: mean!, variance: moved.reduce((sum, x) => sum + (x - mean!) ** 2, 0) }
}

/** The same by following mean and variance through the steps. */
const followed = ({ alphaBar, beta, steps }: Schedule, data: Moments, variance: 'beta' | 'posterior'): Moments => {
  let [mean, spread] = [0, 1]
  for (let at = steps - 1; at >= 0; at--) {
    const [bar, before, b] = [alphaBar[at]!, alphaBar[at - 1] ?? 1, beta[at]!]
    const seen = b / (bar * data.variance + 1 - bar)
    mean = (mean - seen * (mean - Math.sqrt(bar) * data.mean)) / Math.sqrt(1 - b)
    spread *= (1 - seen) ** 2 / (1 - b)
    spread += at === 0 ? 0 : b * (variance === 'beta' ? 1 : (1 - before) / (1 - bar))
  }
  return { mean, variance: spread }
}

const data = fc.record({
  mean: fc.double({ min: -2, max: 2, noNaN: true }).map(Math.fround),
  variance: fc.double({ min: 0.1, max: 1, noNaN: true }).map(Math.fround)
})

describe('sample, with the exact denoiser of a Gaussian', () => {
  for (const [mark, open] of devices) {
    const exact = mark !== '[gl]'
    const steps = exact ? 100 : 40
    it(`has the mean and variance that the steps make, ${mark}`, async () => {
      const device = await open()
      await fc.assert(
        fc.asyncProperty(data, fc.constantFrom('beta', 'posterior'), async (of, variance) => {
          const found = await moments(device, shorter(steps), of, variance)
          const expected = followed(shorter(steps), of, variance)
          const rounding = { unit: exact ? unit64 : unit, scale: 2 * steps }
          expectClose([found.mean, found.variance], [expected.mean, expected.variance], rounding)
        }),
        { numRuns: exact ? 6 : 3 }
      )
    })
  }

  it('has the right mean', async () => {
    const found = await moments(t.reference, shorter(200), { mean: 1.5, variance: 0.25 }, 'beta')
    // what the start, which is not quite noise in q, leaves: √ᾱ_T · mean at most
    expect(Math.abs(found.mean - 1.5)).toBeLessThan(1.5 * Math.sqrt(shorter(200).alphaBar[199]!))
  })

  it('has the right variance between those of the two sigmas, which meet as steps get smaller', async () => {
    await fc.assert(
      fc.asyncProperty(data, async (of) => {
        const [above, below] = [followed(shorter(400), of, 'beta'), followed(shorter(400), of, 'posterior')]
        const [high, low] = [
          await moments(t.reference, shorter(100), of, 'beta'),
          await moments(t.reference, shorter(100), of, 'posterior')
        ]
        expect(low.variance).toBeLessThan(of.variance)
        expect(high.variance).toBeGreaterThan(of.variance * 0.998)
        expect(above.variance - below.variance).toBeLessThan(0.4 * (high.variance - low.variance))
      }),
      { numRuns: 4 }
    )
  })

  it('has the right variance with sigma² = beta for data of unit variance', async () => {
    const found = await moments(t.reference, shorter(100), { mean: 0.5, variance: 1 }, 'beta')
    expect(Math.abs(found.variance - 1)).toBeLessThan(2e-3)
  })

  it('gives the picture itself with the posterior sigma where there is only one', async () => {
    const found = await moments(t.reference, shorter(100), { mean: 0.5, variance: 0 }, 'posterior')
    expectClose([found.mean, found.variance], [0.5, 0], { unit: unit64, terms: 400, scale: 8 })
  })
})

describe('sample', () => {
  const schedule = t.linearSchedule({ steps: 6, betaMin: 0.1, betaMax: 0.2 })
  const run = (device: Device, sampling: Sampling, options: SampleOptions = {}) =>
    t.sample(device, t.ddpm(), schedule, silent, options)(null, sampling)

  it('yields the pictures of every step, from the last timestep to 0', async () => {
    const seen: (readonly [number, t.Shape])[] = []
    for await (const { t: at, x } of run(t.reference, { key: t.key(0), count: 3 })) seen.push([at, x.shape])
    expect(seen).toEqual([5, 4, 3, 2, 1, 0].map((at) => [at, [3, 1, 28, 28]]))
  })

  it('is what denoiseStep does again and again', async () => {
    const key = t.key(4)
    const step = t.denoiseStep(schedule, silent)
    let x: Tensor = t.normal(t.foldIn(key, 6), [2, 5])
    for (const at of [5, 4, 3, 2, 1, 0]) x = step(null, x, t.full([2], at), t.foldIn(key, at))
    const found = await last(run(t.reference, { key, count: 2, shape: [5] }))
    expectClose(await read(t.reference, found), await read(t.reference, x), { unit: unit64, terms: 100, scale: 4 })
  })

  it('stops where the caller stops', async () => {
    const asked: number[] = []
    const noiseAt = (at: number): Tensor => (asked.push(at), t.zeros([1, 2]))
    for await (const { t: at } of run(t.reference, { key: t.key(0), shape: [2], noiseAt })) if (at === 4) break
    expect(asked).toEqual([5, 4])
  })

  it('lets timers run in between', async () => {
    let ticks = 0
    const timer = setInterval(() => ticks++, 0)
    await last(run(t.reference, { key: t.key(0), shape: [2] }))
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(0)
  })

  it('says what is wrong', async () => {
    await expect(last(run(t.reference, { key: t.key(0), count: 0 }))).rejects.toThrow(
      'sample: count is a whole number above 0, not 0'
    )
  })

  it('takes its pictures back when asked for the next, but for the last, [gl]', async () => {
    const device = await gl()
    const seen: Tensor[] = []
    for await (const { x } of run(device, { key: t.key(0), count: 2, shape: [3] })) seen.push(x)
    for (const x of seen.slice(0, -1)) await expect(device.read(x)).rejects.toThrow('was disposed or donated')
    expect(await device.read(seen.at(-1)!)).toHaveLength(6)
  })

  it('leaves all pictures to a caller who wants to keep them, [gl]', async () => {
    const device = await gl()
    const seen: Tensor[] = []
    const start = t.tensor([1, 2, 3, 4], [2, 2])
    for await (const { x } of run(device, { key: t.key(0), start, keep: true })) seen.push(x)
    const sizes = await Promise.all([start, ...seen].map(async (x) => (await device.read(x)).length))
    expect(sizes).toEqual([4, 4, 4, 4, 4, 4, 4])
  })

  it('needs no more textures after many steps than after a few, [gl]', async () => {
    const device = await gl()
    const long = t.linearSchedule({ steps: 100 })
    const model = gaussian(long)
    const params = { mean: t.scalar(0), variance: t.scalar(1) }
    const counts: t.Stats[] = []
    for await (const { t: at } of t.sample(
      device,
      t.ddpm(),
      long,
      model
    )(params, { key: t.key(0), count: 5, shape: [3] }))
      if (at % 10 === 0) counts.push(device.stats())
    const [, early, ...later] = counts
    for (const { live, created, programs } of later)
      expect({ live, created, programs }).toEqual({
        live: early!.live,
        created: early!.created,
        programs: early!.programs
      })
  })

  it('gives the same pictures for the same key, [gl]', async () => {
    const device = await gl()
    const sampler = t.sample(device, t.ddpm(), schedule, silent)
    const of = async (seed: number) => read(device, await last(sampler(null, { key: t.key(seed), shape: [7] })))
    expect(await of(1)).toEqual(await of(1))
    expect(await of(1)).not.toEqual(await of(2))
  })
})
