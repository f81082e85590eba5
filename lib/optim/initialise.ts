import { dual } from '../core/dual.ts'
import { options } from '../core/options.ts'
import { keyFirst, split, type Key } from '../core/key.ts'
import { raise } from '../base/raise.ts'
import type { Shape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { uniform } from '../ops/random.ts'

/** Makes initial parameters from a key. */
export type Init<P> = (key: Key) => P

/** Initialisers by name. */
export type Inits = Readonly<Record<string, Init<unknown>>>

/** The initial parameters that a record of initialisers makes. */
export type Initialised<T extends Inits> = { readonly [K in keyof T]: ReturnType<T[K]> }

/** The options of `uniformFan`. */
export interface FanOptions {
  /** The number of inputs that each output is a sum over. */
  readonly fanIn: number
}

/** A key, a shape and options; or the same without the key, which is an `Init`. */
export interface UniformFan {
  <const S extends Shape>(key: Key, shape: S, options: FanOptions): Tensor<S>
  <const S extends Shape>(shape: S, options: FanOptions): Init<Tensor<S>>
}

/**
 * Uniform random numbers in ±1/√fanIn: PyTorch's initial weights and biases of linear layers and convolutions.
 *
 * @throws TesseraError if fanIn is not positive
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const w = await t.reference.read(t.uniformFan(t.key(0), [10, 100], { fanIn: 100 }))
 * assert.ok(w.every((v) => Math.abs(v) <= 0.1))
 * ```
 */
export const uniformFan = dual<UniformFan>(keyFirst('uniformFan', 3), (shape: Shape, given: FanOptions) => {
  const { fanIn } = options('uniformFan', given, { fanIn: true })
  if (!(fanIn > 0)) raise('uniformFan', `fanIn is a positive number, not ${fanIn}`)
  return (key: Key) => uniform(key, shape, { low: -1 / Math.sqrt(fanIn), high: 1 / Math.sqrt(fanIn) })
})

/**
 * Combines initialisers: the result initialises a record, each part with its own key.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const init = t.together({ a: t.uniformFan([2], { fanIn: 1 }), b: () => t.zeros([3]) })
 * assert.deepStrictEqual(init(t.key(0)).b.shape, [3])
 * ```
 */
export const together =
  <const T extends Inits>(parts: T): Init<Initialised<T>> =>
  (key) => {
    const names = Object.keys(parts)
    const keys = split(key, names.length)
    return Object.fromEntries(names.map((name, i) => [name, parts[name]!(keys[i]!)])) as Initialised<T>
  }
