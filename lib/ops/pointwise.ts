import {
  curried,
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
import type { Shape } from '../core/shape.ts'
import { shaped, type Tensor } from '../core/tensor.ts'

/** `op(b, a)` under the name of the turned relation. */
const turned = (op: Binary): Binary => curried((a, b) => op(lift(b), lift(a)), op.row)

/** a > b, as 1 or 0. */
export const greater = turned(less)
/** a ≥ b, as 1 or 0. */
export const greaterEqual = turned(lessEqual)
/** a ≠ b, as 1 or 0. */
export const notEqual = curried((a, b) => sub(1, equal(lift(a), lift(b))), equal.row)
/** The smaller of two; a tie shares the gradient. */
export const minimum = curried((a, b) => neg(maximum(neg(lift(a)), neg(lift(b)))), maximum.row)

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
/** x where it lies between the bounds, else the bound. */
export const clip =
  (low: number, high: number) =>
  <S extends Shape>(x: Tensor<S>): Tensor<S> =>
    shaped<S>(select(less(x as Tensor, low), low, select(less(high, x as Tensor), high, x)))

/** x to a constant power: whole powers by multiplication, others as e^(p ln x), which wants x ≥ 0. */
export const pow =
  (exponent: number) =>
  <S extends Shape>(x: Tensor<S>): Tensor<S> =>
    shaped<S>(exponent < 0 ? div(1, powered(x, -exponent)) : powered(x, exponent))
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
