import { options } from '../core/options.ts'
import { add, mul } from '../core/primitives.ts'
import { pairTrees, type Pairing } from '../core/tree.ts'
import { checkFraction } from './optimiser.ts'

/** A running average of parameters: steadier than the parameters themselves, and so better to sample with. */
export interface Ema<P> {
  readonly init: (params: P) => P
  readonly update: (average: P, params: P) => P
}

const between: Pairing = { first: 'the average', second: 'the parameters', shapes: true }

/**
 * The exponential moving average: average ← decay · average + (1 - decay) · parameter. It starts at the parameters.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const average = t.ema<t.Tensor>({ decay: 0.75 })
 * const start = average.init(t.tensor([0, 8]))
 * assert.deepStrictEqual(await t.reference.read(average.update(start, t.tensor([4, 4]))), Float64Array.of(1, 7))
 * ```
 */
export const ema = <P>(given: { readonly decay: number }): Ema<P> => {
  const { decay } = options('ema', given, { decay: true })
  checkFraction('ema', 'decay', decay)
  return {
    init: (params) => params,
    update: (average, params) =>
      pairTrees('ema', between, [average, params], (a, p) => add(mul(a, decay), mul(p, 1 - decay)))
  }
}
