import { options } from '../core/options.ts'
import { raise } from '../base/raise.ts'
import {
  linearSchedule,
  noiseScheduleOf,
  scheduleOf,
  type LinearSchedule,
  type NoiseSchedule,
  type Schedule
} from './schedule.ts'

/** The options of schedules that only have a length. */
export interface ScheduleLength {
  /** The number of timesteps. */
  readonly steps: number
}

/** The largest beta where alphaBar comes close to 0 (Nichol and Dhariwal 2021, section 3.2). */
const mostBeta = 0.999

const stepsOf = (op: string, steps: number): number =>
  Number.isSafeInteger(steps) && steps >= 1 ? steps : raise(op, `steps is a whole number above 0, not ${steps}`)

/**
 * The schedule of a share of the signal that falls over the time 0 … 1: beta_t = 1 - alphaBar((t + 1) / T) / alphaBar(t /
 * T), at most 0.999 (Nichol and Dhariwal 2021, section 3.2).
 *
 * @throws TesseraError unless steps is a whole number above 0, and alphaBar falls from step to step
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const { beta } = t.scheduleBy((time) => 1 - time / 2, { steps: 2 })
 * assert.deepStrictEqual(beta, [0.25, 1 - 0.5 / 0.75])
 * ```
 */
export const scheduleBy = (alphaBar: (time: number) => number, given: ScheduleLength): Schedule => {
  const { steps } = options('scheduleBy', given, { steps: true })
  stepsOf('scheduleBy', steps)
  return scheduleOf(
    Array.from({ length: steps }, (_, t) => Math.min(mostBeta, 1 - alphaBar((t + 1) / steps) / alphaBar(t / steps)))
  )
}

const checkRange = (op: string, betaMin: number, betaMax: number): void => {
  if (!(betaMin > 0 && betaMin <= betaMax && betaMax < 1))
    raise(op, `wants 0 < betaMin ≤ betaMax < 1, not ${betaMin} and ${betaMax}`)
}

/** A schedule between two betas, by where in the range, 0 … 1, each timestep lies. */
const between =
  (op: string, beta: (place: number, low: number, high: number) => number) =>
  (given: LinearSchedule = {}): Schedule => {
    const {
      steps = 1000,
      betaMin = 1e-4,
      betaMax = 0.02
    } = options(op, given, { steps: true, betaMin: true, betaMax: true })
    checkRange(op, betaMin, betaMax)
    const last = Math.max(1, stepsOf(op, steps) - 1)
    return scheduleOf(Array.from({ length: steps }, (_, t) => beta(t / last, betaMin, betaMax)))
  }

/**
 * A schedule whose √beta grows by equal steps (Rombach et al. 2022).
 *
 * @throws TesseraError unless steps is a whole number above 0, and 0 < betaMin ≤ betaMax < 1
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const { beta } = t.scaledLinearSchedule({ steps: 3, betaMin: 0.01, betaMax: 0.09 })
 * assert.ok(Math.abs(beta[1]! - 0.04) < 1e-12)
 * ```
 */
export const scaledLinearSchedule = between(
  'scaledLinearSchedule',
  (place, low, high) => (Math.sqrt(low) + place * (Math.sqrt(high) - Math.sqrt(low))) ** 2
)

const logistic = (x: number): number => 1 / (1 + Math.exp(-x))

/**
 * A schedule whose beta is a logistic curve of the time, from -6 to 6 (GeoDiff, Xu et al. 2022). Not that of
 * `sigmoidSchedule`, though both bear the name.
 *
 * @throws TesseraError unless steps is a whole number above 0, and 0 < betaMin ≤ betaMax < 1
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const { beta } = t.sigmoidBetaSchedule({ steps: 3, betaMin: 0.1, betaMax: 0.3 })
 * assert.ok(Math.abs(beta[1]! - 0.2) < 1e-12)
 * ```
 */
export const sigmoidBetaSchedule = between(
  'sigmoidBetaSchedule',
  (place, low, high) => low + (high - low) * logistic(12 * place - 6)
)

/** The shift of the cosine, so that the first betas are not too small. */
const shift = 0.008

/**
 * The cosine schedule (Nichol and Dhariwal 2021, eq. 17): alphaBar = cos²(π/2 · (time + 0.008) / 1.008).
 *
 * @throws TesseraError unless steps is a whole number above 0
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const { beta } = t.cosineSchedule({ steps: 1000 })
 * assert.deepStrictEqual([beta[0]!.toFixed(7), beta[999]], ['0.0000413', 0.999])
 * ```
 */
export const cosineSchedule = (given: ScheduleLength): Schedule =>
  scheduleBy((time) => Math.cos(((time + shift) / (1 + shift)) * (Math.PI / 2)) ** 2, given)

/**
 * A schedule whose alphaBar is a logistic curve of the time, from -3 to 3, stretched to 0 … 1 (Jabri et al. 2023,
 * appendix B).
 *
 * @throws TesseraError unless steps is a whole number above 0
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.ok(Math.abs(t.sigmoidSchedule({ steps: 2 }).alphaBar[0]! - 0.5) < 1e-12)
 * ```
 */
export const sigmoidSchedule = (given: ScheduleLength): Schedule => {
  const [start, end] = [logistic(-3), logistic(3)]
  return scheduleBy((time) => (end - logistic(6 * time - 3)) / (end - start), given)
}

/**
 * A schedule whose alphaBar is e^(-12 · time).
 *
 * @throws TesseraError unless steps is a whole number above 0
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.ok(Math.abs(t.exponentialSchedule({ steps: 4 }).alphaBar[0]! - Math.exp(-3)) < 1e-12)
 * ```
 */
export const exponentialSchedule = (given: ScheduleLength): Schedule =>
  scheduleBy((time) => Math.exp(-12 * time), given)

/** The spread of log(signal² / noise²) in the Laplace schedule, and what keeps it finite at both ends. */
const [spread, guard] = [0.5, 1e-6]

/**
 * A schedule whose log(signal² / noise²) has a Laplace distribution of scale 1/2 around 0, so that most timesteps have
 * about as much noise as signal (Hang et al. 2024, table 1).
 *
 * @throws TesseraError unless steps is a whole number above 0
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.ok(Math.abs(t.laplaceSchedule({ steps: 2 }).alphaBar[0]! - 0.5) < 1e-3)
 * ```
 */
export const laplaceSchedule = (given: ScheduleLength): Schedule =>
  scheduleBy((time) => {
    const off = 0.5 - time
    return logistic(-spread * Math.sign(off) * Math.log(1 - 2 * Math.abs(off) + guard))
  }, given)

/**
 * The same schedule stretched so that its last timestep has no signal: √alphaBar is shifted to end at 0, and scaled to
 * begin where it began (Lin et al. 2024, algorithm 1). A model of it predicts x0, v or flow: from pure noise, eps tells no
 * picture.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const { alphaBar } = t.zeroTerminal(t.linearSchedule({ steps: 1000 }))
 * assert.equal(alphaBar[999], 0)
 * ```
 */
export const zeroTerminal = (schedule: Schedule): NoiseSchedule => {
  const roots = schedule.alphaBar.map(Math.sqrt)
  const [first, last] = [roots[0]!, roots.at(-1)!]
  if (first === last) return raise('zeroTerminal', 'wants a schedule of two steps or more')
  const bars = roots.map((root) => ((root - last) * (first / (first - last))) ** 2)
  return noiseScheduleOf(bars.slice(0, -1).map((bar, t) => 1 - bar / (bars[t - 1] ?? 1)))
}

/** Makes a schedule of a length. Those that go by the variances of steps also get their range. */
export type MakeSchedule = (options: Required<LinearSchedule>) => Schedule

const table = <N extends string>(makers: Readonly<Record<N, MakeSchedule>>) => makers

/**
 * The noise schedules by name, for programs that let their user choose. A schedule that is added here can be chosen by
 * every program; a model file names the one that its model was trained for.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const { beta } = t.schedules.linear({ steps: 3, betaMin: 0.25, betaMax: 0.75 })
 * assert.deepStrictEqual(beta, [0.25, 0.5, 0.75])
 * ```
 */
export const schedules = table({
  linear: linearSchedule,
  scaledLinear: scaledLinearSchedule,
  sigmoidBeta: sigmoidBetaSchedule,
  cosine: ({ steps }) => cosineSchedule({ steps }),
  sigmoid: ({ steps }) => sigmoidSchedule({ steps }),
  exponential: ({ steps }) => exponentialSchedule({ steps }),
  laplace: ({ steps }) => laplaceSchedule({ steps })
})

/** The name of a schedule in the table. */
export type ScheduleName = keyof typeof schedules
