import { adam } from './adam.ts'
import type { Optimiser } from './optimiser.ts'
import { sgd } from './sgd.ts'

/** The options of an optimiser in the table. */
export interface OptimiserOptions {
  /** The learning rate; the entry's own by default. */
  readonly lr?: number
}

/** Makes an optimiser. What its state looks like is its own affair: a tree of tensors. */
export interface MakeOptimiser {
  <P>(options?: OptimiserOptions): Optimiser<P, unknown>
  /** The learning rate by default. */
  readonly lr: number
}

/** Forgets the type of the state. It is safe as long as an optimiser only gets states that it made itself. */
const opaque = <P, S>(optimiser: Optimiser<P, S>): Optimiser<P, unknown> => optimiser as Optimiser<P, unknown>

/** An entry of the table: a learning rate that is a good first try, and how the optimiser is made. */
const entry = (lr: number, make: <P>(options: Required<OptimiserOptions>) => Optimiser<P, unknown>): MakeOptimiser =>
  Object.assign(<P>(options: OptimiserOptions = {}) => make<P>({ lr, ...options }), { lr })

const table = <N extends string>(entries: Readonly<Record<N, MakeOptimiser>>) => entries

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
export const optimisers = table({
  // the article's
  adam: entry(1e-3, <P>(options: Required<OptimiserOptions>) => opaque(adam<P>(options))),
  // npm run train -- --demo --epochs 4: the loss ends at 0.58 with it, and is NaN at step 33 with 1
  sgd: entry(0.1, <P>(options: Required<OptimiserOptions>) => opaque(sgd<P>(options)))
})

/** The name of an optimiser in the table. */
export type OptimiserName = keyof typeof optimisers
