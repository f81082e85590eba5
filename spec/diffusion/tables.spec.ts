import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { holds } from '../support/property.ts'

const rate = fc.double({ min: 1e-6, max: 0.9, noNaN: true })

describe('the table of schedules', () => {
  it.each(Object.keys(t.schedules) as t.ScheduleName[])('holds one that loses the signal step by step: %s', (name) =>
    holds(fc.tuple(fc.integer({ min: 1, max: 50 }), rate, rate), ([steps, a, b]) => {
      const schedule = t.schedules[name]({ steps, betaMin: Math.min(a, b), betaMax: Math.max(a, b) })
      expect(schedule.steps).toBe(steps)
      schedule.alphaBar.forEach((bar, i) => {
        expect(bar).toBeGreaterThan(0)
        expect(bar).toBeLessThan(schedule.alphaBar[i - 1] ?? 1)
      })
    })
  )
})

describe('the table of samplers', () => {
  const silent: t.Model<null> = (_, x) => t.mul(x, 0)
  const schedule = t.linearSchedule({ steps: 4 })

  it.each(Object.keys(t.samplers) as t.SamplerName[])(
    'holds one that yields pictures down to t = 0, the same of the same key: %s',
    async (name) => {
      const run = t.sample(t.reference, t.samplers[name](), schedule, silent)
      const drawn = async (seed: number) => {
        const times: number[] = []
        let last: t.Numbers = new Float32Array()
        for await (const { t: at, x } of run(null, { key: t.key(seed), count: 2, shape: [3] })) {
          times.push(at)
          expect(x.shape).toEqual([2, 3])
          last = await t.reference.read(x)
        }
        expect(times.at(-1)).toBe(0)
        expect(times).toEqual(times.toSorted((a, b) => b - a))
        return last
      }
      const first = await drawn(1)
      expect(await drawn(1)).toEqual(first)
      expect(await drawn(2)).not.toEqual(first)
    }
  )
})
