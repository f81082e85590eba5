import fc from 'fast-check'
import { modelOf } from 'tessera/laws'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { disagreement } from '../support/agree.ts'
import { evaluate, exactly } from '../support/float64.ts'
import { gl } from '../support/gl.ts'
import { holds, holdsOn } from '../support/property.ts'
import { expectClose, unit64 } from '../support/tolerance.ts'
import { both } from './estimates.ts'
import { read } from './support.ts'

const schedule = t.linearSchedule({ steps: 12, betaMin: 0.01, betaMax: 0.3 })
const { alphaBar, beta } = schedule

/** beta_t and the posterior's variance, that of t = 0 as of t = 1. */
const posterior = (at: number): number => (beta[at]! * (1 - (alphaBar[at - 1] ?? 1))) / (1 - alphaBar[at]!)
const clipped = (at: number): number => posterior(Math.max(1, at))

/** A model that says what its parameters are: the prediction, and the place of the variance. */
const told: t.Model<readonly [t.Tensor, t.Tensor]> = (params) => t.concat(params, { axis: 1 })

const number = fc.double({ min: -1, max: 1, noNaN: true })
const drawn = fc.record({
  place: number,
  x0: number,
  eta: fc.double({ min: -3, max: 3, noNaN: true }),
  guess: fc.double({ min: -3, max: 3, noNaN: true }),
  at: fc.nat(11)
})

const one = (x: number): t.Tensor => exactly([x], [1, 1])

describe('learnedLogVariance', () => {
  it('is between the logarithms of both variances', () => {
    holds(drawn, ({ place, at }) => {
      const f = (place + 1) / 2
      const wanted = f * Math.log(beta[at]!) + (1 - f) * Math.log(clipped(at))
      const found = evaluate(t.learnedLogVariance(schedule)(one(place), t.tensor([at])))
      expectClose(found, [wanted], { unit: unit64, terms: 64, scale: 8 })
    })
  })

  it('is finite for a single step, and what it comes to by hand', () => {
    expect(evaluate(t.learnedLogVariance(t.scheduleOf([0.25]))(one(0.3), t.tensor([0])))[0]).toBeCloseTo(Math.log(0.25), 14) // prettier-ignore
    // the article's schedule: of t = 1, beta is 1e-4 + 0.0199 / 999, the posterior's variance beta · 1e-4 / (1 - alphaBar)
    const b = 1e-4 + 0.0199 / 999
    const low = (b * 1e-4) / (1 - (1 - 1e-4) * (1 - b))
    const found = evaluate(t.learnedLogVariance(t.linearSchedule({ steps: 1000 }))(one(0), t.tensor([1])))
    expect(found[0]).toBeCloseTo((Math.log(b) + Math.log(low)) / 2, 10)
    expect(found[0]).toBeCloseTo(-9.42271, 5)
  })

  it('is what the tests of diffusers expect, in test_scheduler_unclip.py', () => {
    const place = exactly([0.5, 0.5, 0.5], [3, 1])
    const found = evaluate(t.learnedLogVariance(t.cosineSchedule({ steps: 1000 }))(place, t.tensor([1, 487, 999])))
    // there 1 - alphaBar of the first timesteps has lost digits in float32
    expect(Math.abs(found[0]! - -10.171279)).toBeLessThan(1e-4)
    expect(Math.abs(found[1]! - -5.7998052)).toBeLessThan(1e-6)
    expect(Math.abs(found[2]! - -0.0010011)).toBeLessThan(1e-7)
  })
})

describe('hybridTerms', () => {
  const terms = (
    of: { place: number; x0: number; eta: number; guess: number; at: number },
    data: t.DataValues = 'real'
  ) =>
    t.hybridTerms(schedule, told, { data })([one(of.guess), one(of.place)], one(of.x0), t.tensor([of.at]), one(of.eta))

  it('are the squared error of the noise, and the divergence from the posterior', () => {
    holds(
      drawn,
      (of) => {
        const { simple, bound } = terms(of)
        expectClose(evaluate(simple), [(of.guess - of.eta) ** 2], { unit: unit64, terms: 4, scale: 64 })
        const [bar, before] = [alphaBar[of.at]!, alphaBar[of.at - 1] ?? 1]
        const variance = Math.exp(evaluate(t.learnedLogVariance(schedule)(one(of.place), t.tensor([of.at])))[0]!)
        // how far the predicted picture is off
        const off = Math.sqrt((1 - bar) / bar) * (of.guess - of.eta)
        const apart = ((Math.sqrt(before) * beta[of.at]!) / (1 - bar)) ** 2 * off ** 2
        const low = posterior(of.at)
        const wanted =
          of.at > 0
            ? (Math.log(variance / low) + low / variance - 1 + apart / variance) / 2
            : (Math.log(2 * Math.PI * variance) + off ** 2 / variance) / 2
        expectClose(evaluate(bound), [wanted / Math.LN2], { unit: unit64, terms: 2 ** 16, scale: 16 * (1 + Math.abs(wanted)) }) // prettier-ignore
      },
      60
    )
  })

  it('are not negative but for the last, and that is not for bytes', () => {
    holds(drawn, (of) => {
      expect(evaluate(terms(of, 'bytes').bound)[0]).toBeGreaterThanOrEqual(-1e-12)
    })
  })

  it('sum to the variational bound with the variances that it takes', async () => {
    const x0 = t.clip(t.normal(t.key(1), [3, 2]), -1, 1)
    const key = t.key(2)
    for (const [place, variance] of [
      [1, 'beta'],
      [-1, 'posterior']
    ] as const) {
      // prettier-ignore
      const model = modelOf(both, schedule)
      const wide: t.Model<null> = (_, x, ts) => t.concat([model(null, x, ts), t.full(x.shape, place)], { axis: 1 })
      const wanted = t.variationalBound(t.reference, schedule, model, { variance })(null, x0, { key })
      for await (const { t: at, bits } of wanted) {
        // here the variance of the last step is beta, and in the code that learned variances come from the posterior's
        if (at === 12 || (at === 0 && variance === 'beta')) continue
        const found = t.hybridTerms(schedule, wide)(null, x0, t.full([3], at), t.foldIn(key, at)).bound
        expectClose(await read(t.reference, found), bits, { unit: unit64, terms: 2 ** 20, scale: 16 })
      }
    }
  })

  it('are the same of models that say the same in other words', () =>
    holdsOn(fc.nat(100), async (seed) => {
      const [x0, ts] = [t.mul(t.normal(t.key(seed), [4, 2]), 0.4), t.tensor([0, 3, 7, 11])]
      const by = (prediction: t.Prediction) => {
        const model = modelOf(both, schedule, prediction)
        const wide: t.Model<null> = (_, x, at) => t.concat([model(null, x, at), t.mul(x, 0.1)], { axis: 1 })
        return read(t.reference, t.hybridTerms(schedule, wide, { prediction })(null, x0, ts, t.key(seed + 1)).bound)
      }
      const eps = await by('eps')
      for (const prediction of ['x0', 'v', 'flow'] as const)
        expectClose(await by(prediction), eps, { unit: unit64, terms: 2 ** 16, scale: 2 ** 10 })
    }))
})

describe('hybridLoss', () => {
  const [x0, ts] = [t.normal(t.key(1), [4, 2, 3]), t.tensor([0, 1, 5, 11])]
  const params = [t.normal(t.key(2), [4, 2, 3]), t.mul(t.normal(t.key(3), [4, 2, 3]), 0.5)] as const

  it('is L_simple and lambda times the bound of all timesteps', async () => {
    const { simple, bound } = t.hybridTerms(schedule, told)(params, x0, ts, t.key(4))
    for (const lambda of [undefined, 0, 0.5]) {
      const found = t.hybridLoss(schedule, told, lambda === undefined ? {} : { lambda })(params, x0, ts, t.key(4))
      const wanted = t.add(t.mean(simple), t.mul(t.mean(bound), (lambda ?? 0.001) * 12))
      expectClose(await read(t.reference, found), await read(t.reference, wanted), { unit: unit64, terms: 64 })
    }
  })

  it('teaches the prediction what L_simple teaches it, and the variance alone what the bound does', async () => {
    const gradients = (lambda: number) =>
      t.grad(t.hybridLoss(schedule, told, { lambda }))(params, x0, ts, t.key(4), undefined)
    const plain: t.Model<t.Tensor> = (eps) => eps
    const [, simple] = t.lossStep(schedule, plain)(params[0], x0, ts, t.key(4))
    const [none, some] = [gradients(0), gradients(0.1)]
    for (const [eps] of [none, some])
      expectClose(await read(t.reference, eps), await read(t.reference, simple), { unit: unit64, terms: 64, scale: 8 })
    expect((await read(t.reference, none[1])).every((x) => x === 0)).toBe(true)
    expect((await read(t.reference, some[1])).every((x) => Number.isFinite(x) && x !== 0)).toBe(true)
  })

  it('learns the variance that the law leaves open', async () => {
    // data of unit variance: beta is best (Ho et al. 2020, section 3.2), so the place goes to 1
    const best: t.Model<t.Scalar> = (place, x, at) =>
      t.concat([t.mul(x, t.reshape(t.take(schedule.tables.noise, at), [-1, 1])), t.add(t.mul(x, 0), place)], {
        axis: 1
      })
    const step = t.reference.compile((place: t.Scalar, key: t.Key): t.Scalar => {
      const [data, times, noise] = t.split(key, 3)
      const at = t.add(t.randint(times!, [200], { high: 11 }), 1)
      const loss = t.hybridLoss(schedule, best, { lambda: 1, data: 'real' })
      return t.sub(place, t.mul(t.grad(loss)(place, t.normal(data!, [200, 1]), at, noise!, undefined), 0.3))
    })
    let place: t.Scalar = t.scalar(-0.5)
    for (let i = 0; i < 60; i++) place = step(place, t.foldIn(t.key(5), i))
    expect(Math.abs((await read(t.reference, place))[0]! - 1)).toBeLessThan(0.15)
  })

  it('has the same loss and gradients on GL, [gl]', async () => {
    const [value, grads] = t.valueAndGrad(t.hybridLoss(schedule, told))(params, x0, ts, t.key(4), undefined)
    expect(await disagreement(await gl(), [value, ...grads])).toBeUndefined()
  })

  it('names what is wrong', () => {
    const narrow: t.Model<null> = (_, x) => x
    const pure = t.zeroTerminal(schedule)
    expect(() => t.hybridLoss(schedule, narrow)(null, x0, ts, t.key(0))).toThrow(
      'hybridLoss: a model of a learned variance says two numbers for each of [4,2,3], along axis 1: not [4,2,3]'
    )
    expect(() => t.hybridLoss(schedule, narrow, { lambda: -1 })).toThrow('hybridLoss: lambda is not negative: -1')
    expect(() => t.hybridLoss(pure, narrow, {} as never)).toThrow('hybridLoss: the schedule ends in pure noise')
    expect(() => t.hybridTerms(schedule, narrow, { data: 'x' as never })).toThrow(
      "hybridTerms: data is 'bytes' or 'real'"
    )
  })
})

describe('denoiseStep with a learned variance', () => {
  it.each([
    [1, 'beta'],
    [-1, 'posterior']
  ] as const)('at the place %d is that with %s', async (place, variance) => {
    // prettier-ignore
    const [x, ts] = [t.normal(t.key(1), [3, 2]), t.tensor([1, 5, 11])]
    const model = modelOf(both, schedule)
    const wide: t.Model<null> = (_, y, at) => t.concat([model(null, y, at), t.full(y.shape, place)], { axis: 1 })
    const found = t.denoiseStep(schedule, wide, { variance: 'learned' })(null, x, ts, t.key(2))
    const wanted = t.denoiseStep(schedule, model, { variance })(null, x, ts, t.key(2))
    expectClose(await read(t.reference, found), await read(t.reference, wanted), { unit: unit64, terms: 64, scale: 8 })
  })
})
