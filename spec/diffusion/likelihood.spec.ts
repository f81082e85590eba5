import { mixture, modelOf, type Law } from 'tessera/laws'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { gl } from '../support/gl.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'
import { shorter } from '../../scripts/samplers/orders.ts'
import { all, bitsBy, both, estimated, last, normalLaw } from './estimates.ts'
import { silent } from './support.ts'

describe('flowLikelihood', () => {
  /** Bits per dimension, on a schedule that ends in noise: on another the flow would end in a law that is not quite noise. */
  const bitsOf = async (law: Law, x0: t.Tensor, steps: number, options: t.FlowOptions = {}, seed = 0) => {
    const schedule = t.zeroTerminal(shorter(steps))
    const run = t.flowLikelihood(t.reference, schedule, modelOf(law, schedule, 'v'), { data: 'real', ...options, prediction: 'v' }) // prettier-ignore
    return (await last(run(null, x0, { key: t.key(seed) }))).bits
  }

  it.each([
    [0.5, 0.3],
    [0.5, 1.5],
    [-1, 0.05]
  ])('comes to the likelihood of N(%d, %d) with order 2 as steps double', async (m, v) => {
    // prettier-ignore
    const law = normalLaw(m, v)
    const x0 = t.tensor([[0.2], [1], [-1.3]])
    const exact = await bitsBy(law, x0)
    const off = async (steps: number) => (await bitsOf(law, x0, steps)).map((b, i) => Math.abs(b - exact[i]!))
    const [some, more] = [await off(60), await off(120)]
    more.forEach((error, i) => {
      expect(error).toBeLessThan(5e-3 * Math.abs(exact[i]!))
      expect(Math.log2(some[i]! / error)).toBeGreaterThan(1.8)
      expect(Math.log2(some[i]! / error)).toBeLessThan(2.3)
    })
  })

  it('comes to the likelihood of a mixture, with the exact divergence', async () => {
    const x0 = t.tensor([[0.2, 0.1], [-0.8, 0.5], [1, -1]]) // prettier-ignore
    const exact = await bitsBy(both, x0)
    const [some, more] = [
      await bitsOf(both, x0, 60, { divergence: 'exact' }),
      await bitsOf(both, x0, 120, { divergence: 'exact' })
    ]
    more.forEach((bits, i) => {
      expect(Math.abs(bits - exact[i]!)).toBeLessThan(3e-3)
      expect(Math.abs(bits - exact[i]!)).toBeLessThan(0.35 * Math.abs(some[i]! - exact[i]!))
    })
  })

  it.each(['rademacher', 'gaussian'] as const)('has probes without bias: %s', async (divergence) => {
    const [copies, at] = [400, [0.2, 0.1]]
    const x0 = t.tensor(Array.from({ length: copies }, () => at))
    const [exact] = await bitsOf(both, t.tensor([at]), 30, { divergence: 'exact' })
    const one = await bitsOf(both, x0, 30, { divergence })
    const [found, error] = estimated(one)
    expect(error).toBeGreaterThan(0)
    expect(Math.abs(found - exact!)).toBeLessThan(error)
    // four probes a picture halve the error
    const [again, less] = estimated(await bitsOf(both, x0, 30, { divergence, probes: 4 }, 1))
    expect(Math.abs(again - exact!)).toBeLessThan(less)
    expect(less / error).toBeGreaterThan(0.4)
    expect(less / error).toBeLessThan(0.6)
  })

  it('needs no luck with probes of ±1 where coordinates are independent', async () => {
    const law = mixture({ means: [[0.5, -1, 0]], variances: [[0.3, 1, 2]] })
    const x0 = t.normal(t.key(2), [4, 3])
    expectClose(
      await bitsOf(law, x0, 25),
      await bitsOf(law, x0, 25, { divergence: 'exact' }),
      { unit: unit64, terms: 64, scale: 32 } // prettier-ignore
    )
  })

  it('is the same of models that say the same in other words', async () => {
    const schedule = shorter(30)
    const x0 = t.normal(t.key(3), [3, 2])
    const by = async (prediction: t.Prediction) => {
      const run = t.flowLikelihood(t.reference, schedule, modelOf(both, schedule, prediction), {
        prediction,
        steps: 12
      })
      return (await last(run(null, x0, { key: t.key(1) }))).bits
    }
    const eps = await by('eps')
    for (const prediction of ['x0', 'v', 'flow'] as const)
      expectClose(await by(prediction), eps, { unit: unit64, terms: 2 ** 16, scale: 2 ** 16 })
  })

  it('of bytes is that of real numbers, in bins of 2 / 255', async () => {
    // a law that is as good as flat within a bin
    const [law, x0] = [normalLaw(0, 0.3), t.full([500, 1], 0.2)]
    const [real] = await bitsOf(law, t.tensor([[0.2]]), 40)
    const [found, error] = estimated(await bitsOf(law, x0, 40, { data: 'bytes' }))
    expect(Math.abs(found - real! - Math.log2(255 / 2))).toBeLessThan(error)
    expect(error).toBeLessThan(1e-3)
  })

  it('yields from the least noisy timestep to the noisiest', async () => {
    const run = t.flowLikelihood(t.reference, shorter(40), silent, { steps: 4 })
    const seen = await all(run(null, t.zeros([2, 3]), { key: t.key(0) }))
    expect(seen.map((step) => [step.t, step.bits.length])).toEqual([[9, 2], [19, 2], [29, 2], [39, 2]]) // prettier-ignore
  })

  it('tells the model its condition, and names what is wrong', async () => {
    const told: t.Model<null, t.Tensor> = (_, x, __, condition) => t.mul(x, condition)
    const run = t.flowLikelihood(t.reference, shorter(40), told, { steps: 4 })
    const bits = async (condition: number) =>
      (await last(run(null, t.ones([1, 2]), { key: t.key(0), condition: t.scalar(condition) }))).bits[0]!
    expect(await bits(0.5)).not.toBeCloseTo(await bits(0), 3)
    const wrong = (options: t.FlowOptions) => () => t.flowLikelihood(t.reference, shorter(40), silent, options)
    expect(wrong({ probes: 0 })).toThrow('flowLikelihood: probes is a whole number of at least 1, not 0')
    expect(wrong({ divergence: 'x' as never })).toThrow(
      "flowLikelihood: divergence is 'rademacher', 'gaussian' or 'exact'"
    )
    expect(wrong({ data: 'x' as never })).toThrow("flowLikelihood: data is 'bytes' or 'real', not 'x'")
    await expect(last(run(null, t.scalar(1), { key: t.key(0), condition: t.scalar(0) }))).rejects.toThrow(
      'flowLikelihood: wants one timestep per image'
    )
  })

  it('is the same on GL, and takes one plan for all steps, [gl]', async () => {
    const [device, schedule] = [await gl(), shorter(40)]
    const x0 = t.mul(t.normal(t.key(3), [5, 2]), 0.5)
    const on = (where: t.Device) =>
      t.flowLikelihood(where, schedule, modelOf(both, schedule), { steps: 8, data: 'real' })(null, x0, {
        key: t.key(1)
      })
    const counts: t.Stats[] = []
    let found: readonly number[] = []
    for await (const { bits } of on(device)) {
      counts.push(device.stats())
      found = bits
    }
    const [, early, ...later] = counts
    for (const { live, programs } of later)
      expect({ live, programs }).toEqual({ live: early!.live, programs: early!.programs })
    expectClose(found, (await last(on(t.reference))).bits, { unit, terms: 2048, scale: 16 })
  })
})
