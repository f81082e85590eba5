import type { Key } from '../core/key.ts'
import { raise, showShape } from '../base/raise.ts'
import { sameShape } from '../core/shape.ts'
import type { Scalar, Tensor } from '../core/tensor.ts'
import { valueAndGrad } from '../grad/grad.ts'
import { mse } from '../ops/reduce.ts'
import { noiseLike } from './coefficient.ts'
import { noise } from './noise.ts'
import type { Schedule } from './schedule.ts'

/** Predicts the noise in x_t: `x` is [N, …], `ts` the N timesteps; the result is like `x`. */
export type Model<P> = (params: P, x: Tensor, ts: Tensor) => Tensor

/** The model's prediction; raises where it is not like the pictures. */
export const predicted = <P>(op: string, model: Model<P>, params: P, x: Tensor, ts: Tensor): Tensor => {
  const eps = model(params, x, ts)
  return sameShape(eps.shape, x.shape)
    ? eps
    : raise(op, `the model predicts noise of the shape ${showShape(eps.shape)} for ${showShape(x.shape)}`)
}

/**
 * L_simple (Ho et al. 2020, eq. 14): the mean squared error, over all elements, between the noise added and the
 * noise that the model sees. Timesteps and noise are arguments: draw `ts` with `randint(key, [N], 0, steps)`.
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
 * The loss of a batch and its gradients: line 5 of algorithm 1 (Ho et al. 2020). An optimiser does the rest.
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
