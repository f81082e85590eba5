import type { Key } from '../core/key.ts'
import { choice, options } from '../core/options.ts'
import { mul, sub } from '../core/primitives.ts'
import { raise, showShape } from '../base/raise.ts'
import { sameShape } from '../core/shape.ts'
import type { Scalar, Tensor } from '../core/tensor.ts'
import { valueAndGrad } from '../grad/grad.ts'
import { square } from '../ops/pointwise.ts'
import { mean, mse } from '../ops/reduce.ts'
import { coefficient, noiseLike } from './coefficient.ts'
import { allLevels } from './levels.ts'
import { noise } from './noise.ts'
import { predictionNames, predictions, type OptionsFor, type Prediction } from './prediction.ts'
import { table, type AnySchedule } from './schedule.ts'
import { ownWeight, type LossWeight } from './weights.ts'

/**
 * Predicts the noise in noisy images, or what else `Prediction` names: `x` is `[N, …]`, `ts` is `[N]` timesteps, and the
 * result has the shape of `x`. A model that takes a condition, such as the classes of the images, gets it last.
 */
export type Model<P, C = void> = (params: P, x: Tensor, ts: Tensor, condition: C) => Tensor

/** The model's prediction. Raises if it has another shape than the images. */
export const predicted = <P, C>(
  op: string,
  model: Model<P, C>,
  params: P,
  x: Tensor,
  ts: Tensor,
  condition: C
): Tensor => {
  const eps = model(params, x, ts, condition)
  return sameShape(eps.shape, x.shape)
    ? eps
    : raise(op, `the model predicts noise of the shape ${showShape(eps.shape)} for ${showShape(x.shape)}`)
}

/** The options of `loss` and `lossStep`. */
export interface LossOptions {
  /** What the model predicts; `eps` by default. */
  readonly prediction?: Prediction
  /** How much each noise level counts; without it all errors of what the model predicts count the same. */
  readonly weight?: LossWeight
}

/** The options for a schedule: on one that ends in noise, no model learns `eps`. */
export type LossOptionsFor<S extends AnySchedule> = OptionsFor<S, LossOptions>

/** The loss of clean images at timesteps with noise, and with the condition of a model that takes one. */
export type Loss<P, C = void> = (params: P, x0: Tensor, ts: Tensor, eta: Tensor | Key, condition: C) => Scalar

/** The weights of all timesteps, as a table. */
const weightsOf = (schedule: AnySchedule, prediction: Prediction, weight: LossWeight): Tensor =>
  table(allLevels(schedule).map((at) => ownWeight(weight, prediction, at)))

const checked = (
  schedule: AnySchedule,
  given: LossOptions
): Required<Pick<LossOptions, 'prediction'>> & LossOptions => {
  const { prediction = 'eps', weight } = options('loss', given, { prediction: true, weight: true })
  choice('loss', 'prediction', prediction, predictionNames)
  if (schedule.endsInNoise && prediction === 'eps')
    raise('loss', 'the schedule ends in pure noise, which tells no picture: train a model that predicts x0, v or flow')
  return { prediction, ...(weight && { weight }) }
}

/**
 * The training loss. By default L_simple (Ho et al. 2020, eq. 14): the mean squared error, over all elements, between the
 * noise that was added and the noise that the model predicts. With `prediction` it is that of what the model predicts
 * instead, and with `weight` the squared errors of each image count by its noise level.
 *
 * `x0` is `[N, …]`. Draw `ts` with `randint(key, [N], { high: schedule.steps })`; `eta` is standard normal noise of the
 * shape of `x0`, or the key to draw it from. A model that takes a condition gets the last argument.
 *
 * @throws TesseraError if the timesteps, the noise or the prediction don't fit the images, or an `eps` model is trained on
 * a schedule that ends in noise
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const silent: t.Model<null> = (_, x) => t.mul(x, 0)
 * const loss = t.loss(t.linearSchedule(), silent)(null, t.ones([2, 1]), t.tensor([0, 9]), t.tensor([[3], [1]]))
 * assert.deepStrictEqual(await t.reference.read(loss), Float64Array.of(5))
 * ```
 */
export const loss = <P, S extends AnySchedule, C = void>(
  schedule: S,
  model: Model<P, C>,
  ...[given = {}]: LossOptionsFor<S>
): Loss<P, C> => {
  const { prediction, weight } = checked(schedule, given)
  const weights = weight && weightsOf(schedule, prediction, weight)
  const { signal, noise: strength } = schedule.tables
  return (params, x0, ts, eta, condition) => {
    const eps = noiseLike('loss', x0, eta)
    const output = predicted('loss', model, params, noise(schedule)(x0, ts, eps), ts, condition)
    const at = { signal: coefficient(signal, ts, x0), noise: coefficient(strength, ts, x0) }
    const target = predictions[prediction].target({ x0, eps }, at)
    return weights === undefined
      ? mse(output, target)
      : mean(mul(coefficient(weights, ts, x0), square(sub(output, target))))
  }
}

/**
 * The loss of a batch and its gradients (Ho et al. 2020, algorithm 1, line 5). An optimiser turns them into the next
 * parameters. The arguments are those of `loss`.
 *
 * @throws TesseraError if the timesteps, the noise or the prediction don't fit the images
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const model: t.Model<t.Scalar> = (w, x) => t.mul(x, w)
 * const step = t.lossStep(t.linearSchedule(), model)
 * const [value, gradient] = step(t.scalar(0), t.zeros([3, 2]), t.tensor([7, 7, 7]), t.key(0))
 * assert.deepStrictEqual([value.shape, gradient.shape], [[], []])
 * ```
 */
export const lossStep = <P, S extends AnySchedule, C = void>(
  schedule: S,
  model: Model<P, C>,
  ...given: LossOptionsFor<S>
): ((...batch: Parameters<Loss<P, C>>) => readonly [loss: Scalar, grads: P]) =>
  valueAndGrad(loss<P, S, C>(schedule, model, ...given))
