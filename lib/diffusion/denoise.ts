import type { Key } from '../core/key.ts'
import { add, equal, exp, mul, select, sub } from '../core/primitives.ts'
import { choice, options } from '../core/options.ts'
import { raise } from '../base/raise.ts'
import type { Tensor } from '../core/tensor.ts'
import { clip as clipped } from '../ops/pointwise.ts'
import { checkTimesteps, coefficient, noiseLike, perImage } from './coefficient.ts'
import { halvesOf, learnedLogVariance } from './learned.ts'
import { predicted, type Model } from './loss.ts'
import { cleanFrom } from './noise.ts'
import type { AnySchedule, Schedule } from './schedule.ts'

/** The options of `denoiseStep`. */
export interface Denoising {
  /**
   * The variance of the noise that a step adds. `beta` (the default) is beta_t, which is optimal for data of unit
   * variance. `posterior` is beta_t (1 - alphaBar_{t-1}) / (1 - alphaBar_t), which is optimal for a single image (Ho et
   * al. 2020, section 3.2). `learned` is what a model of `hybridLoss` says, in the second half of its channels.
   */
  readonly variance?: 'beta' | 'posterior' | 'learned'
  /** Clips the predicted image to ± this number before the step; off by default. */
  readonly clip?: number | undefined
}

/**
 * The mean of the posterior q(x_{t-1} | x_t, x_0) (Ho et al. 2020, eq. 7): √alphaBar_{t-1} beta_t / (1 - alphaBar_t)
 * x_0 + √alpha_t (1 - alphaBar_{t-1}) / (1 - alphaBar_t) x_t. `x0` and `xt` are `[N, …]`, `ts` is `[N]`.
 *
 * @throws TesseraError unless there is one timestep of the schedule per image
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * // the last step returns the image itself
 * const mean = t.posteriorMean(t.linearSchedule())(t.tensor([3]), t.tensor([5]), t.tensor([0]))
 * assert.deepStrictEqual(await t.reference.read(mean), Float64Array.of(3))
 * ```
 */
export const posteriorMean =
  (schedule: Schedule) =>
  (x0: Tensor, xt: Tensor, ts: Tensor): Tensor => {
    checkTimesteps('posteriorMean', schedule, xt, ts)
    const { tables } = schedule
    return add(mul(coefficient(tables.ofClean, ts, xt), x0), mul(coefficient(tables.ofNoisy, ts, xt), xt))
  }

// (x_t - beta_t / √(1 - alphaBar_t) · eps) / √alpha_t, eq. 11
const meanFrom =
  ({ tables }: Schedule) =>
  (xt: Tensor, ts: Tensor, eps: Tensor): Tensor =>
    mul(coefficient(tables.grow, ts, xt), sub(xt, mul(coefficient(tables.remove, ts, xt), eps)))

const clippedMean =
  (schedule: Schedule, most: number) =>
  (xt: Tensor, ts: Tensor, eps: Tensor): Tensor =>
    posteriorMean(schedule)(clipped(-most, most)(cleanFrom(schedule)(xt, ts, eps)), xt, ts)

/** The noise that a model sees, and the standard deviation of the noise that a step adds. */
const seenBy = <P, C>(schedule: Schedule, model: Model<P, C>, variance: Required<Denoising>['variance']) => {
  if (variance !== 'learned')
    return (params: P, xt: Tensor, ts: Tensor, condition: C) => ({
      eps: predicted('denoiseStep', model, params, xt, ts, condition),
      sigma: coefficient(schedule.tables[variance], ts, xt)
    })
  const logVariance = learnedLogVariance(schedule)
  return (params: P, xt: Tensor, ts: Tensor, condition: C) => {
    const { output, place } = halvesOf('denoiseStep', model(params, xt, ts, condition), xt)
    return { eps: output, sigma: exp(mul(logVariance(place, ts), 0.5)) }
  }
}

/**
 * One step back, p(x_{t-1} | x_t): (x_t - beta_t / √(1 - alphaBar_t) · eps) / √alpha_t + sigma_t z, where eps is the
 * model's prediction (Ho et al. 2020, algorithm 2, lines 3 and 4).
 *
 * `xt` is `[N, …]`. `ts` is `[N]`, and may differ from image to image. `z` is standard normal noise of the shape of
 * `xt`, or the key to draw it from. At t = 0 the result is the mean, and z is ignored.
 *
 * @throws TesseraError if the options are wrong; at a call, if the timesteps, the noise or the prediction don't fit the
 * images
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const silent: t.Model<null> = (_, x) => t.mul(x, 0)
 * const step = t.denoiseStep(t.scheduleOf([0.75, 0.75]), silent)
 * const x = step(null, t.tensor([1, 1]), t.tensor([0, 1]), t.tensor([NaN, 0]))
 * assert.deepStrictEqual(await t.reference.read(x), Float64Array.of(2, 2))
 * ```
 */
export const denoiseStep = <P, C = void>(
  schedule: Schedule,
  model: Model<P, C>,
  given: Denoising = {}
): ((params: P, xt: Tensor, ts: Tensor, z: Tensor | Key, condition: C) => Tensor) => {
  const { variance = 'beta', clip } = options('denoiseStep', given, { variance: true, clip: true })
  choice('denoiseStep', 'variance', variance, ['beta', 'posterior', 'learned'])
  if (clip !== undefined && !(clip > 0)) raise('denoiseStep', `clip is a positive number, not ${clip}`)
  if ((schedule as AnySchedule).endsInNoise)
    raise(
      'denoiseStep',
      'the schedule ends in pure noise, from which eps tells no picture: take sample, with a model that predicts x0, v or flow'
    )
  const mean = clip === undefined ? meanFrom(schedule) : clippedMean(schedule, clip)
  const seen = seenBy(schedule, model, variance)
  return (params, xt, ts, z, condition) => {
    checkTimesteps('denoiseStep', schedule, xt, ts)
    const { eps, sigma } = seen(params, xt, ts, condition)
    const noisy = mul(sigma, noiseLike('denoiseStep', xt, z))
    return add(mean(xt, ts, eps), select(perImage(equal(ts, 0), xt), 0, noisy))
  }
}
