import fc from 'fast-check'
import { modelOf, type Law } from 'tessera/laws'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { gl } from '../support/gl.ts'
import { holdsOn } from '../support/property.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'
import { shorter } from '../../scripts/samplers/orders.ts'
import { all, bitsBy, both, estimated, last, mean, normalLaw } from './estimates.ts'
import { read, silent } from './support.ts'

/** The law of what `ddpm` draws of a normal law with the best model, its decoder's noise included. */
const drawnLaw = (schedule: t.Schedule, m: number, v: number, variance: 'beta' | 'posterior'): Law => {
  const levels = t.levelsOf(
    schedule,
    Array.from({ length: schedule.steps }, (_, i) => schedule.steps - 1 - i)
  )
  const sampler = t.ddpm({ variance })
  let [centre, spread] = [0, 1]
  for (let i = 0; i < schedule.steps; i++) {
    const c = sampler.coefficients({ i, levels })
    const { signal, noise } = levels[i]!
    // E[x_0 | x] = m + pull (x - signal m)
    const pull = (signal * v) / (signal ** 2 * v + noise ** 2)
    const factor = c['x0']! * pull + c['x']!
    centre = factor * centre + c['x0']! * m * (1 - pull * signal)
    spread = factor ** 2 * spread + c['noise']! ** 2
  }
  const { alphaBar, beta } = schedule
  const decoder = variance === 'beta' ? beta[0]! : (beta[1]! * (1 - alphaBar[0]!)) / (1 - alphaBar[1]!)
  return normalLaw(centre, spread + decoder)
}

const variances = ['beta', 'posterior'] as const

describe('variationalBound', () => {
  const bound = (law: Law, schedule: t.Schedule, x0: t.Tensor, options: t.BoundOptions = {}, seed = 0) =>
    all(t.variationalBound(t.reference, schedule, modelOf(law, schedule), { data: 'real', ...options })(null, x0, { key: t.key(seed) })) // prettier-ignore

  /** Pictures of N(m, v). */
  const drawn = (m: number, v: number, n: number): t.Tensor => t.add(t.mul(t.normal(t.key(5), [n, 1]), Math.sqrt(v)), m)

  it.each(variances)('is never better than the likelihood of what is drawn, picture by picture: %s', (variance) =>
    holdsOn(
      fc.record({ m: fc.double({ min: -1, max: 1, noNaN: true }), v: fc.double({ min: 0.05, max: 1.5, noNaN: true }), x: fc.double({ min: -2, max: 2, noNaN: true }) }), // prettier-ignore
      async ({ m, v, x }) => {
        const schedule = shorter(30)
        const terms = await bound(normalLaw(m, v), schedule, t.full([300, 1], x), { variance })
        const [exact] = await bitsBy(drawnLaw(schedule, m, v, variance), t.tensor([[x]]))
        const [found, error] = estimated(terms.at(-1)!.bound)
        expect(found).toBeGreaterThan(exact! - error)
      },
      6
    )
  )

  it('is never better than the law itself on its own pictures, and gets tight with more steps', async () => {
    const [law, x0] = [normalLaw(0.5, 0.3), drawn(0.5, 0.3, 3000)]
    const exact = await bitsBy(law, x0)
    const gap = async (steps: number): Promise<readonly number[]> => {
      const terms = await bound(law, shorter(steps), x0)
      return terms.at(-1)!.bound.map((bits, n) => bits - exact[n]!)
    }
    const [few, some, many] = [await gap(25), await gap(50), await gap(200)]
    for (const [m, error] of [few, some, many].map(estimated)) expect(m).toBeGreaterThan(-error)
    expect(mean(few)).toBeGreaterThan(mean(some))
    expect(mean(some)).toBeGreaterThan(mean(many))
    const [left, error] = estimated(many)
    expect(left).toBeLessThan(0.02 + error)
  })

  it.each(variances)(
    'has terms that on average are those of the law, and divergences that are not negative: %s',
    async (variance) => {
      // prettier-ignore
      const [m, v] = [0.5, 0.3]
      const [schedule, x0] = [shorter(40), drawn(m, v, 2000)]
      const seen = await bound(normalLaw(m, v), schedule, x0, { variance })
      expect(seen.map((term) => term.t)).toEqual(Array.from({ length: 41 }, (_, i) => 40 - i))
      for (const { t: at, bits } of seen.slice(1)) {
        const [bar, beta] = [schedule.alphaBar[at]!, schedule.beta[at]!]
        const before = schedule.alphaBar[at - 1] ?? 1
        // E (x_0 - E[x_0 | x])² is the variance of x_0 that x leaves open
        const open = (v * (1 - bar)) / (bar * v + 1 - bar)
        const posterior = (beta * (1 - before)) / (1 - bar)
        const own = variance === 'beta' ? beta : at > 0 ? posterior : (schedule.beta[1]! * schedule.beta[0]!) / (1 - schedule.alphaBar[1]!) // prettier-ignore
        const apart = (before * beta ** 2 * open) / (1 - bar) ** 2 / own
        const nats =
          at > 0 ? Math.log(own / posterior) + posterior / own - 1 + apart : Math.log(2 * Math.PI * own) + open / own
        const [found, error] = estimated(bits)
        expect(Math.abs(found - nats / 2 / Math.LN2)).toBeLessThan(error + 1e-12)
        if (at > 0) for (const b of bits) expect(b).toBeGreaterThanOrEqual(-unit64)
      }
      // L_T, exactly: ½ (ᾱ x_0² - ᾱ - log(1 - ᾱ))
      const bar = schedule.alphaBar[39]!
      const prior = (await read(t.reference, x0)).map((x) => (bar * x ** 2 - bar - Math.log(1 - bar)) / 2 / Math.LN2)
      expectClose(seen[0]!.bits, prior, { unit: unit64, terms: 4, scale: 4 })
      seen.at(-1)!.bound.forEach((sum, n) =>
        expect(sum).toBeCloseTo(
          seen.reduce((s, { bits }) => s + bits[n]!, 0),
          9
        )
      )
    }
  )

  it('of bytes is that of the density of real numbers, in bins of 2 / 255, where that is flat', async () => {
    // √(1 - ᾱ_0) = 0.2 is fifty bins
    const schedule = t.scheduleOf([0.04, 0.2, 0.9])
    const x0 = t.tensor([[0.2], [-0.6]])
    const [real, bytes] = [
      await bound(normalLaw(0, 0.3), schedule, x0),
      await bound(normalLaw(0, 0.3), schedule, x0, { data: 'bytes' })
    ]
    for (const [n, bits] of bytes.at(-1)!.bits.entries())
      expect(Math.abs(bits - real.at(-1)!.bits[n]! - Math.log2(255 / 2))).toBeLessThan(2e-3)
    expect(bytes.slice(0, -1)).toEqual(real.slice(0, -1))
  })

  it('with fewer steps is that of the shorter schedule', async () => {
    const [law, long, x0] = [normalLaw(0.5, 0.3), shorter(60), drawn(0.5, 0.3, 1000)]
    const [short, model] = t.respace(long, modelOf(law, long), 6)
    const here = await last(
      t.variationalBound(t.reference, short, model, { data: 'real' })(null, x0, { key: t.key(0) })
    )
    const there = await bound(law, long, x0, { steps: 6 })
    expect(there.map((term) => term.t)).toEqual([60, 59, 49, 39, 29, 19, 9])
    // only their noise differs
    const [[found, error], [wanted, off]] = [estimated(here.bound), estimated(there.at(-1)!.bound)]
    expect(Math.abs(found - wanted)).toBeLessThan(Math.hypot(error, off))
    expect(error).toBeLessThan(0.5)
  })

  it('starts from pure noise, which costs nothing', async () => {
    const schedule = t.zeroTerminal(shorter(30))
    const run = t.variationalBound(t.reference, schedule, modelOf(both, schedule, 'v'), { prediction: 'v' })
    const [prior, ...terms] = await all(run(null, t.normal(t.key(1), [2, 2]), { key: t.key(0) }))
    expect(prior!.bits.map(Math.abs)).toEqual([0, 0])
    for (const { bits } of terms) for (const b of bits) expect(b).toBeGreaterThanOrEqual(0)
  })

  it('is the same on GL, and takes one plan for all steps but the last, [gl]', async () => {
    const [device, schedule] = [await gl(), shorter(30)]
    const x0 = t.clip(t.normal(t.key(3), [5, 2]), -1, 1)
    const on = (where: t.Device) => t.variationalBound(where, schedule, modelOf(both, schedule), { steps: 8, clip: 1 })(null, x0, { key: t.key(1) }) // prettier-ignore
    const counts: t.Stats[] = []
    let found: readonly number[] = []
    for await (const { bound: sum } of on(device)) {
      counts.push(device.stats())
      found = sum
    }
    for (const { live, programs } of counts.slice(3, -1)) expect({ live, programs }).toEqual({ live: counts[2]!.live, programs: counts[2]!.programs }) // prettier-ignore
    expectClose(found, (await last(on(t.reference))).bound, { unit, terms: 2048, scale: 64 })
  })

  it('names what is wrong', async () => {
    const wrong = (options: t.BoundOptions) => () => t.variationalBound(t.reference, shorter(30), silent, options)
    expect(wrong({ variance: 'x' as never })).toThrow("variationalBound: variance is 'beta' or 'posterior', not 'x'")
    expect(wrong({ data: 'x' as never })).toThrow("variationalBound: data is 'bytes' or 'real', not 'x'")
    const run = t.variationalBound(t.reference, shorter(30), silent)
    await expect(last(run(null, t.scalar(1), { key: t.key(0) }))).rejects.toThrow(
      'variationalBound: wants one timestep'
    )
    await expect(last(run(null, t.zeros([1]), { key: t.key(0), keys: 1 } as never))).rejects.toThrow(
      'there is no option keys'
    )
  })
})
