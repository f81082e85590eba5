import { raise } from '../base/raise.ts'
import { lossesOf, type AnySchedule } from './schedule.ts'

/** How noisy pictures are: x = signal · x_0 + noise · eps, with eps of unit variance. */
export interface Level {
  /** √alphaBar for a schedule. */
  readonly signal: number
  /** √(1 - alphaBar) for a schedule. */
  readonly noise: number
}

/** The level of each timestep of a schedule. */
export const allLevels = ({ alphaBar, beta }: AnySchedule): readonly Level[] => {
  const lost = lossesOf(beta)
  return alphaBar.map((bar, t) => ({ signal: Math.sqrt(bar), noise: Math.sqrt(lost[t]!) }))
}

/** The level of pictures without noise. */
const clean: Level = { signal: 1, noise: 0 }

/**
 * The levels that sampling goes through: those of some timesteps, and last the one without noise. A sampler computes its
 * coefficients from them.
 *
 * @throws TesseraError if a timestep is none of the schedule's
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const levels = t.levelsOf(t.scheduleOf([0.36, 0.5]), [0])
 * assert.deepStrictEqual(levels, [{ signal: 0.8, noise: 0.6 }, { signal: 1, noise: 0 }])
 * ```
 */
export const levelsOf = (schedule: AnySchedule, timesteps: readonly number[]): readonly Level[] => {
  const known = allLevels(schedule)
  const levelAt = (t: number): Level =>
    known[t] ?? raise('levelsOf', `${t} is no timestep from 0 to ${schedule.steps - 1}`)
  return [...timesteps.map(levelAt), clean]
}
