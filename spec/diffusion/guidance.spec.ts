import fc from 'fast-check'
import { mixture, modelOf, type Law } from 'tessera/laws'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { gl } from '../support/gl.ts'
import { holdsOn } from '../support/property.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'
import { read } from './support.ts'

const schedule = t.linearSchedule({ steps: 50, betaMin: 2e-3, betaMax: 0.2 })
const level = (at: number) => t.levelsOf(schedule, [at])[0]!
/** The factors at a timestep. The tables of a schedule hold float64, for the reference. */
const factors = (at: number): t.Factors => {
  const [signal, noise] = [schedule.tables.signal, schedule.tables.noise].map((x) =>
    t.reshape(t.take(x, t.tensor([at])), [])
  )
  return { signal: signal!, noise: noise! }
}

const [means, variances] = [
  [
    [-1, 0.5],
    [1, 1]
  ],
  [
    [0.1, 0.3],
    [0.2, 0.05]
  ]
] as const
const [left, right] = [0, 1].map((k) => mixture({ means: [means[k]!], variances: [variances[k]!] })) as [Law, Law]
const both = mixture({ means, variances, weights: [1, 3] })

const place = fc.record({ seed: fc.nat(1000), at: fc.integer({ min: 0, max: 49 }) })

describe('a mixture of normal laws', () => {
  it('has the score that is the gradient of its density', () =>
    holdsOn(place, async ({ seed, at }) => {
      const [x, of] = [t.normal(t.key(seed), [3, 2]), factors(at)]
      const slope = t.grad((y: t.Tensor) => t.sum(both.logDensity(y, of)))(x)
      const wanted = await read(t.reference, both.score(x, of))
      expectClose(await read(t.reference, slope), wanted, { unit: unit64, terms: 4096, scale: 1000 })
    }))

  it('has the density and the mean that integrals over the pictures have', () =>
    holdsOn(place, async ({ at }) => {
      const { signal, noise } = level(at)
      const law = mixture({ means: [[-1], [0.5]], variances: [[0.2], [0.4]], weights: [1, 2] })
      const normal = (x: number, mean: number, variance: number): number =>
        Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance)
      const prior = (x: number): number => normal(x, -1, 0.2) / 3 + (2 * normal(x, 0.5, 0.4)) / 3
      const x = 0.3
      let [density, first] = [0, 0]
      const h = 1e-3
      for (let x0 = -6; x0 < 6; x0 += h) {
        const weight = prior(x0) * normal(x, signal * x0, noise ** 2) * h
        density += weight
        first += weight * x0
      }
      const [logDensity] = await read(t.reference, law.logDensity(t.tensor([[x]]), factors(at)))
      const [mean] = await read(t.reference, law.denoise(t.tensor([[x]]), factors(at)))
      expect(logDensity).toBeCloseTo(Math.log(density), 5)
      expect(mean).toBeCloseTo(first / density, 5)
    }))

  it('is the same on GL, [gl]', async () => {
    const device = await gl()
    const x = t.normal(t.key(1), [5, 2])
    for (const at of [0, 20, 49])
      for (const f of [both.denoise, both.logDensity, both.score])
        expectClose(await read(device, f(x, factors(at))), await read(t.reference, f(x, factors(at))), {
          unit,
          terms: 512,
          scale: 200
        })
  })

  it('says what is wrong', () => {
    expect(() => mixture({ means: [], variances: [] })).toThrow('mixture: wants at least one mean')
    expect(() => mixture({ means: [[1]], variances: [[1, 2]] })).toThrow('all of the same length')
    expect(() => mixture({ means: [[1]], variances: [[-1]] })).toThrow('variances are 0 or more')
    expect(() => mixture({ means: [[1]], variances: [[1]], weights: [0] })).toThrow('a positive weight for each mean')
    expect(() => both.denoise(t.ones([3, 1]), factors(1))).toThrow('wants pictures of 2 numbers')
  })
})

/** A model that is told which part of the mixture is meant, or nothing. */
const told: t.Model<null, 'left' | 'right' | null> = (params, x, ts, condition) =>
  modelOf(condition === null ? both : condition === 'left' ? left : right, schedule)(params, x, ts)

describe('guided', () => {
  const draw = (seed: number) => t.normal(t.key(seed), [3, 2])
  const at = (n: number) => t.tensor([n, n, 4])

  it('is linear in its scale: 0 is the model that is told nothing, 1 the one that is told', () =>
    holdsOn(place, async ({ seed, at: n }) => {
      const [x, ts] = [draw(seed), at(n)]
      const of = async (scale: number) => read(t.reference, t.guided(told, scale)(null, x, ts, 'right'))
      const rounding = { unit: unit64, terms: 64, scale: 64 }
      expectClose(await of(0), await read(t.reference, told(null, x, ts, null)), rounding)
      const [zero, one, three] = [await of(0), await of(1), await of(3)]
      expectClose(one, await read(t.reference, told(null, x, ts, 'right')), rounding)
      expectClose(
        three,
        zero.map((u, i) => u + 3 * (one[i]! - u)),
        rounding
      )
    }))

  it('leaves timesteps outside of the interval alone', async () => {
    const [x, ts] = [draw(1), t.tensor([9, 10, 30])]
    const some = await read(t.reference, t.guided(told, 4, { interval: [10, 20] })(null, x, ts, 'left'))
    const all = await read(t.reference, t.guided(told, 4)(null, x, ts, 'left'))
    const plain = await read(t.reference, told(null, x, ts, 'left'))
    expectClose(some, [...plain.slice(0, 2), ...all.slice(2, 4), ...plain.slice(4)], {
      unit: unit64,
      terms: 64,
      scale: 8
    })
  })

  it('has the contrast of the model that is told, when rescaled', async () => {
    const [x, ts] = [t.normal(t.key(3), [2, 2]), t.tensor([5, 25])]
    const contrast = (y: t.Tensor) => read(t.reference, t.variance(y, { axes: 1 }))
    const wanted = await contrast(told(null, x, ts, 'left'))
    expectClose(await contrast(t.guided(told, 4, { rescale: 1 })(null, x, ts, 'left')), wanted, {
      unit: unit64,
      terms: 256,
      scale: 16
    })
  })

  it('names what is wrong', () => {
    expect(() => t.guided(told, Number.NaN)).toThrow('guided: scale is a number, not NaN')
    expect(() => t.guided(told, 1, { rescale: 2 })).toThrow('rescale is from 0 to 1, not 2')
    expect(() => t.guided(told, 1, { scale: 2 } as never)).toThrow('guided')
  })
})

describe('classifierGuided', () => {
  it('is by Bayes the model of what the classifier wants', () =>
    holdsOn(place, async ({ seed, at: n }) => {
      const [x, ts] = [t.normal(t.key(seed), [3, 2]), t.full([3], n)]
      const ofRight: t.LogLikelihood<null> = (_, y) => {
        const of = factors(n)
        return t.sum(t.sub(right.logDensity(y, of), both.logDensity(y, of)))
      }
      const pulled = t.classifierGuided(modelOf(both, schedule), ofRight, { schedule, scale: 1 })
      const wanted = await read(t.reference, modelOf(right, schedule)(null, x, ts))
      expectClose(await read(t.reference, pulled([null, null], x, ts)), wanted, {
        unit: unit64,
        terms: 4096,
        scale: 1000
      })
    }))
})

describe('dropLabels', () => {
  it('drops as many as asked for, and leaves the others', async () => {
    const labels = t.iota([4000])
    const kept = await read(t.reference, t.dropLabels(labels, t.key(5), { rate: 0.25, none: -1 }))
    expect(kept.every((v, i) => v === i || v === -1)).toBe(true)
    // 1000 ± 27.4, five times that at most
    expect(Math.abs(kept.filter((v) => v === -1).length - 1000)).toBeLessThan(137)
    expect(await read(t.reference, t.dropLabels(labels, t.key(5), { rate: 0, none: -1 }))).toEqual(
      Array.from({ length: 4000 }, (_, i) => i)
    )
  })
})

const last = async (run: AsyncIterable<t.Sampled>): Promise<t.Tensor> => {
  let found: t.Tensor | undefined
  for await (const { x } of run) found = x
  return found!
}

describe('inpaint', () => {
  const model = modelOf(both, schedule)
  // the first coordinate is known, and tells which part of the mixture it is
  const known = t.tensor(Array.from({ length: 400 }, () => [1, 0]))
  const given = { known, mask: t.tensor([[1, 0]]) }
  const fill = async (sampler: t.AnySampler) =>
    read(
      t.reference,
      await last(t.sample(t.reference, sampler, schedule, model)(null, { key: t.key(2), count: 400, shape: [2] }))
    )

  it.each(Object.keys(t.samplers) as t.SamplerName[])('keeps what is known, exactly: %s', async (name) => {
    const found = await fill(t.inpaint(t.samplers[name](), given))
    expect(found.filter((_, i) => i % 2 === 0).every((x) => x === 1)).toBe(true)
  })

  it('fills in by the law of the rest, given what is known, if its steps are resampled', async () => {
    const sampler = t.resampled(t.inpaint(t.ddim({ stochasticity: 1 }), given), { times: 8 })
    const rest = (await fill(sampler)).filter((_, i) => i % 2 === 1)
    // of (1, ?) the part on the right is 3 N(1; 1, 0.2) against N(1; -1, 0.1): all but certain, and has N(1, 0.05)
    const mean = rest.reduce((sum, x) => sum + x, 0) / 400
    const variance = rest.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 400
    expect(Math.abs(mean - 1)).toBeLessThan(0.06)
    expect(Math.abs(variance - 0.05)).toBeLessThan(0.02)
    // without, many are of the part on the left
    const rough = (await fill(t.inpaint(t.ddim({ stochasticity: 1 }), given))).filter((_, i) => i % 2 === 1)
    expect(Math.abs(rough.reduce((sum, x) => sum + x, 0) / 400 - 1)).toBeGreaterThan(Math.abs(mean - 1))
  })
})

describe('measured', () => {
  it('draws pictures to what was measured of them', async () => {
    const law = mixture({ means: [[0, 0]], variances: [[1, 1]] })
    const sum = { measure: (x0: t.Tensor) => t.sum(x0, { axes: 1 }), found: t.full([50], 2), scale: 2 }
    const off = async (sampler: t.AnySampler) => {
      const run = t.sample(t.reference, sampler, schedule, modelOf(law, schedule))
      const x = await read(t.reference, await last(run(null, { key: t.key(4), count: 50, shape: [2] })))
      return Math.sqrt(
        Array.from({ length: 50 }, (_, n) => (x[2 * n]! + x[2 * n + 1]! - 2) ** 2).reduce((a, b) => a + b) / 50
      )
    }
    expect(await off(t.measured(t.ddim(), sum))).toBeLessThan(0.3 * (await off(t.ddim())))
  })
})

describe('invert', () => {
  it('finds the noise that ddim makes the pictures of', () =>
    holdsOn(
      fc.record({ seed: fc.nat(100), steps: fc.integer({ min: 5, max: 50 }) }),
      async ({ seed, steps }) => {
        const pictures = t.add(t.mul(t.normal(t.key(seed), [4, 2]), 0.3), t.tensor([1, 1]))
        const model = modelOf(both, schedule)
        let noise: t.Tensor = pictures
        for await (const { x } of t.invert(t.reference, schedule, model, { steps })(null, pictures, {
          corrections: 30
        }))
          noise = x
        const back = await last(
          t.sample(t.reference, t.ddim(), schedule, model, { steps })(null, { key: t.key(0), start: noise })
        )
        const wanted = await read(t.reference, pictures)
        ;(await read(t.reference, back)).forEach((x, i) => expect(Math.abs(x - wanted[i]!)).toBeLessThan(1e-3))
      },
      4
    ))
})
