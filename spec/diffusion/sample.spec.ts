import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import type { Device, Model, Sampled, SampleOptions, Sampling, Schedule, Tensor } from '../../lib/index.ts'
import { devices, gl } from '../support/gl.ts'
import { holdsOn } from '../support/property.ts'
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

describe('dynamic clipping', () => {
  const [n, pixels] = [3, 40]
  const schedule = t.scheduleOf([0.5])
  /** What one step of DDIM without noise left makes of pictures that a model predicts: the pictures, clipped. */
  const clipped = async (device: Device, pictures: t.Tensor, clip: t.DynamicClip | number) => {
    const run = t.sample(device, t.ddim(), schedule, () => pictures, { prediction: 'x0', clip })
    for await (const { x } of run(null, { key: t.key(0), count: n, shape: [pixels] }))
      return [...(await device.read(x))]
    return []
  }
  const pictures = t.mul(t.normal(t.key(7), [n, pixels]), t.tensor([[0.3], [1], [3]]))

  it('keeps each picture within its own quantile, and scales it to the range of pictures', async () => {
    const found = await clipped(t.reference, pictures, { quantile: 0.9 })
    const bounds = [...(await t.reference.read(t.quantile(t.abs(pictures), 0.9, { axes: 1 })))].map((b) =>
      Math.max(1, b)
    )
    const values = await t.reference.read(pictures)
    const expected = Array.from(values, (v, i) => {
      const bound = bounds[Math.floor(i / pixels)]!
      return Math.min(bound, Math.max(-bound, v)) / bound
    })
    expectClose(found, expected, { unit: unit64, terms: 4 })
    // the first needs none, the last a lot
    expect(bounds[0]).toBe(1)
    expect(bounds[2]).toBeGreaterThan(3)
  })

  it('is plain clipping where the bound may not leave the range', async () => {
    const dynamic = await clipped(t.reference, pictures, { quantile: 0.9, least: 1, most: 1 })
    expect(dynamic).toEqual(await clipped(t.reference, pictures, 1))
  })

  it('[gl] is the same there', async () => {
    const found = await clipped(await gl(), pictures, { quantile: 0.9 })
    expectClose(found, await clipped(t.reference, pictures, { quantile: 0.9 }), { unit, terms: 16 })
  })

  it('says what is wrong', () => {
    const by = (clip: object) => () => t.sample(t.reference, t.ddim(), schedule, silent, { clip } as SampleOptions)
    expect(by({ quantile: 0 })).toThrow('sample: clip.quantile is above 0 and at most 1, not 0')
    expect(by({ quantile: 0.9, least: 2, most: 1 })).toThrow('sample: wants 0 < clip.least ≤ clip.most, not 2 and 1')
    expect(by({ part: 0.9 })).toThrow('sample: clip: there is no option part')
  })
})

describe('clipping to a level', () => {
  const [n, pixels, dark] = [2, 60, 0.4]
  const per = { axes: 1, keepDims: true }
  const centred = (x: t.Tensor): t.Tensor => t.sub(x, t.mean(x, per))
  /** Pictures of which more than 40 % are black and the brightest pixel is white, and noise that has nothing in common with them. */
  const known = async (seed: number) => {
    const [a, b] = t.split(t.key(seed)) as [t.Key, t.Key]
    const gray = t.uniform(a, [n, pixels - 27], { low: -0.9, high: 0.9 })
    const picture = t.concat([t.full([n, 26], -1), gray, t.ones([n, 1])], { axis: 1 })
    const [shape, raw] = [centred(picture), centred(t.normal(b, [n, pixels]))]
    const common = t.div(t.sum(t.mul(shape, raw), per), t.sum(t.square(shape), per))
    const noise = t.sub(raw, t.mul(common, shape))
    return { picture: [...(await t.reference.read(picture))], tensor: picture, noise }
  }
  /** What the last step of DDIM makes of noisy pictures x of which the model says the noise: the pictures, on their level. */
  const levelled = async (device: Device, share: number, x: t.Tensor, eps: t.Tensor) => {
    const run = t.sample(device, t.ddim(), t.scheduleOf([1 - share]), () => eps, { clip: { dark } })
    for await (const { x: drawn } of run(null, { key: t.key(0), start: x })) return [...(await device.read(drawn))]
    return []
  }
  const noisy = (share: number, { tensor, noise }: Awaited<ReturnType<typeof known>>): t.Tensor =>
    t.add(t.mul(tensor, Math.sqrt(share)), t.mul(noise, Math.sqrt(1 - share)))
  const situation = fc.record({
    seed: fc.nat(1000),
    share: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    contrast: fc.double({ min: 0.5, max: 2, noNaN: true }),
    brightness: fc.double({ min: -1, max: 1, noNaN: true })
  })

  it('finds the picture of a network that can see neither brightness nor contrast', async () => {
    await holdsOn(
      situation,
      async ({ seed, share, contrast, brightness }) => {
        const all = await known(seed)
        const x = t.add(t.mul(noisy(share, all), contrast), brightness)
        expectClose(await levelled(t.reference, share, x, all.noise), all.picture, { unit: 1e-12, terms: 100 })
      },
      20
    )
  })

  it('goes from black to white at most, whatever the network says', async () => {
    await holdsOn(
      situation,
      async ({ seed, share, contrast }) => {
        const [a, b] = t.split(t.key(seed)) as [t.Key, t.Key]
        const found = await levelled(t.reference, share, t.mul(t.normal(a, [n, pixels]), contrast), t.normal(b, [n, pixels])) // prettier-ignore
        expect(found.every((v) => v >= -1 && v <= 1)).toBe(true)
        for (const row of [found.slice(0, pixels), found.slice(pixels)])
          expect(row.filter((v) => v === -1).length).toBeGreaterThanOrEqual(Math.floor(dark * (pixels - 1)))
      },
      20
    )
  })

  it('gives numbers where there is no noise, no signal or no picture', async () => {
    const flat = t.full([n, pixels], 0.3)
    const eps = t.normal(t.key(1), [n, pixels])
    for (const found of [
      await levelled(t.reference, 0.5, flat, eps),
      await levelled(t.reference, 0.5, eps, t.mul(eps, 0))
    ])
      expect(found.every(Number.isFinite)).toBe(true)
  })

  it('[gl] is the same there', async () => {
    const all = await known(3)
    const x = t.add(noisy(0.5, all), 0.5)
    const found = await levelled(await gl(), 0.5, x, all.noise)
    expectClose(found, await levelled(t.reference, 0.5, x, all.noise), { unit, terms: 1000 })
  })

  it('says what is wrong', () => {
    const by = (clip: object) => () =>
      t.sample(t.reference, t.ddim(), t.scheduleOf([0.5]), silent, { clip } as SampleOptions)
    expect(by({ dark: 1 })).toThrow('sample: clip.dark is at least 0 and below 1, not 1')
    expect(by({ dark: 0.2, bright: 1 })).toThrow('sample: clip: there is no option bright')
  })
})
