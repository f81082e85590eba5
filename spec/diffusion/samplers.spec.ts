import fc from 'fast-check'
import { mixture, modelOf } from 'tessera/laws'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { errorOf, moments, shorter } from '../../scripts/samplers/orders.ts'
import { gl } from '../support/gl.ts'
import { holds, holdsOn } from '../support/property.ts'
import { expectClose, unit } from '../support/tolerance.ts'
import { read, silent } from './support.ts'

const names = Object.keys(t.samplers) as t.SamplerName[]

/** The order in which each comes to the law as its steps double. `consistency` takes pictures from a model of its own. */
const orders: Readonly<Record<Exclude<t.SamplerName, 'consistency'>, number>> = {
  ddpm: 1,
  ddim: 1,
  euler: 1,
  eulerAncestral: 1,
  heun: 2,
  dpmpp2m: 2,
  dpmpp2mSde: 2,
  dpmpp3mSde: 2,
  unipc: 2,
  pndm: 2,
  lms: 3
}
const ordered = Object.keys(orders) as (keyof typeof orders)[]

const last = async (run: AsyncIterable<t.Sampled>): Promise<t.Tensor> => {
  let found: t.Tensor | undefined
  for await (const { x } of run) found = x
  return found!
}

describe('samplers, with the exact denoiser of a normal law', () => {
  it.each(ordered)('come to its variance with their order as steps double: %s', async (name) => {
    const [some, more] = [await errorOf(t.samplers[name](), 160), await errorOf(t.samplers[name](), 320)]
    expect(more).toBeLessThan(0.03)
    expect(Math.log2(some / more)).toBeGreaterThan(orders[name] - 0.3)
  })

  it.each(ordered)('come to its mean: %s', async (name) => {
    const schedule = shorter(160)
    const { mean } = await moments(t.samplers[name](), schedule, { mean: 1.5, variance: 0.3 })
    expect(Math.abs(mean / Math.sqrt(schedule.alphaBar[0]!) - 1.5)).toBeLessThan(0.015)
  })
})

const steps = fc.integer({ min: 1, max: 12 })

describe('samplers', () => {
  const schedule = t.linearSchedule({ steps: 40, betaMin: 1e-3, betaMax: 0.2 })
  const law = mixture({ means: [[-1, 0.5], [1, 0]], variances: [[0.1, 0.2], [0.02, 0.3]] }) // prettier-ignore
  const model = modelOf(law, schedule)
  const drawn = (device: t.Device, sampler: t.AnySampler, options: t.SampleOptions, exact = model) =>
    last(t.sample(device, sampler, schedule, exact, options)(null, { key: t.key(7), count: 5, shape: [2] }))

  it.each(names)('draw the same of models that say the same in other words: %s', (name) =>
    holdsOn(
      steps,
      async (n) => {
        const of = (prediction: t.Prediction) =>
          drawn(t.reference, t.samplers[name](), { steps: n, prediction }, modelOf(law, schedule, prediction))
        const eps = await read(t.reference, await of('eps'))
        for (const prediction of ['x0', 'v', 'flow'] as const)
          (await read(t.reference, await of(prediction))).forEach((x, i) =>
            expect(Math.abs(x - eps[i]!)).toBeLessThan(1e-4)
          )
      },
      4
    )
  )

  it.each(names)('draw the same on GL as on the reference: %s, [gl]', async (name) => {
    const device = await gl()
    const options = { steps: 6, clip: 1.2 }
    const [found, wanted] = [
      await read(device, await drawn(device, t.samplers[name](), options)),
      await read(t.reference, await drawn(t.reference, t.samplers[name](), options))
    ]
    expectClose(found, wanted, { unit, terms: 2048, scale: 4 })
  })

  it.each(names)('take one plan for all their steps, and no more textures for more: %s, [gl]', async (name) => {
    const device = await gl()
    const run = t.sample(device, t.samplers[name](), schedule, silent)
    const counts: t.Stats[] = []
    for await (const { t: at } of run(null, { key: t.key(0), count: 3, shape: [4] }))
      if (at % 5 === 0) counts.push(device.stats())
    const [, early, ...later] = counts
    for (const { live, programs } of later)
      expect({ live, programs }).toEqual({ live: early!.live, programs: early!.programs })
  })

  it('of the same algebra are the same: DDIM with all noise anew, and DDPM with the variance of the posterior', () =>
    holdsOn(steps, async (n) => {
      const of = (sampler: t.AnySampler) => drawn(t.reference, sampler, { steps: n }).then((x) => read(t.reference, x))
      const [ddim, ancestral, ddpm] = [
        await of(t.ddim({ stochasticity: 1 })),
        await of(t.eulerAncestral()),
        await of(t.ddpm({ variance: 'posterior' }))
      ]
      ddim.forEach((x, i) => {
        expect(x).toBe(ancestral[i])
        expect(Math.abs(x - ddpm[i]!)).toBeLessThan(1e-9)
      })
    }))

  it('need signal where they count in sigma', () => {
    const pure = t.zeroTerminal(schedule)
    const x0 = modelOf(law, pure, 'x0')
    const run = (name: t.SamplerName) => () => t.sample(t.reference, t.samplers[name](), pure, x0, { prediction: 'x0' })
    for (const name of ['heun', 'lms', 'pndm'] as const)
      expect(run(name)).toThrow(`${name}: starts at a level without signal`)
    expect(() => t.sample(t.reference, t.ddim(), pure, model, {} as never)).toThrow(
      'from pure noise eps tells no picture'
    )
  })

  it.each(['ddpm', 'ddim', 'dpmpp2m', 'dpmpp2mSde', 'dpmpp3mSde', 'unipc', 'consistency'] as const)(
    'start from pure noise: %s',
    async (name) => {
      const pure = t.zeroTerminal(schedule)
      const run = t.sample(t.reference, t.samplers[name](), pure, modelOf(law, pure, 'v'), {
        prediction: 'v',
        steps: 10
      })
      const found = await read(t.reference, await last(run(null, { key: t.key(1), count: 4, shape: [2] })))
      for (const x of found) expect(Math.abs(x)).toBeLessThan(4)
    }
  )

  it('keep what a step predicts within the bounds', async () => {
    const run = t.sample(t.reference, t.ddim(), schedule, model, { clip: 0.25 })
    for await (const { x0 } of run(null, { key: t.key(3), count: 4, shape: [2] }))
      for (const v of await read(t.reference, x0)) expect(Math.abs(v)).toBeLessThanOrEqual(0.25)
  })

  it('start anywhere, and tell the model its condition', async () => {
    const told: t.Model<null, t.Tensor> = (_, x, __, condition) => t.mul(x, condition)
    const run = t.sample(t.reference, t.ddim(), schedule, told, { timesteps: [20, 3] })
    const start = t.ones([2, 3])
    const seen: number[] = []
    for await (const { t: at } of run(null, { key: t.key(0), start, condition: t.scalar(0) })) seen.push(at)
    expect(seen).toEqual([20, 3])
    const zero = await read(t.reference, await last(run(null, { key: t.key(0), start, condition: t.scalar(0) })))
    const half = await read(t.reference, await last(run(null, { key: t.key(0), start, condition: t.scalar(0.5) })))
    expect(zero[0]).toBeCloseTo(1 / Math.sqrt(schedule.alphaBar[20]!), 9)
    expect(half[0]).not.toBeCloseTo(zero[0]!, 3)
  })

  it('name what is wrong with the timesteps', () => {
    const wrong = (options: t.SampleOptions) => () => t.sample(t.reference, t.ddim(), schedule, model, options)
    expect(wrong({ timesteps: [3, 3] })).toThrow('sample: timesteps fall, but 3 follows 3')
    expect(wrong({ timesteps: [] })).toThrow('timesteps name at least one step')
    expect(wrong({ timesteps: [40] })).toThrow('levelsOf: 40 is no timestep from 0 to 39')
    expect(wrong({ timesteps: [3], steps: 2 })).toThrow('steps and spacing do not go with them')
    expect(wrong({ steps: 41 })).toThrow("steps is a whole number from 1 to the schedule's 40, not 41")
    expect(wrong({ spacing: 'x' as never })).toThrow('spacing')
    expect(wrong({ prediction: 'y' as never })).toThrow('prediction')
  })
})

describe('timesteps', () => {
  it.each(t.spacingNames)('fall, and are those of the schedule: %s', (spacing) =>
    holds(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 300 })), ([n, more]) => {
      const times = t.timestepsOf(t.linearSchedule({ steps: n + more }), n, spacing)
      expect(times.length).toBeGreaterThan(0)
      expect(times.length).toBeLessThanOrEqual(n)
      times.forEach((at, i) => {
        expect(Number.isInteger(at) && at >= 0 && at < n + more).toBe(true)
        if (i > 0) expect(at).toBeLessThan(times[i - 1]!)
      })
    })
  )

  it('with all steps are all timesteps, however they are spread evenly', () => {
    const schedule = t.linearSchedule({ steps: 17 })
    for (const spacing of ['trailing', 'leading', 'linspace'] as const)
      expect(t.timestepsOf(schedule, 17, spacing)).toEqual(Array.from({ length: 17 }, (_, i) => 16 - i))
  })
})
