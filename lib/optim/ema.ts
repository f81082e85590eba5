import { options } from '../core/options.ts'
import { pairTrees, type Pairing } from '../core/tree.ts'
import { checkFraction, running } from './optimiser.ts'

/** A running average of parameters. It is steadier than the parameters themselves, and samples are better with it. */
export interface Ema<P> {
  /** The average at the start, which is the parameters. */
  readonly init: (params: P) => P
  /** The average after a step with these parameters. */
  readonly update: (average: P, params: P) => P
}

/** The options of `ema`. */
export interface EmaOptions {
  /** How much of the average stays at each step, in [0, 1). */
  readonly decay: number
}

const between: Pairing = { first: 'the average', second: 'the parameters', shapes: true }

/**
 * The exponential moving average: average ← decay · average + (1 - decay) · parameter. It starts at the parameters.
 *
 * @throws TesseraError if the decay is not in [0, 1); at an update, if the trees differ
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const average = t.ema<t.Tensor>({ decay: 0.75 })
 * const start = average.init(t.tensor([0, 8]))
 * assert.deepStrictEqual(await t.reference.read(average.update(start, t.tensor([4, 4]))), Float64Array.of(1, 7))
 * ```
 */
export const ema = <P>(given: EmaOptions): Ema<P> => {
  const { decay } = options('ema', given, { decay: true })
  checkFraction('ema', 'decay', decay)
  return {
    init: (params) => params,
    update: (average, params) => pairTrees('ema', between, [average, params], running(decay))
  }
}
