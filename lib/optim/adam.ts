import { ones } from '../core/create.ts'
import { add, div, mul, sqrt, sub } from '../core/primitives.ts'
import { options, type OptionNames } from '../core/options.ts'
import { raise } from '../base/raise.ts'
import type { Scalar } from '../core/tensor.ts'
import { zipTree } from '../core/tree.ts'
import { square } from '../ops/pointwise.ts'
import { checkFraction, checkGradients, checkRate, running, withState, type Optimiser } from './optimiser.ts'
import { zerosLike } from './zeros.ts'

/** The options of `adam`. */
export interface AdamOptions {
  /** The learning rate; 1e-3 by default. */
  readonly lr?: number
  /** The decay of the running mean of gradients at each step; 0.9 by default. */
  readonly beta1?: number
  /** The decay of the running mean of squared gradients at each step; 0.999 by default. */
  readonly beta2?: number
  /** Added to the root, against division by zero; 1e-8 by default. */
  readonly eps?: number
}

/** The state of `adam`, a tree of tensors. */
export interface AdamState<P> {
  /** The running mean of the gradients. */
  readonly m: P
  /** The running mean of their squares. */
  readonly v: P
  /** beta1 to the power of the number of steps done. */
  readonly power1: Scalar
  /** beta2 to the power of the number of steps done. */
  readonly power2: Scalar
}

const names: OptionNames<AdamOptions> = { lr: true, beta1: true, beta2: true, eps: true }

const check = ({ lr, beta1, beta2, eps }: Required<AdamOptions>): void => {
  checkRate('adam', lr)
  checkFraction('adam', 'beta1', beta1)
  checkFraction('adam', 'beta2', beta2)
  if (!(eps >= 0)) raise('adam', `eps is not negative: ${eps}`)
}

const moments = withState('adam')

/**
 * Adam (Kingma and Ba 2015, algorithm 1), step for step as in PyTorch: p ← p - lr · m̂ / (√v̂ + eps), where m̂ and v̂
 * are the running means, corrected for their start at zero.
 *
 * @throws TesseraError if lr is not positive, a beta is not in [0, 1), or eps is negative; at an update, if the
 * gradients or the state don't match the parameters
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const optimiser = t.adam<t.Tensor>({ lr: 0.5 })
 * const x = t.tensor([1, -1])
 * const [next] = optimiser.update(t.tensor([2, -3]), optimiser.init(x), x)
 * // the first step is as long as the learning rate, whatever the gradient's length
 * assert.deepStrictEqual((await t.reference.read(next)).map((v) => Math.round(v * 1e6) / 1e6), Float64Array.of(0.5, -0.5))
 * ```
 */
export const adam = <P>(given: AdamOptions = {}): Optimiser<P, AdamState<P>> => {
  const { lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8 } = options('adam', given, names)
  check({ lr, beta1, beta2, eps })
  return {
    init: (params) => ({ m: zerosLike(params), v: zerosLike(params), power1: ones([]), power2: ones([]) }),
    update: (grads, state, params) => {
      checkGradients('adam', params, grads)
      const m = moments(state.m, grads, running(beta1))
      const v = moments(state.v, grads, (mean, g) => running(beta2)(mean, square(g)))
      const [power1, power2] = [mul(state.power1, beta1), mul(state.power2, beta2)]
      // p - lr m̂ / (√v̂ + eps), with m̂ = m / (1 - beta1ᵗ) and v̂ = v / (1 - beta2ᵗ)
      const [rate, root] = [div(lr, sub(1, power1)), sqrt(sub(1, power2))]
      const direction = zipTree(m, v, (mean, squares) => div(mean, add(div(sqrt(squares), root), eps)))
      const next = zipTree(params, direction, (p, d) => sub(p, mul(d, rate)))
      return [next, { m, v, power1, power2 }]
    }
  }
}
