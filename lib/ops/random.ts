import { held } from '../core/create.ts'
import { keyFirst, type Key } from '../core/key.ts'
import { dual } from '../core/dual.ts'
import { options } from '../core/options.ts'
import { drawRow, lazily } from '../core/primitives.ts'
import { raise } from '../base/raise.ts'
import { checkShape, sizeOf, type Shape } from '../core/shape.ts'
import { node, shaped, type Tensor } from '../core/tensor.ts'
import {
  normalValues,
  permutationValues,
  randintValues,
  uniformValues,
  wantRange,
  wantSpan,
  type Words
} from '../random/threefry.ts'

// Random numbers are leaves. The host derives them from the key, so that they have the same bits on every device.

const drawn = <S extends Shape>(
  op: string,
  key: Key,
  given: S,
  values: (words: Words, n: number) => ArrayLike<number>
): Tensor<S> => {
  const shape = checkShape(op, given)
  // the checked copy of the shape, because the caller's array may change before the numbers are drawn
  const draw = (words: Words) => values(words, sizeOf(shape))
  const { words } = key
  return shaped<S>(
    words
      ? held(
          lazily(() => draw(words)),
          shape
        )
      : node(drawRow, { shape, key, draw })
  )
}

/** A key and a shape; or the shape alone, for a function of the key. */
export interface Normal {
  <const S extends Shape>(key: Key, shape: S): Tensor<S>
  <const S extends Shape>(shape: S): (key: Key) => Tensor<S>
}

/**
 * Standard normal numbers: √2 erf⁻¹(u), with u uniform in (-1, 1). 99 of 100 have the bits of `jax.random.normal` on a
 * CPU, the others are at most 3 units in the last place off. All devices and browsers draw the same numbers.
 *
 * @throws TesseraError if a size is negative or not whole
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.normal(t.key(0), [2, 3]).shape, [2, 3])
 * ```
 */
export const normal = dual<Normal>(
  keyFirst('normal', 2),
  (shape: Shape) => (key: Key) => drawn('normal', key, shape, normalValues)
)

/** The options of `uniform`. */
export interface UniformOptions {
  /** The lower bound, which may occur; 0 by default. */
  readonly low?: number
  /** The upper bound, which does not occur; 1 by default. */
  readonly high?: number
}

/** A key, a shape and options; or the same without the key, for a function of it. */
export interface Uniform {
  <const S extends Shape>(key: Key, shape: S, options?: UniformOptions): Tensor<S>
  <const S extends Shape>(shape: S, options?: UniformOptions): (key: Key) => Tensor<S>
}

/**
 * Uniform random numbers in [low, high), with the bits of `jax.random.uniform`.
 *
 * @throws TesseraError if low is above high
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const x = await t.reference.read(t.uniform(t.key(0), [100], { low: -1 }))
 * assert.ok(x.every((v) => v >= -1 && v < 1))
 * ```
 */
export const uniform = dual<Uniform>(keyFirst('uniform', 3), (shape: Shape, given: UniformOptions = {}) => {
  const { low = 0, high = 1 } = options('uniform', given, { low: true, high: true })
  wantSpan(low, high)
  return (key: Key) => drawn('uniform', key, shape, (words, n) => uniformValues(words, n, low, high))
})

/** The options of `randint`. */
export interface RandintOptions {
  /** The lower bound, which may occur; 0 by default. */
  readonly low?: number
  /** The upper bound, which does not occur. */
  readonly high: number
}

/** A key, a shape and options; or the same without the key, for a function of it. */
export interface Randint {
  <const S extends Shape>(key: Key, shape: S, options: RandintOptions): Tensor<S>
  <const S extends Shape>(shape: S, options: RandintOptions): (key: Key) => Tensor<S>
}

/**
 * Uniform random whole numbers from low to high - 1, with the bits of `jax.random.randint`.
 *
 * @throws TesseraError unless -2^31 ≤ low < high ≤ 2^31, both whole
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const ts = await t.reference.read(t.randint(t.key(0), [100], { high: 10 }))
 * assert.ok(ts.every((n) => Number.isInteger(n) && n >= 0 && n < 10))
 * ```
 */
export const randint = dual<Randint>(keyFirst('randint', 3), (shape: Shape, given: RandintOptions) => {
  const { low = 0, high } = options('randint', given, { low: true, high: true })
  if (!(high > low)) raise('randint', `there is no whole number from ${low} to below ${high}`)
  wantRange(low, high)
  return (key: Key) => drawn('randint', key, shape, (words, n) => randintValues(words, n, low, high))
})

/** A key and a count; or the count alone, for a function of the key. */
export interface RandomOrder {
  (key: Key, n: number): Tensor
  (n: number): (key: Key) => Tensor
}

/**
 * The numbers 0 … n-1 in random order, as a tensor `[n]`, with the bits of `jax.random.permutation`.
 *
 * @throws TesseraError if n is not a count
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const order = await t.reference.read(t.permutation(t.key(0), 5))
 * assert.deepStrictEqual([...order].toSorted(), [0, 1, 2, 3, 4])
 * ```
 */
export const permutation = dual<RandomOrder>(
  keyFirst('permutation', 2),
  (n: number) => (key: Key) => drawn('permutation', key, [n], permutationValues)
)
