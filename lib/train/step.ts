import type { Scalar } from '../core/tensor.ts'
import { valueAndGrad } from '../grad/grad.ts'
import type { Optimiser } from '../optim/optimiser.ts'

/** What a training step turns into the next: parameters, and the optimiser's state. Both are trees of tensors. */
export interface TrainState<P, S> {
  /** The parameters of the model. */
  readonly params: P
  /** The state of the optimiser. */
  readonly optState: S
}

/**
 * The state before the first step.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { initTrainState } from 'tessera/train'
 * const { params, optState } = initTrainState(t.sgd<t.Tensor>({ lr: 0.1 }), t.ones([2]))
 * assert.deepStrictEqual([params.shape, optState.velocity.shape], [[2], [2]])
 * ```
 */
export const initTrainState = <P, S>(optimiser: Optimiser<P, S>, params: P): TrainState<P, S> => ({
  params,
  optState: optimiser.init(params)
})

/**
 * One training step as a pure function: the loss of a batch, its gradients, and the optimiser's update. It takes the
 * state and the arguments of `loss` after the parameters, and gives the next state and the loss before the update.
 *
 * Compile it with `{ donate: [0] }`: the step is then one plan, and the next state takes the memory of the one before,
 * which is used up. For a diffusion model the loss is `t.loss(schedule, model)`, with the pictures x_0 [N, …], their
 * timesteps [N] and the noise [N, …] as the batch (Ho et al. 2020, algorithm 1).
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { initTrainState, trainStep } from 'tessera/train'
 * const optimiser = t.sgd<t.Scalar>({ lr: 0.25 })
 * const loss = (w: t.Scalar, x: t.Tensor) => t.mse(t.mul(x, w), t.ones([1]))
 * const step = t.reference.compile(trainStep(loss, optimiser), { donate: [0] })
 * const [next, value] = step(initTrainState(optimiser, t.scalar(3)), t.ones([1]))
 * // (3 - 1)² = 4, and w - lr · 2 (w - 1) = 2
 * assert.deepStrictEqual(await t.reference.read(value), Float64Array.of(4))
 * assert.deepStrictEqual(await t.reference.read(next.params), Float64Array.of(2))
 * ```
 */
export const trainStep =
  <P, S, A extends readonly unknown[]>(loss: (params: P, ...batch: A) => Scalar, optimiser: Optimiser<P, S>) =>
  ({ params, optState }: TrainState<P, S>, ...batch: A): readonly [state: TrainState<P, S>, loss: Scalar] => {
    const [value, grads] = valueAndGrad(loss)(params, ...batch)
    const [next, nextOptState] = optimiser.update(grads, optState, params)
    return [{ params: next, optState: nextOptState }, value]
  }
