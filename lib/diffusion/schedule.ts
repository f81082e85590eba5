import { held } from '../core/create.ts'
import { options, type OptionNames } from '../core/options.ts'
import { raise } from '../base/raise.ts'
import type { Tensor } from '../core/tensor.ts'

/** What schedules have in common. Each list has an entry per timestep t = 0 … steps-1 (Ho et al. 2020, section 2). */
interface Timesteps {
  /** The number of timesteps, T. */
  readonly steps: number
  /** The variance that timestep t adds. */
  readonly beta: readonly number[]
  /** 1 - beta_t. */
  readonly alpha: readonly number[]
  /** alpha_0 · … · alpha_t, the share of the signal's variance that is left. */
  readonly alphaBar: readonly number[]
  /** Coefficients by timestep, as tensors. */
  readonly tables: Tables
}

/** How much noise each timestep adds. Some of the signal is left after the last. */
export interface Schedule extends Timesteps {
  /** Whether the last timestep leaves no signal. */
  readonly endsInNoise: false
}

/**
 * A schedule whose last timestep leaves no signal; see `zeroTerminal`. No model of `eps` can be sampled from there, as
 * pure noise tells nothing of the picture.
 */
export interface NoiseSchedule extends Timesteps {
  /** Whether the last timestep leaves no signal. */
  readonly endsInNoise: true
}

/** A schedule of either kind. */
export type AnySchedule = Schedule | NoiseSchedule

/** Tensors `[steps]`, to be indexed by timesteps with `take`. alphaBar' is alphaBar_{t-1}, which is 1 at t = 0. */
export interface Tables {
  /** √alphaBar, the factor of x_0 in eq. 4. */
  readonly signal: Tensor
  /** √(1 - alphaBar), the factor of the noise in eq. 4. */
  readonly noise: Tensor
  /** 1/√alpha: the mean of eq. 11 is grow · (x_t - remove · eps). */
  readonly grow: Tensor
  /** beta / √(1 - alphaBar), the factor of the predicted noise in eq. 11. */
  readonly remove: Tensor
  /** √alphaBar' · beta / (1 - alphaBar), the factor of x_0 in eq. 7. */
  readonly ofClean: Tensor
  /** √alpha · (1 - alphaBar') / (1 - alphaBar), the factor of x_t in eq. 7. */
  readonly ofNoisy: Tensor
  /** √beta, one of the two standard deviations of section 3.2. */
  readonly beta: Tensor
  /** √(beta (1 - alphaBar') / (1 - alphaBar)), the other one: that of the posterior. */
  readonly posterior: Tensor
}

/** The options of `linearSchedule`. */
export interface LinearSchedule {
  /** The number of timesteps; 200 by default. */
  readonly steps?: number
  /** The first beta; 1e-4 by default. */
  readonly betaMin?: number
  /** The last beta; 0.02 by default. */
  readonly betaMax?: number
}

/** Numbers of the schedule as a tensor. The reference reads them in float64. */
export const table = (values: readonly number[]): Tensor => {
  const data = Float64Array.from(values)
  return held({ read: () => data, dispose: () => undefined }, [values.length])
}

/** 1 - alphaBar_t = beta_t + alpha_t (1 - alphaBar_{t-1}). A subtraction would lose digits if it is small. */
export const lossesOf = (beta: readonly number[]): readonly number[] => {
  let lost = 0
  return beta.map((b) => (lost = b + (1 - b) * lost))
}

const tablesOf = (beta: readonly number[], alphaBar: readonly number[]): Tables => {
  const lost = lossesOf(beta)
  const of = (f: (beta: number, bar: number, lost: number, t: number) => number): Tensor =>
    table(beta.map((b, t) => f(b, alphaBar[t]!, lost[t]!, t)))
  const [barBefore, lostBefore] = [(t: number) => alphaBar[t - 1] ?? 1, (t: number) => lost[t - 1] ?? 0]
  return {
    signal: of((_, bar) => Math.sqrt(bar)),
    noise: of((_, __, l) => Math.sqrt(l)),
    grow: of((b) => 1 / Math.sqrt(1 - b)),
    remove: of((b, _, l) => b / Math.sqrt(l)),
    ofClean: of((b, _, l, t) => (Math.sqrt(barBefore(t)) * b) / l),
    ofNoisy: of((b, _, l, t) => (Math.sqrt(1 - b) * lostBefore(t)) / l),
    beta: of(Math.sqrt),
    posterior: of((b, _, l, t) => Math.sqrt((b * lostBefore(t)) / l))
  }
}

/** All that follows from the variances. */
const timestepsBy = (given: readonly number[]): Timesteps => {
  const beta = [...given]
  const alpha = beta.map((b) => 1 - b)
  let product = 1
  const alphaBar = alpha.map((a) => (product *= a))
  return { steps: beta.length, beta, alpha, alphaBar, tables: tablesOf(beta, alphaBar) }
}

const checkBetas = (beta: readonly number[]): void => {
  const outside = beta.find((b) => !(b > 0 && b < 1))
  if (outside !== undefined) raise('schedule', `beta lies between 0 and 1, not at ${outside}`)
}

/**
 * The schedule of given variances beta_0 … beta_{T-1}.
 *
 * @throws TesseraError if there is none, or one is not between 0 and 1
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.scheduleOf([0.5, 0.5]).alphaBar, [0.5, 0.25])
 * ```
 */
export const scheduleOf = (beta: readonly number[]): Schedule => {
  if (beta.length === 0) raise('schedule', 'wants at least one step')
  checkBetas(beta)
  return { ...timestepsBy(beta), endsInNoise: false }
}

/** The schedule of given variances, and of a last one that leaves no signal. */
export const noiseScheduleOf = (beta: readonly number[]): NoiseSchedule => {
  checkBetas(beta)
  return { ...timestepsBy([...beta, 1]), endsInNoise: true }
}

const linearNames: OptionNames<LinearSchedule> = { steps: true, betaMin: true, betaMax: true }

/**
 * A schedule whose beta grows by equal steps from `betaMin` to `betaMax`. Ho et al. 2020, section 4, use 1000 steps.
 *
 * @throws TesseraError unless steps is a whole number above 0, and 0 < betaMin ≤ betaMax < 1
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const { beta, steps } = t.linearSchedule({ steps: 1000 })
 * assert.deepStrictEqual([steps, beta[0], beta[999]], [1000, 1e-4, 0.02])
 * ```
 */
export const linearSchedule = (given: LinearSchedule = {}): Schedule => {
  const { steps = 200, betaMin = 1e-4, betaMax = 0.02 } = options('linearSchedule', given, linearNames)
  if (!Number.isSafeInteger(steps) || steps < 1)
    raise('linearSchedule', `steps is a whole number above 0, not ${steps}`)
  if (!(betaMin > 0 && betaMax < 1))
    raise('linearSchedule', `beta lies between 0 and 1, not from ${betaMin} to ${betaMax}`)
  if (betaMin > betaMax) raise('linearSchedule', `betaMin ${betaMin} is above betaMax ${betaMax}`)
  const last = Math.max(1, steps - 1)
  return scheduleOf(Array.from({ length: steps }, (_, t) => (betaMin * (last - t) + betaMax * t) / last))
}
