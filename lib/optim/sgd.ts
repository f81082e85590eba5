import { options } from '../core/options.ts'
import { add, mul, sub } from '../core/primitives.ts'
import { zipTree } from '../core/tree.ts'
import { checkFraction, checkGradients, checkRate, withState, type Optimiser } from './optimiser.ts'
import { zerosLike } from './zeros.ts'

/** The options of `sgd`. */
export interface SgdOptions {
  /** The learning rate. */
  readonly lr: number
  /** How much of the last step's direction stays, in [0, 1); 0 by default. */
  readonly momentum?: number
}

/** The state of `sgd`. */
export interface SgdState<P> {
  /** The decaying sum of the gradients. */
  readonly velocity: P
}

/**
 * Gradient descent with momentum, as in PyTorch: velocity ← momentum · velocity + gradient,
 * parameter ← parameter - lr · velocity.
 *
 * @throws TesseraError if lr is not positive, or the momentum is not in [0, 1); at an update, if the gradients or the
 * state don't match the parameters
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const optimiser = t.sgd<t.Tensor>({ lr: 0.5, momentum: 0.5 })
 * const [x, state] = optimiser.update(t.tensor([2]), optimiser.init(t.tensor([4])), t.tensor([4]))
 * const [y] = optimiser.update(t.tensor([2]), state, x)
 * assert.deepStrictEqual(await t.reference.read(y), Float64Array.of(4 - 0.5 * 2 - 0.5 * 3))
 * ```
 */
export const sgd = <P>(given: SgdOptions): Optimiser<P, SgdState<P>> => {
  const { lr, momentum = 0 } = options('sgd', given, { lr: true, momentum: true })
  checkRate('sgd', lr)
  checkFraction('sgd', 'momentum', momentum)
  return {
    init: (params) => ({ velocity: zerosLike(params) }),
    update: (grads, state, params) => {
      checkGradients('sgd', params, grads)
      const velocity = withState('sgd')(state.velocity, grads, (v, g) => add(mul(v, momentum), g))
      return [zipTree(params, velocity, (p, v) => sub(p, mul(v, lr))), { velocity }]
    }
  }
}
