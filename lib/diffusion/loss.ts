import type { Key } from '../core/key.ts'
import { raise, showShape } from '../base/raise.ts'
import { sameShape } from '../core/shape.ts'
import type { Scalar, Tensor } from '../core/tensor.ts'
import { valueAndGrad } from '../grad/grad.ts'
import { mse } from '../ops/reduce.ts'
import { noiseLike } from './coefficient.ts'
import { noise } from './noise.ts'
import type { Schedule } from './schedule.ts'

/**
 * Predicts the noise in noisy images: `x` is `[N, …]`, `ts` is `[N]` timesteps, and the result has the shape of `x`.
 */
export type Model<P> = (params: P, x: Tensor, ts: Tensor) => Tensor

/** The model's prediction. Raises if it has another shape than the images. */
export const predicted = <P>(op: string, model: Model<P>, params: P, x: Tensor, ts: Tensor): Tensor => {
  const eps = model(params, x, ts)
  return sameShape(eps.shape, x.shape)
    ? eps
    : raise(op, `the model predicts noise of the shape ${showShape(eps.shape)} for ${showShape(x.shape)}`)
}

/**
 * L_simple (Ho et al. 2020, eq. 14): the mean squared error, over all elements, between the noise that was added and
 * the noise that the model predicts. `x0` is `[N, …]`. Draw `ts` with `randint(key, [N], { high: schedule.steps })`;
 * `eta` is standard normal noise of the shape of `x0`, or the key to draw it from.
 *
 * @throws TesseraError if the timesteps, the noise or the prediction don't fit the images
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const silent: t.Model<null> = (_, x) => t.mul(x, 0)
 * const loss = t.loss(t.linearSchedule(), silent)(null, t.ones([2, 1]), t.tensor([0, 9]), t.tensor([[3], [1]]))
 * assert.deepStrictEqual(await t.reference.read(loss), Float64Array.of(5))
 * ```
 */
export const loss =
  <P>(schedule: Schedule, model: Model<P>) =>
  (params: P, x0: Tensor, ts: Tensor, eta: Tensor | Key): Scalar => {
    const drawn = noiseLike('loss', x0, eta)
    return mse(predicted('loss', model, params, noise(schedule)(x0, ts, drawn), ts), drawn)
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
export const lossStep =
  <P>(schedule: Schedule, model: Model<P>) =>
  (params: P, x0: Tensor, ts: Tensor, eta: Tensor | Key): readonly [loss: Scalar, grads: P] =>
    valueAndGrad(loss(schedule, model))(params, x0, ts, eta)
