import { adam } from './adam.ts'
import type { Optimiser } from './optimiser.ts'
import { sgd } from './sgd.ts'

/** Makes an optimiser of a learning rate. What its state looks like is its own affair: a tree of tensors. */
export type MakeOptimiser = <P>(options: { readonly lr: number }) => Optimiser<P, unknown>

/** Forgets the type of the state. It is safe as long as an optimiser only gets states that it made itself. */
const opaque = <P, S>(optimiser: Optimiser<P, S>): Optimiser<P, unknown> => optimiser as Optimiser<P, unknown>

const table = <N extends string>(makers: Readonly<Record<N, MakeOptimiser>>) => makers

/**
 * The optimisers by name, with their usual options but the learning rate, for programs that let their user choose. An
 * optimiser that is added here can be chosen by every program.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const optimiser = t.optimisers.sgd<t.Tensor>({ lr: 0.5 })
 * const x = t.tensor([4])
 * const [next] = optimiser.update(t.tensor([2]), optimiser.init(x), x)
 * assert.deepStrictEqual(await t.reference.read(next), Float64Array.of(3))
 * ```
 */
export const optimisers = table({
  adam: <P>({ lr }: { readonly lr: number }) => opaque(adam<P>({ lr })),
  sgd: <P>({ lr }: { readonly lr: number }) => opaque(sgd<P>({ lr }))
})

/** The name of an optimiser in the table. */
export type OptimiserName = keyof typeof optimisers
