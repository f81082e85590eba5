import { add, broadcastTo, mul, reshape, sumKeep } from '../core/primitives.ts'
import { counted, dualOp, tensorFirst } from '../core/dual.ts'
import { options } from '../core/options.ts'
import { raise, showShape } from '../base/raise.ts'
import { broadcastShapes, type Shape } from '../core/shape.ts'
import { isTensor, type Tensor } from '../core/tensor.ts'
import { transpose } from './movement.ts'

/** `B` if its rows fit the columns of `A`, else `never`, so that wrong literal shapes don't compile. */
export type InnerFits<A extends Shape, B extends Shape> = A extends readonly [number, infer K extends number]
  ? B extends readonly [infer L extends number, number]
    ? number extends K
      ? B
      : number extends L
        ? B
        : K extends L
          ? B
          : never
    : B
  : B
/** The shape of a matrix product, if the types know both operands. */
export type Product<A extends Shape, B extends Shape> = A extends readonly [infer M extends number, number]
  ? B extends readonly [number, infer N extends number]
    ? readonly [M, N]
    : Shape
  : Shape

/** Two matrices; or the right one alone, for `pipe`. */
export interface MatrixProduct {
  <A extends Shape, B extends Shape>(
    a: Tensor<A>,
    b: Tensor<B> & Tensor<InnerFits<NoInfer<A>, B>>
  ): Tensor<Product<A, B>>
  (b: Tensor): (a: Tensor) => Tensor
}

/**
 * The matrix product c[…, i, j] = Σ_k a[…, i, k] b[…, k, j]: `[…, m, k] · […, k, n]` gives `[…, m, n]`. Leading axes
 * broadcast. A vector on the left is a row, a vector on the right a column, and the result lacks that axis.
 *
 * @throws TesseraError if the inner sizes differ, an operand has no axes, or the leading axes don't broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const c = t.matmul(t.tensor([[1, 2], [3, 4]]), t.tensor([[1, 0], [0, 2]]))
 * assert.deepStrictEqual(await t.reference.read(c), Float64Array.of(1, 4, 3, 8))
 * ```
 */
export const matmul = dualOp<MatrixProduct>('matmul', counted(2), (b: Tensor) => (a: Tensor) => product(a, b))

const product = (a: Tensor, b: Tensor): Tensor => {
  if (a.shape.length === 0 || b.shape.length === 0)
    raise('matmul', `wants vectors or matrices: ${showShape(a.shape)} · ${showShape(b.shape)}`)
  const left = a.shape.length === 1 ? reshape(a, [1, ...a.shape]) : a
  const right = b.shape.length === 1 ? reshape(b, [...b.shape, 1]) : b
  const whole = matrices(left, right, a.shape, b.shape)
  const kept = whole.shape.slice(0, -2)
  return reshape(whole, [
    ...kept,
    ...(a.shape.length === 1 ? [] : [whole.shape.at(-2)!]),
    ...(b.shape.length === 1 ? [] : [whole.shape.at(-1)!])
  ])
}

// c[…, i, j] = Σ_k a[…, i, k] b[…, k, j]
const matrices = (a: Tensor, b: Tensor, shownA: Shape, shownB: Shape): Tensor => {
  const [m, k] = a.shape.slice(-2) as [number, number]
  const [l, n] = b.shape.slice(-2) as [number, number]
  if (k !== l) raise('matmul', `inner sizes differ: ${showShape(shownA)} · ${showShape(shownB)}`)
  const batch = broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2))
  const ofA = reshape(a, [...a.shape.slice(0, -2), m, 1, k])
  const turned = transpose(b)
  const ofB = reshape(turned, [...turned.shape.slice(0, -2), 1, n, k])
  const whole = [...batch, m, n, k]
  return reshape(sumKeep(mul(broadcastTo(ofA, whole), broadcastTo(ofB, whole)), whole.length - 1), [...batch, m, n])
}

/** The parameters of `linear`. */
export interface LinearParams {
  /** `[out, in]`, as in PyTorch. */
  readonly weight: Tensor
  /** `[out]`; none by default. */
  readonly bias?: Tensor
}

/** Vectors and parameters; or the parameters alone, for `pipe`. */
export interface Linear {
  (x: Tensor, params: LinearParams): Tensor
  (params: LinearParams): (x: Tensor) => Tensor
}

/**
 * A linear layer, x · weightᵀ + bias: `[…, in]` gives `[…, out]`.
 *
 * @throws TesseraError if the sizes don't fit, or the parameters are not a record of tensors
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const y = t.linear(t.tensor([[1, 2]]), { weight: t.tensor([[3, 4], [5, 6], [7, 8]]), bias: t.tensor([0, 0, 1]) })
 * assert.deepStrictEqual(await t.reference.read(y), Float64Array.of(11, 17, 24))
 * ```
 */
export const linear = dualOp<Linear>('linear', tensorFirst(2), (params: LinearParams) => {
  const { weight, bias } = options('linear: parameters', params, { weight: true, bias: true })
  if (!isTensor(weight)) raise('linear', 'wants a record with the tensor weight, and bias if there is one')
  return (x: Tensor) => {
    const y = matmul(x, transpose(weight))
    return bias ? add(y, bias) : y
  }
})
