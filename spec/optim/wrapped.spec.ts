import fc from 'fast-check'
import { pipe } from 'fp-ts/function'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { devices } from '../support/gl.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'
import { gradients, readTree, trained, treeOf, type Four } from './support.ts'

const rate = 0.125
const plain = (): t.Optimiser<Four, t.SgdState<Four>> => t.sgd<Four>({ lr: rate })

for (const [mark, open] of devices) {
  const rounding = { unit: mark === '[gl]' ? unit : unit64, scale: 8, terms: 64 }

  describe(`clipNorm, ${mark}`, () => {
    it('shortens the gradients to the norm, if they are longer, and keeps their direction', async () => {
      const device = await open()
      await fc.assert(
        fc.asyncProperty(gradients, fc.double({ min: 0.1, max: 8, noNaN: true }), async ({ start, steps }, norm) => {
          const expected = steps.reduce((at, g) => {
            const by = Math.min(1, norm / (Math.hypot(...g) + 1e-6))
            return at.map((x, i) => x - rate * by * g[i]!)
          }, start)
          expectClose(await trained(device, t.clipNorm(plain(), { norm }), start, steps), expected, rounding)
        }),
        { numRuns: mark === '[gl]' ? 10 : 60 }
      )
    })
  })

  describe(`withRate, ${mark}`, () => {
    it('is the optimiser with another learning rate at each step', async () => {
      const device = await open()
      await fc.assert(
        fc.asyncProperty(gradients, async ({ start, steps }) => {
          const expected = steps.reduce((at, g, s) => at.map((x, i) => x - (rate / (s + 1)) * g[i]!), start)
          const falling = t.withRate(plain(), (s) => t.div(1, t.add(s, 1)))
          expectClose(await trained(device, falling, start, steps), expected, rounding)
        }),
        { numRuns: mark === '[gl]' ? 10 : 60 }
      )
    })
  })

  describe(`withAverage, ${mark}`, () => {
    it('trains as without it, and averages with the decay of diffusers', async () => {
      const device = await open()
      await fc.assert(
        fc.asyncProperty(gradients, fc.double({ min: 0, max: 0.999, noNaN: true }), async ({ start, steps }, decay) => {
          const averaged = t.withAverage(plain(), { decay })
          const step = device.compile(averaged.update)
          let [params, state] = [treeOf(start), averaged.init(treeOf(start))]
          let [at, average]: readonly (readonly number[])[] = [start, start]
          for (const [s, g] of steps.entries()) {
            ;[params, state] = step(treeOf(g), state, params)
            at = at!.map((x, i) => x - rate * g[i]!)
            // EMAModel.get_decay of diffusers 0.30: 0 in the first step, then (1 + s) / (10 + s)
            const keep = s === 0 ? 0 : Math.min(decay, (1 + s) / (10 + s))
            average = average!.map((a, i) => keep * a + (1 - keep) * at![i]!)
          }
          expectClose(await readTree(device, params), at!, rounding)
          expectClose(await readTree(device, state.average), average!, rounding)
        }),
        { numRuns: mark === '[gl]' ? 10 : 60 }
      )
    })
  })
}

describe('warmupCosine', () => {
  const factor = async (options: t.WarmupCosineOptions, s: number): Promise<number> =>
    (await t.reference.read(t.warmupCosine(options)(t.scalar(s))))[0]!

  it('has the factors of get_cosine_schedule_with_warmup in transformers', async () => {
    // test_optimization.py, OptimizationTest.test_schedulers: lr 10, two steps of warm-up, ten in all
    const published = [0, 5, 10, 9.61, 8.53, 6.91, 5, 3.08, 1.46, 0.38]
    for (const [s, lr] of published.entries())
      expect(Math.abs(10 * (await factor({ warmup: 2, steps: 10 }, s)) - lr)).toBeLessThan(0.01)
  })

  it('is 0 at and after the end, and 1 at the start without a warm-up', async () => {
    expect(await factor({ steps: 10 }, 0)).toBe(1)
    for (const s of [10, 11, 1000]) expect(await factor({ warmup: 3, steps: 10 }, s)).toBeCloseTo(0, 15)
  })

  it('refuses a warm-up that leaves no step after it', () => {
    expect(() => t.warmupCosine({ warmup: 10, steps: 10 })).toThrow('steps is a whole number above the warm-up')
    expect(() => t.warmupCosine({ warmup: -1, steps: 10 })).toThrow('warmup is a whole number')
    expect(() => t.warmupCosine({ warmup: 0.5, steps: 10 })).toThrow('warmup is a whole number')
  })
})

describe('optimisers around an optimiser', () => {
  it('are the same in a pipe', async () => {
    const x = t.tensor([1, 2])
    const step = <S>({ init, update }: t.Optimiser<t.Tensor, S>) =>
      readTree(t.reference, update(t.tensor([3, 4]), init(x), x))
    const rated = t.warmupCosine({ steps: 4 })
    const adam = t.adam<t.Tensor>({ lr: 0.1 })
    expect(await step(pipe(adam, t.clipNorm({ norm: 1 }), t.withRate(rated), t.withAverage({ decay: 0.9 })))).toEqual(
      await step(t.withAverage(t.withRate(t.clipNorm(adam, { norm: 1 }), rated), { decay: 0.9 }))
    )
  })

  it('name what is wrong', () => {
    const optimiser = t.sgd<t.Tensor>({ lr: 1 })
    expect(() => t.clipNorm(optimiser, { norm: 0 })).toThrow('clipNorm: norm is a positive number, not 0')
    expect(() => t.clipNorm(optimiser, { most: 1 } as never)).toThrow('clipNorm')
    expect(() => t.withAverage(optimiser, { decay: 1 })).toThrow('withAverage: decay lies in [0, 1), not at 1')
    expect(() => t.globalNorm({})).toThrow('the tree holds no tensor')
  })
})
