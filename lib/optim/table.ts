import { adam } from './adam.ts'
import type { Optimiser } from './optimiser.ts'
import { sgd } from './sgd.ts'

/** The options of an optimiser in the table. */
export interface EntryOptions {
  /** The learning rate; the entry's own by default. */
  readonly lr?: number
}

/** Makes an optimiser. What its state looks like is its own affair: a tree of tensors. */
export interface MakeOptimiser {
  <P>(options?: EntryOptions): Optimiser<P, unknown>
  /** The learning rate by default. */
  readonly lr: number
}

/** Forgets the type of the state. It is safe as long as an optimiser only gets states that it made itself. */
const opaque = <P, S>(optimiser: Optimiser<P, S>): Optimiser<P, unknown> => optimiser as Optimiser<P, unknown>

/** An entry of the table: a learning rate that is a good first try, and how the optimiser is made. */
const entry = (lr: number, make: <P>(options: Required<EntryOptions>) => Optimiser<P, unknown>): MakeOptimiser =>
  Object.assign(<P>(options: EntryOptions = {}) => make<P>({ lr, ...options }), { lr })

/**
 * The optimisers by name, with their usual options, for programs that let their user choose. An optimiser that is added
 * here can be chosen by every program.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const optimiser = t.optimisers.sgd<t.Tensor>({ lr: 0.5 })
 * const x = t.tensor([4])
 * const [next] = optimiser.update(t.tensor([2]), optimiser.init(x), x)
 * assert.deepStrictEqual(await t.reference.read(next), Float64Array.of(3))
 * assert.equal(t.optimisers.adam.lr, 1e-3) // without the option it is the entry's own
 * ```
 */
export const optimisers = {
  // the article's
  adam: entry(1e-3, <P>(options: Required<EntryOptions>) => opaque(adam<P>(options))),
  // of 0.1 and 1, the one with which the U-Net learns: on drawn digits, batches of 32, 1 gives NaN at step 33
  sgd: entry(0.1, <P>(options: Required<EntryOptions>) => opaque(sgd<P>(options)))
}

/** The name of an optimiser in the table. */
export type OptimiserName = keyof typeof optimisers
