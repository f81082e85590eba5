import { counted, dual } from '../core/dual.ts'
import type { Key } from '../core/key.ts'
import { options, type OptionNames } from '../core/options.ts'
import { add, div, lessEqual, mul, select, sqrt, sub } from '../core/primitives.ts'
import { raise } from '../base/raise.ts'
import type { Scalar, Tensor } from '../core/tensor.ts'
import { grad } from '../grad/grad.ts'
import { uniform } from '../ops/random.ts'
import { variance } from '../ops/reduce.ts'
import { coefficient, imageAxes, perImage } from './coefficient.ts'
import type { Model } from './loss.ts'
import type { Schedule } from './schedule.ts'

/** The options of `guided`. */
export interface GuidedOptions {
  /**
   * Pulls the contrast of each picture's prediction back to that without guidance, from 0 (not at all, the default) to 1
   * (Lin et al. 2024, section 3.4). Guidance makes predictions ever larger.
   */
  readonly rescale?: number
  /** The timesteps, from … to, both included, that are guided; all by default (Kynkäänniemi et al. 2024). */
  readonly interval?: readonly [from: number, to: number]
}

const guidedNames: OptionNames<GuidedOptions> = { rescale: true, interval: true }

/** Standard deviations of each picture, [N, 1, …]. */
const spread = (x: Tensor): Tensor => sqrt(variance(x, { axes: imageAxes(x), keepDims: true }))

/**
 * A model that is guided towards its condition without a classifier (Ho and Salimans 2022, eq. 6): u + scale · (c - u), where
 * c is what the model predicts with the condition, and u with the condition `null`, which stands for none. It works for
 * whatever the model predicts. A scale of 0 ignores the condition, 1 is the model itself, more exaggerates.
 *
 * @throws TesseraError if the scale is not a number, or rescale not from 0 to 1
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const model: t.Model<null, t.Tensor | null> = (_, x, __, condition) => t.mul(x, condition ?? t.scalar(0))
 * const guided = t.guided(model, 3)
 * const found = guided(null, t.ones([1, 2]), t.tensor([5]), t.scalar(2))
 * assert.deepStrictEqual(await t.reference.read(found), Float64Array.of(6, 6))
 * ```
 */
export const guided = <P, C>(model: Model<P, C | null>, scale: number, given: GuidedOptions = {}): Model<P, C> => {
  const { rescale = 0, interval } = options('guided', given, guidedNames)
  if (!Number.isFinite(scale)) raise('guided', `scale is a number, not ${scale}`)
  if (!(rescale >= 0 && rescale <= 1)) raise('guided', `rescale is from 0 to 1, not ${rescale}`)
  return (params, x, ts, condition) => {
    const [told, free] = [model(params, x, ts, condition), model(params, x, ts, null)]
    const pull = sub(told, free)
    const strong = add(
      free,
      interval === undefined ? mul(pull, scale) : mul(pull, strengthWithin(interval, scale, ts, x))
    )
    if (rescale === 0) return strong
    const even = mul(strong, div(spread(told), spread(strong)))
    return add(mul(even, rescale), mul(strong, 1 - rescale))
  }
}

const strengthWithin = ([from, to]: readonly [number, number], scale: number, ts: Tensor, x: Tensor): Tensor =>
  perImage(select(mul(lessEqual(from, ts), lessEqual(ts, to)), scale, 1), x)

/** The logarithm of how likely the wanted thing is in each noisy picture, summed over the pictures. */
export type LogLikelihood<P> = (params: P, x: Tensor, ts: Tensor) => Scalar

/**
 * A model of `eps` that is guided by a classifier of noisy pictures (Dhariwal and Nichol 2021, algorithm 2): eps - scale ·
 * noise_t · ∇ log p(y | x_t). Its parameters are those of the model and those of the classifier.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const silent: t.Model<null> = (_, x) => t.mul(x, 0)
 * const wanted: t.LogLikelihood<null> = (_, x) => t.sum(x)
 * const model = t.classifierGuided(silent, wanted, { schedule: t.scheduleOf([0.36]), scale: 5 })
 * const eps = model([null, null], t.ones([1, 1]), t.tensor([0]))
 * assert.deepStrictEqual((await t.reference.read(eps)).map((v) => Math.round(v * 1e9) / 1e9), Float64Array.of(-3))
 * ```
 */
export const classifierGuided = <P, Q, C = void>(
  model: Model<P, C>,
  logLikelihood: LogLikelihood<Q>,
  given: ClassifierGuidance
): Model<readonly [P, Q], C> => {
  const { schedule, scale } = options('classifierGuided', given, { schedule: true, scale: true })
  if (!Number.isFinite(scale)) raise('classifierGuided', `scale is a number, not ${scale}`)
  return ([params, others], x, ts, condition) => {
    const slope = grad((y: Tensor) => logLikelihood(others, y, ts))(x)
    return sub(model(params, x, ts, condition), mul(mul(coefficient(schedule.tables.noise, ts, x), scale), slope))
  }
}

/** The options of `classifierGuided`. */
export interface ClassifierGuidance {
  /** The schedule of the model. */
  readonly schedule: Schedule
  /** How strongly the classifier pulls; 1 is Bayes' rule. */
  readonly scale: number
}

/** The options of `dropLabels`. */
export interface DropOptions {
  /** How many of the labels are dropped, from 0 to 1; 0.1 by default. */
  readonly rate?: number
  /** The label that stands for none: usually the number of classes. */
  readonly none: number
}

/** A key, labels and options; or the key and the options, for `pipe`. */
export interface DropLabels {
  (labels: Tensor, key: Key, options: DropOptions): Tensor
  (key: Key, options: DropOptions): (labels: Tensor) => Tensor
}

/**
 * Labels `[N]`, some of which are replaced by that for none. A model that is trained so knows both what it is told and what
 * it is not told, as `guided` wants it.
 *
 * @throws TesseraError if the rate is not from 0 to 1
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const labels = t.dropLabels(t.tensor([3, 7]), t.key(0), { rate: 1, none: 10 })
 * assert.deepStrictEqual(await t.reference.read(labels), Float64Array.of(10, 10))
 * ```
 */
export const dropLabels = dual<DropLabels>(counted(3), (key: Key, given: DropOptions) => {
  const { rate = 0.1, none } = options('dropLabels', given, { rate: true, none: true })
  if (!(rate >= 0 && rate <= 1)) raise('dropLabels', `rate is from 0 to 1, not ${rate}`)
  return (labels: Tensor) => select(lessEqual(rate, uniform(key, labels.shape)), labels, none)
})
