import { choice } from '../core/options.ts'
import { raise } from '../base/raise.ts'
import { allLevels, type Level } from './levels.ts'
import type { AnySchedule } from './schedule.ts'

/**
 * How the timesteps of a shorter sampling are spread over a schedule of T. With n of them, `trailing` takes the last of
 * n equal runs, `leading` the first, `linspace` goes from T - 1 to 0 (Lin et al. 2024, table 2). `karras` and
 * `exponential` take the timesteps nearest to their noise levels: equal steps of σ^(1/7) and of log σ, for σ = noise /
 * signal. `beta` is dense at both ends.
 */
export type Spacing = 'trailing' | 'leading' | 'linspace' | 'karras' | 'exponential' | 'beta'

/** Picks `steps` of the timesteps of a schedule, in any order, and perhaps one more than once. */
type Pick = (schedule: AnySchedule, steps: number) => readonly number[]

const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

/** i / (n - 1), and 0 for a single step. */
const portion = (i: number, n: number): number => (n === 1 ? 0 : i / (n - 1))

/** The logarithm of noise / signal, by which schedules of other lengths and forms compare. */
const logRatio = ({ signal, noise }: Level): number => Math.log(noise) - Math.log(signal)

/** The timesteps whose noise levels, as logarithms, are nearest to wanted ones. */
const nearest = (
  schedule: AnySchedule,
  wanted: (least: number, most: number) => readonly number[]
): readonly number[] => {
  const known = allLevels(schedule).map(logRatio)
  const finite = known.filter(Number.isFinite)
  return wanted(finite[0]!, finite.at(-1)!).map((w) =>
    known.reduce((best, ratio, t) => (Math.abs(ratio - w) < Math.abs(known[best]! - w) ? t : best), 0)
  )
}

/** The exponent of Karras et al. 2022, section 3.1. */
const rho = 7

/** Both parameters of the Beta distribution in Lee et al. 2024, "Beta sampling is all you need". */
const shape = 0.6

/** Points at which the distribution is integrated. With u = sin² the density has no pole. */
const points = 4096

/** Equally likely quantiles of the Beta distribution, from 0 to 1. */
const betaQuantiles = (n: number): readonly number[] => {
  const angle = (j: number): number => (Math.PI / 2) * (j / points)
  let sum = 0
  const sums = [0, ...range(points).map((j) => (sum += (Math.sin(angle(j + 0.5)) * Math.cos(angle(j + 0.5))) ** (2 * shape - 1)))] // prettier-ignore
  return range(n).map((i) => {
    const wanted = portion(i, n) * sum
    const j = Math.max(
      1,
      sums.findIndex((s) => s >= wanted)
    )
    const [low, high] = [sums[j - 1]!, sums[j]!]
    return Math.sin(angle(j - 1 + (wanted - low) / (high - low))) ** 2
  })
}

const spacings = {
  trailing: ({ steps: all }, n) => range(n).map((i) => Math.round(all - (i * all) / n) - 1),
  leading: ({ steps: all }, n) => range(n).map((i) => i * Math.floor(all / n)),
  linspace: ({ steps: all }, n) => range(n).map((i) => Math.round(portion(i, n) * (all - 1))),
  karras: (schedule, n) =>
    nearest(schedule, (least, most) => {
      const [low, high] = [Math.exp(least / rho), Math.exp(most / rho)]
      return range(n).map((i) => rho * Math.log(high + portion(i, n) * (low - high)))
    }),
  exponential: (schedule, n) =>
    nearest(schedule, (least, most) => range(n).map((i) => most + portion(i, n) * (least - most))),
  beta: ({ steps: all }, n) => betaQuantiles(n).map((q) => Math.round(q * (all - 1)))
} satisfies Readonly<Record<Spacing, Pick>>

/** The names of the spacings. */
export const spacingNames = Object.keys(spacings) as readonly Spacing[]

/**
 * Some of the timesteps of a schedule, the noisiest first: what `sample` takes its steps at. Where a spacing asks for a
 * timestep twice, it stands once, so there may be fewer than asked for.
 *
 * @throws TesseraError unless steps is a whole number from 1 to the length of the schedule, and the spacing has a name
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const schedule = t.linearSchedule({ steps: 1000 })
 * assert.deepStrictEqual(t.timestepsOf(schedule, 4), [999, 749, 499, 249])
 * assert.deepStrictEqual(t.timestepsOf(schedule, 4, 'leading'), [750, 500, 250, 0])
 * assert.deepStrictEqual(t.timestepsOf(schedule, 4, 'linspace'), [999, 666, 333, 0])
 * ```
 */
export const timestepsOf = (schedule: AnySchedule, steps: number, spacing: Spacing = 'trailing'): readonly number[] => {
  choice('timestepsOf', 'spacing', spacing, spacingNames)
  if (!Number.isSafeInteger(steps) || steps < 1 || steps > schedule.steps)
    raise('timestepsOf', `steps is a whole number from 1 to the schedule's ${schedule.steps}, not ${steps}`)
  return [...new Set(spacings[spacing](schedule, steps))].sort((a, b) => b - a)
}
