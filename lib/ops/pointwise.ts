import {
  add,
  atan,
  binaryOp,
  div,
  equal,
  full,
  less,
  lessEqual,
  maximum,
  mul,
  neg,
  power,
  select,
  sigmoid,
  sqrt,
  stopGradient,
  sub,
  type BinaryCalls
} from '../core/primitives.ts'
import { dualOp, tensorFirst } from '../core/dual.ts'
import { kindOf } from '../core/options.ts'
import { raise } from '../base/raise.ts'
import type { Shape } from '../core/shape.ts'
import { shaped, type Tensor } from '../core/tensor.ts'

/** `op(b, a)`, under the name of the reverse relation. */
const turned = (name: string, op: BinaryCalls): BinaryCalls => binaryOp(name, (a, b) => op(b, a))

/**
 * a > b, as 1 or 0. The gradient is 0.
 *
 * @throws TesseraError if the shapes don't broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.greater(t.tensor([1, 2, 3]), 2)), Float64Array.of(0, 0, 1))
 * ```
 */
export const greater = turned('greater', less)
/**
 * a ≥ b, as 1 or 0. The gradient is 0.
 *
 * @throws TesseraError if the shapes don't broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.greaterEqual(t.tensor([1, 2, 3]), 2)), Float64Array.of(0, 1, 1))
 * ```
 */
export const greaterEqual = turned('greaterEqual', lessEqual)
/**
 * a ≠ b, as 1 or 0. The gradient is 0.
 *
 * @throws TesseraError if the shapes don't broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.notEqual(t.tensor([1, 2, 3]), 2)), Float64Array.of(1, 0, 1))
 * ```
 */
export const notEqual = binaryOp('notEqual', (a, b) => sub(1, equal(a, b)))
/**
 * The smaller of two elements. A tie shares the gradient.
 *
 * @throws TesseraError if the shapes don't broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.minimum(t.tensor([1, 2, 3]), 2)), Float64Array.of(1, 2, 2))
 * ```
 */
export const minimum = binaryOp('minimum', (a, b) => neg(maximum(neg(a), neg(b))))

/**
 * |x|. The gradient at 0 is 0.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.abs(t.tensor([-2, 3]))), Float64Array.of(2, 3))
 * ```
 */
export const abs = <S extends Shape>(x: Tensor<S>): Tensor<S> => shaped<S>(maximum(x as Tensor, neg(x) as Tensor))
/**
 * -1, 0 or 1, by the sign of x. The gradient is 0.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.sign(t.tensor([-2, 0, 3]))), Float64Array.of(-1, 0, 1))
 * ```
 */
export const sign = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  shaped<S>(select(less(0, x as Tensor), 1, select(less(x as Tensor, 0), -1, stopGradient(x as Tensor))))
/**
 * x².
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.square(t.tensor([-2, 3]))), Float64Array.of(4, 9))
 * ```
 */
export const square = <S extends Shape>(x: Tensor<S>): Tensor<S> => shaped<S>(mul(x as Tensor, x as Tensor))
/**
 * 1 / √x.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.rsqrt(t.tensor([4]))), Float64Array.of(0.5))
 * ```
 */
export const rsqrt = <S extends Shape>(x: Tensor<S>): Tensor<S> => shaped<S>(div(1, sqrt(x as Tensor)))
/**
 * 1 / x.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.reciprocal(t.tensor([4]))), Float64Array.of(0.25))
 * ```
 */
export const reciprocal = <S extends Shape>(x: Tensor<S>): Tensor<S> => shaped<S>(div(1, x as Tensor))

/** A tensor and two bounds; or the bounds alone, for `pipe`. */
export interface Clip {
  <S extends Shape>(x: Tensor<S>, low: number, high: number): Tensor<S>
  (low: number, high: number): <S extends Shape>(x: Tensor<S>) => Tensor<S>
}

/**
 * x if it is between the bounds, else the nearer bound. The gradient outside of the bounds is 0.
 *
 * @throws TesseraError if the lower bound is above the upper one
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const y = t.clip(t.tensor([-3, 0.5, 3]), -1, 1)
 * assert.deepStrictEqual(await t.reference.read(y), Float64Array.of(-1, 0.5, 1))
 * ```
 */
export const clip = dualOp<Clip>('clip', tensorFirst(3), (low: number, high: number) => {
  if (!(low <= high)) raise('clip', `the lower bound ${low} is not below the upper bound ${high}`)
  return (x: Tensor) => select(less(x, low), low, select(less(high, x), high, x))
})

/** A tensor and an exponent; or the exponent alone, for `pipe`. */
export interface Power {
  <S extends Shape>(x: Tensor<S>, exponent: number): Tensor<S>
  (exponent: number): <S extends Shape>(x: Tensor<S>) => Tensor<S>
}

/**
 * x^p for a constant p. Whole powers are products. Others are e^(p ln x), which is NaN for x < 0.
 *
 * @throws TesseraError if the exponent is not a number
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.pow(t.tensor([-2, 3]), 3)), Float64Array.of(-8, 27))
 * ```
 */
export const pow = dualOp<Power>('pow', tensorFirst(2), (exponent: number) => {
  if (typeof exponent !== 'number') raise('pow', `wants a number as the exponent, not ${kindOf(exponent)}`)
  return (x: Tensor) => (exponent < 0 ? div(1, powered(x, -exponent)) : powered(x, exponent))
})
const powered = (x: Tensor, p: number): Tensor => {
  if (p === 0) return full(x.shape, 1)
  if (p === 0.5) return sqrt(x)
  if (!Number.isInteger(p)) return power(x, p)
  if (p === 1) return x
  const half = powered(mul(x, x), Math.floor(p / 2))
  return p % 2 === 0 ? half : mul(half, x)
}

/**
 * The angle whose cosine is x, in radians, from 0 to π, by the tangent of its half, which is exact near both ends. It is NaN
 * beyond ±1. d(acos x) = -dx / √(1 - x²).
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.acos(t.tensor([1, -1]))), Float64Array.of(0, Math.PI))
 * ```
 */
export const acos = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  shaped<S>(mul(atan(sqrt(div(sub(1, x as Tensor), add(1, x as Tensor)))), 2))

/**
 * x if it is positive, else 0. The gradient at 0 is 0.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.relu(t.tensor([-2, 3]))), Float64Array.of(0, 3))
 * ```
 */
export const relu = <S extends Shape>(x: Tensor<S>): Tensor<S> => shaped<S>(select(lessEqual(x as Tensor, 0), 0, x))
/**
 * x σ(x), with σ the sigmoid (Hendrycks and Gimpel 2016; Ramachandran et al. 2017, "Swish").
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.silu(t.tensor([0, 100]))), Float64Array.of(0, 100))
 * ```
 */
export const silu = <S extends Shape>(x: Tensor<S>): Tensor<S> => shaped<S>(mul(x as Tensor, sigmoid(x) as Tensor))
