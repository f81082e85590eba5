import { raise } from '../base/raise.ts'
import { take } from '../core/primitives.ts'
import type { Model } from './loss.ts'
import { lossesOf, scheduleOf, table, type Schedule } from './schedule.ts'

/** The largest variance below 1. A step that leaves nothing of the signal could not be undone. */
const most = 1 - Number.EPSILON

/** The last timesteps of `steps` equal runs of `all` timesteps. */
const endsOf = (all: number, steps: number): readonly number[] =>
  Array.from({ length: steps }, (_, i) => Math.round(((i + 1) * all) / steps) - 1)

/**
 * Fewer and larger steps for a model that was trained on many (Nichol and Dhariwal 2021, section 4). Returns a schedule
 * whose steps each add the noise of several, and a model that calls the original one at the timestep where each of them
 * ends. Sampling is faster in proportion, and a little worse.
 *
 * @param steps at most as many as the schedule has; with all of them, the schedule and the model stay as they are
 * @throws TesseraError for any other number of steps
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const asked: t.Model<null> = (_, x, ts) => t.add(t.mul(x, 0), t.reshape(ts, [-1, 1]))
 * const all = t.linearSchedule({ steps: 1000 })
 * const [few, model] = t.respace(all, asked, 4)
 * assert.deepStrictEqual(few.alphaBar.map((bar, i) => Math.abs(bar - all.alphaBar[250 * i + 249]!) < 1e-12), [true, true, true, true])
 * assert.deepStrictEqual(await t.reference.read(model(null, t.zeros([2, 1]), t.tensor([0, 3]))), Float64Array.of(249, 999))
 * ```
 */
export const respace = <P>(
  schedule: Schedule,
  model: Model<P>,
  steps: number
): readonly [schedule: Schedule, model: Model<P>] => {
  if (!Number.isSafeInteger(steps) || steps < 1 || steps > schedule.steps)
    raise('respace', `steps is a whole number from 1 to the schedule's ${schedule.steps}, not ${steps}`)
  if (steps === schedule.steps) return [schedule, model]
  const ends = endsOf(schedule.steps, steps)
  // the variance that a run of steps adds: 1 minus the product of their alphas, without losing its digits
  const added = (from: number, to: number): number => lossesOf(schedule.beta.slice(from, to)).at(-1)!
  const betas = ends.map((end, i) => Math.min(most, added((ends[i - 1] ?? -1) + 1, end + 1)))
  const times = table(ends)
  return [scheduleOf(betas), (params, x, ts) => model(params, x, take(times, ts))]
}
