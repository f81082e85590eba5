import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { schedules } from './support.ts'

const silent: t.Model<null> = (_, x) => t.mul(x, 0)

/** A schedule, and a number of steps that it can be walked in. */
const walks = schedules.chain((schedule) =>
  fc.tuple(fc.constant(schedule), fc.integer({ min: 1, max: schedule.steps }))
)

describe('respace', () => {
  it('leaves as much of the signal after a step as the schedule where the step ends', () => {
    fc.assert(
      fc.property(walks, ([schedule, steps]) => {
        const [few] = t.respace(schedule, silent, steps)
        expect(few.steps).toBe(steps)
        few.alphaBar.forEach((bar, i) => {
          const end = Math.round(((i + 1) * schedule.steps) / steps) - 1
          expect(Math.abs(bar - schedule.alphaBar[end]!)).toBeLessThan(1e-12)
        })
      })
    )
  })

  it('asks the model at timesteps of its own, each later than the one before', async () => {
    await fc.assert(
      fc.asyncProperty(walks, async ([schedule, steps]) => {
        const asked: t.Model<null> = (_, x, ts) => t.add(t.mul(x, 0), t.reshape(ts, [-1, 1]))
        const [few, model] = t.respace(schedule, asked, steps)
        const all = t.tensor(Array.from({ length: few.steps }, (_, i) => i))
        const times = [...(await t.reference.read(model(null, t.zeros([few.steps, 1]), all)))]
        expect(times.at(-1)).toBe(schedule.steps - 1)
        times.forEach((time, i) => expect(time).toBeGreaterThan(times[i - 1] ?? -1))
      })
    )
  })

  it('is the schedule itself with all its steps', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        expect(t.respace(schedule, silent, schedule.steps)).toEqual([schedule, silent])
      })
    )
  })

  it('does not take more steps than there are, nor none', () => {
    const schedule = t.linearSchedule({ steps: 9 })
    for (const steps of [0, 10, 1.5, NaN, -1])
      expect(() => t.respace(schedule, silent, steps)).toThrow(
        /respace: steps is a whole number from 1 to the schedule's 9/
      )
  })
})
