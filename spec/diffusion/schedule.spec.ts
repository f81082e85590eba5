import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { expectClose, unit64 } from '../support/tolerance.ts'
import { read, schedules } from './support.ts'

const numbers = (x: t.Tensor): Promise<readonly number[]> => read(t.reference, x)

describe('linearSchedule', () => {
  it('grows by equal steps, ends included', () => {
    const { beta, steps } = t.linearSchedule({ steps: 1000, betaMin: 1e-4, betaMax: 0.02 })
    expect([steps, beta.length, beta[0], beta[999]]).toEqual([1000, 1000, 1e-4, 0.02])
    const rises = beta.slice(1).map((b, i) => b - beta[i]!)
    expectClose(
      rises,
      rises.map(() => (0.02 - 1e-4) / 999),
      { unit: unit64, scale: 0.04 }
    )
  })

  it('has 200 steps from 1e-4 to 0.02 where nothing else is said', () => {
    expect(t.linearSchedule().beta).toEqual(t.linearSchedule({ steps: 200, betaMin: 1e-4, betaMax: 0.02 }).beta)
  })

  it('may have one step', () => {
    expect(t.linearSchedule({ steps: 1, betaMin: 0.1, betaMax: 0.2 }).beta).toEqual([0.1])
  })

  it('loses signal with every step', () => {
    fc.assert(
      fc.property(schedules, ({ alpha, alphaBar, beta }) => {
        alpha.forEach((a, i) => expect(a).toBe(1 - beta[i]!))
        alphaBar.forEach((bar, i) => expect(bar).toBeLessThan(alphaBar[i - 1] ?? 1))
        alphaBar.forEach((bar, i) => expect(bar).toBeCloseTo((alphaBar[i - 1] ?? 1) * alpha[i]!, 14))
      })
    )
  })

  it('keeps the variance: the squared coefficients of q sum to 1', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, async ({ tables, steps }) => {
        const sums = await numbers(t.add(t.square(tables.signal), t.square(tables.noise)))
        // each part is a chain of as many products, and its square root is squared
        expectClose(sums, new Array<number>(steps).fill(1), { unit: unit64, scale: steps + 4 })
      })
    )
  })

  it('has a smaller variance for the posterior than beta, none at t = 0', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, async ({ tables }) => {
        const [beta, posterior] = [await numbers(tables.beta), await numbers(tables.posterior)]
        expect(posterior[0]).toBe(0)
        posterior.forEach((p, i) => expect(p).toBeLessThan(beta[i]!))
      })
    )
  })

  it('says what is wrong', () => {
    const of = (options: t.LinearSchedule) => () => t.linearSchedule(options)
    expect(of({ steps: 0 })).toThrow('linearSchedule: steps is a whole number above 0, not 0')
    expect(of({ steps: 2.5 })).toThrow('linearSchedule: steps is a whole number above 0, not 2.5')
    expect(of({ betaMin: 0 })).toThrow('linearSchedule: beta lies between 0 and 1, not from 0 to 0.02')
    expect(of({ betaMax: 1 })).toThrow('linearSchedule: beta lies between 0 and 1, not from 0.0001 to 1')
    expect(of({ betaMax: NaN })).toThrow('linearSchedule: beta lies between 0 and 1, not from 0.0001 to NaN')
    expect(of({ betaMin: 0.3, betaMax: 0.2 })).toThrow('linearSchedule: betaMin 0.3 is above betaMax 0.2')
  })
})

describe('scheduleOf', () => {
  it('says what is wrong', () => {
    expect(() => t.scheduleOf([])).toThrow('schedule: wants at least one step')
    expect(() => t.scheduleOf([0.1, 1])).toThrow('schedule: beta lies between 0 and 1, not at 1')
  })
})
