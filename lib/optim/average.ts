import { zeros } from '../core/create.ts'
import { counted, dual } from '../core/dual.ts'
import { options } from '../core/options.ts'
import { add, div } from '../core/primitives.ts'
import type { Scalar } from '../core/tensor.ts'
import { pairTrees } from '../core/tree.ts'
import { minimum } from '../ops/pointwise.ts'
import type { EmaOptions } from './ema.ts'
import { checkFraction, running, type Optimiser } from './optimiser.ts'

/** The state of an optimiser that averages the parameters. */
export interface AveragedState<P, S> {
  /** The state of the optimiser itself. */
  readonly inner: S
  /** The average of the parameters. */
  readonly average: P
  /** Steps done. */
  readonly step: Scalar
}

/** An optimiser and options; or the options alone, for `pipe`. */
export interface WithAverage {
  <P, S>(optimiser: Optimiser<P, S>, options: EmaOptions): Optimiser<P, AveragedState<P, S>>
  (options: EmaOptions): <P, S>(optimiser: Optimiser<P, S>) => Optimiser<P, AveragedState<P, S>>
}

/**
 * An optimiser that keeps the exponential moving average of the parameters in its state, where samples are drawn from:
 * average ← d · average + (1 - d) · parameter. After s steps d is min(decay, (1 + s) / (10 + s)), and 0 in the first step:
 * the average forgets where training started, and becomes slow only gradually.
 *
 * @throws TesseraError if the decay is not in [0, 1)
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const optimiser = t.withAverage(t.sgd<t.Tensor>({ lr: 1 }), { decay: 0.999 })
 * const x = t.tensor([4])
 * const [next, state] = optimiser.update(t.tensor([1]), optimiser.init(x), x)
 * assert.deepStrictEqual(await t.reference.read(state.average), Float64Array.of(3))
 * const [, last] = optimiser.update(t.tensor([1]), state, next)
 * assert.deepStrictEqual(await t.reference.read(last.average), Float64Array.of((3 * 2) / 11 + (2 * 9) / 11))
 * ```
 */
export const withAverage = dual<WithAverage>(counted(2), (given: EmaOptions) => {
  const { decay } = options('withAverage', given, { decay: true })
  checkFraction('withAverage', 'decay', decay)
  return <P, S>({ init, update }: Optimiser<P, S>): Optimiser<P, AveragedState<P, S>> => ({
    init: (params) => ({ inner: init(params), average: params, step: zeros([]) }),
    update: (grads, { inner, average, step }, params) => {
      const [next, optState] = update(grads, inner, params)
      // the middle term is 0 in the first step, and 1 or more, which is no bound, in all others
      const keep = minimum(minimum(div(add(step, 1), add(step, 10)), step), decay)
      const pairing = { first: 'the average', second: 'the parameters', shapes: true }
      const moved = pairTrees('withAverage', pairing, [average, next], running(keep))
      return [next, { inner: optState, average: moved, step: add(step, 1) }]
    }
  })
})
