import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { holdsOn } from '../support/property.ts'
import { expectClose, unit64 } from '../support/tolerance.ts'

const schedule = t.linearSchedule({ steps: 20, betaMin: 1e-3, betaMax: 0.3 })
const weights: Readonly<Record<string, t.LossWeight>> = {
  minSnr: t.minSnr(),
  p2: t.p2({ gamma: 0.5, k: 2 }),
  edm: t.edmWeight(),
  truncated: t.truncatedSnr,
  one: () => 1
}

const drawn = fc.record({
  seed: fc.nat(1000),
  ts: fc.array(fc.integer({ min: 0, max: 19 }), { minLength: 3, maxLength: 3 })
})

describe('predictions', () => {
  it.each(t.predictionNames)('give back the parts of what they were made of: %s', (name) =>
    holdsOn(drawn, async ({ seed, ts }) => {
      const [x0, eps] = [t.normal(t.key(seed), [3, 4]), t.normal(t.key(seed + 1), [3, 4])]
      const [signal, noise] = [schedule.tables.signal, schedule.tables.noise].map((table) =>
        t.reshape(t.take(table, t.tensor(ts)), [3, 1])
      )
      const at = { signal: signal!, noise: noise! }
      const { parts, target } = t.predictions[name]
      const found = parts(target({ x0, eps }, at), t.noise(schedule)(x0, t.tensor(ts), eps), at)
      const rounding = { unit: unit64, terms: 512, scale: 64 }
      expectClose(await t.reference.read(found.x0), await t.reference.read(x0), rounding)
      expectClose(await t.reference.read(found.eps), await t.reference.read(eps), rounding)
    })
  )
})

describe('weights of the loss', () => {
  it.each(Object.keys(weights))('count the error of the picture, whatever the model predicts: %s', (name) =>
    holdsOn(drawn, async ({ seed, ts: times }) => {
      const weight = weights[name]!
      const [x0, eps, ts] = [t.normal(t.key(seed), [3, 4]), t.normal(t.key(seed + 1), [3, 4]), t.tensor(times)]
      const guess = t.normal(t.key(seed + 2), [3, 4])
      const off = await t.reference.read(t.mean(t.square(t.sub(guess, x0)), { axes: 1 }))
      const snr = times.map((at) => schedule.alphaBar[at]! / (1 - schedule.alphaBar[at]!))
      const wanted = snr.reduce((sum, ratio, n) => sum + (weight(ratio) * off[n]!) / 3, 0)
      for (const prediction of t.predictionNames) {
        // a model that always sees the guess, and says so in its own words
        const model: t.Model<null> = (_, x) => {
          const column = (table: t.Tensor): t.Tensor => t.reshape(t.take(table, ts), [3, 1])
          const at = { signal: column(schedule.tables.signal), noise: column(schedule.tables.noise) }
          return t.predictions[prediction].target(
            { x0: guess, eps: t.div(t.sub(x, t.mul(at.signal, guess)), at.noise) },
            at
          )
        }
        const found = t.loss(schedule, model, { prediction, weight })(null, x0, ts, eps)
        expectClose(await t.reference.read(found), [wanted], { unit: unit64, terms: 4096, scale: 1000 * wanted })
      }
    })
  )

  it('leave out what L_simple of eps leaves out, if they are the ratio itself', () =>
    holdsOn(drawn, async ({ seed, ts }) => {
      const [x0, eps] = [t.normal(t.key(seed), [3, 4]), t.normal(t.key(seed + 1), [3, 4])]
      const silent: t.Model<null> = (_, x) => t.mul(x, 0)
      const [weighted, simple] = [{ weight: (snr: number) => snr }, {}].map((options) =>
        t.loss(schedule, silent, options)(null, x0, t.tensor(ts), eps)
      )
      expectClose(await t.reference.read(weighted!), await t.reference.read(simple!), {
        unit: unit64,
        terms: 64,
        scale: 8
      })
    }))

  it('are those of the papers', () => {
    // min-SNR, section 3.4: weights of eps are min(snr, 5) / snr, those of v min(snr, 5) / (snr + 1)
    expect([1, 5, 20].map(t.minSnr())).toEqual([1, 5, 5])
    expect([1, 3].map(t.p2())).toEqual([0.5, 0.75])
    // EDM: (sigma² + 0.5²) / (sigma 0.5)²
    for (const sigma of [0.1, 1, 20])
      expect(t.edmWeight()(1 / sigma ** 2)).toBeCloseTo((sigma ** 2 + 0.25) / (sigma * 0.5) ** 2, 9)
  })

  it('of eps do not go with a schedule that ends in noise', () => {
    const pure = t.zeroTerminal(schedule)
    const silent: t.Model<null> = (_, x) => t.mul(x, 0)
    expect(() => t.loss(pure, silent, {} as never)).toThrow('loss: the schedule ends in pure noise')
    expect(() => t.loss(pure, silent, { prediction: 'v' })).not.toThrow()
    expect(() => t.denoiseStep(pure as never, silent)).toThrow('denoiseStep: the schedule ends in pure noise')
    // the compiler says so first
    expectTypeOf<t.LossOptionsFor<t.NoiseSchedule>[0]['prediction']>().toEqualTypeOf<'x0' | 'v' | 'flow'>()
    expectTypeOf<t.NoiseSchedule>().not.toExtend<Parameters<typeof t.denoiseStep>[0]>()
    expectTypeOf<t.LossOptionsFor<t.Schedule>>().toEqualTypeOf<readonly [given?: t.LossOptions]>()
  })
})

describe('schedules, as others have published them', () => {
  const sigmas = ({ alphaBar }: t.AnySchedule): readonly number[] => alphaBar.map((bar) => Math.sqrt((1 - bar) / bar))

  it('scaled linear: the range of sigma of Stable Diffusion', () => {
    const all = sigmas(t.scaledLinearSchedule({ steps: 1000, betaMin: 0.00085, betaMax: 0.012 }))
    expect(all[0]).toBeCloseTo(0.0292, 4)
    expect(all[999]).toBeCloseTo(14.6146, 3)
  })

  it('cosine: the betas of improved-diffusion', () => {
    const { beta } = t.cosineSchedule({ steps: 1000 })
    expect(beta[0]).toBeCloseTo(4.1284e-5, 8)
    expect(beta[999]).toBe(0.999)
    // Nichol and Dhariwal 2021, figure 5: half of the signal is left near the middle
    expect(t.cosineSchedule({ steps: 1000 }).alphaBar[499]).toBeCloseTo(0.4938, 3)
  })

  it('zero terminal signal: the first root stays, the last becomes 0', () => {
    const before = t.linearSchedule({ steps: 1000 })
    const { alphaBar, endsInNoise } = t.zeroTerminal(before)
    expect([endsInNoise, alphaBar[999]]).toEqual([true, 0])
    expect(alphaBar[0]).toBeCloseTo(before.alphaBar[0]!, 12)
    const root = (bar: number): number => Math.sqrt(bar)
    const [first, last] = [root(before.alphaBar[0]!), root(before.alphaBar[999]!)]
    for (const at of [1, 400, 998])
      expect(root(alphaBar[at]!)).toBeCloseTo(((root(before.alphaBar[at]!) - last) * first) / (first - last), 10)
  })

  it('the two that are called sigmoid are not the same', () => {
    const [beta, bar] = [t.sigmoidBetaSchedule({ steps: 1000 }), t.sigmoidSchedule({ steps: 1000 })]
    expect(Math.abs(beta.alphaBar[500]! - bar.alphaBar[500]!)).toBeGreaterThan(0.05)
    expect(beta.beta[0]).toBeCloseTo(1e-4 + (0.02 - 1e-4) / (1 + Math.exp(6)), 12)
    expect(bar.alphaBar[499]).toBeCloseTo(0.5, 9)
  })

  it('refuse what is no range and no length', () => {
    expect(() => t.scaledLinearSchedule({ betaMin: 0.3, betaMax: 0.2 })).toThrow('wants 0 < betaMin ≤ betaMax < 1')
    expect(() => t.cosineSchedule({ steps: 0 })).toThrow('steps is a whole number above 0, not 0')
    expect(() => t.scheduleBy(() => 1, { steps: 2 })).toThrow('beta lies between 0 and 1, not at 0')
    expect(() => t.zeroTerminal(t.scheduleOf([0.5]))).toThrow('wants a schedule of two steps or more')
  })
})
