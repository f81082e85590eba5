import {
  binaryOp,
  div,
  equal,
  full,
  less,
  lessEqual,
  lift,
  maximum,
  mul,
  neg,
  power,
  select,
  sigmoid,
  sqrt,
  stopGradient,
  sub,
  type Binary
} from '../core/primitives.ts'
import { dualOp, tensorFirst } from '../core/dual.ts'
import { kindOf } from '../core/options.ts'
import { raise } from '../base/raise.ts'
import type { Shape } from '../core/shape.ts'
import { shaped, type Tensor } from '../core/tensor.ts'

/** `op(b, a)` under the name of the turned relation. */
const turned = (name: string, op: Binary): Binary => binaryOp(name, op.row, (a, b) => op(lift(b), lift(a)))

/** a > b, as 1 or 0. */
export const greater = turned('greater', less)
/** a ≥ b, as 1 or 0. */
export const greaterEqual = turned('greaterEqual', lessEqual)
/** a ≠ b, as 1 or 0. */
export const notEqual = binaryOp('notEqual', equal.row, (a, b) => sub(1, equal(lift(a), lift(b))))
/** The smaller of two; a tie shares the gradient. */
export const minimum = binaryOp('minimum', maximum.row, (a, b) => neg(maximum(neg(lift(a)), neg(lift(b)))))

/** |x|; its gradient at 0 is 0. */
export const abs = <S extends Shape>(x: Tensor<S>): Tensor<S> => shaped<S>(maximum(x as Tensor, neg(x) as Tensor))
/** -1, 0 or 1; its gradient is 0. */
export const sign = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  shaped<S>(select(less(0, x as Tensor), 1, select(less(x as Tensor, 0), -1, stopGradient(x as Tensor))))
/** x² */
export const square = <S extends Shape>(x: Tensor<S>): Tensor<S> => shaped<S>(mul(x as Tensor, x as Tensor))
/** 1 / √x */
export const rsqrt = <S extends Shape>(x: Tensor<S>): Tensor<S> => shaped<S>(div(1, sqrt(x as Tensor)))
/** 1 / x */
export const reciprocal = <S extends Shape>(x: Tensor<S>): Tensor<S> => shaped<S>(div(1, x as Tensor))
/** Two bounds for a tensor, or the bounds alone for `pipe`. */
export interface Clip {
  <S extends Shape>(x: Tensor<S>, low: number, high: number): Tensor<S>
  (low: number, high: number): <S extends Shape>(x: Tensor<S>) => Tensor<S>
}

/**
 * x where it lies between the bounds, else the nearer bound; its gradient is 0 outside of them.
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

/** An exponent for a tensor, or the exponent alone for `pipe`. */
export interface Power {
  <S extends Shape>(x: Tensor<S>, exponent: number): Tensor<S>
  (exponent: number): <S extends Shape>(x: Tensor<S>) => Tensor<S>
}

/**
 * x to a constant power: whole powers by multiplication, others as e^(p ln x), which is NaN for x < 0.
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

/** x where it is positive, else 0; its gradient at 0 is 0. */
export const relu = <S extends Shape>(x: Tensor<S>): Tensor<S> => shaped<S>(select(lessEqual(x as Tensor, 0), 0, x))
/** x σ(x) */
export const silu = <S extends Shape>(x: Tensor<S>): Tensor<S> => shaped<S>(mul(x as Tensor, sigmoid(x) as Tensor))
