import { pipe } from 'fp-ts/function'
import * as t from 'tessera'

// Claims that the types make; the compiler checks them.

declare const a23: t.Tensor<readonly [2, 3]>
declare const b32: t.Tensor<readonly [3, 2]>
declare const row: t.Tensor<readonly [3]>
declare const any: t.Tensor
declare const s: t.Scalar

// equal shapes, scalars, numbers, and what NumPy would broadcast
export const same: t.Tensor<readonly [2, 3]> = t.add(a23, a23)
export const number: t.Tensor<readonly [2, 3]> = t.mul(a23, 2)
export const scalar: t.Tensor<readonly [2, 3]> = t.sub(a23, s)
export const broadcast: t.Tensor<readonly [2, 3]> = t.add(a23, row)
export const piped: t.Tensor<readonly [2, 3]> = pipe(a23, t.add(row))
// @ts-expect-error: [2,3] and [3,2] do not broadcast
t.add(a23, b32)
// @ts-expect-error: nor the other way round
t.maximum(b32, a23)

// what is known only at run time is checked at run time
export const wide: t.Tensor = t.add(a23, any)

// inner sizes of a product
export const product: t.Tensor<readonly [2, 2]> = t.matmul(a23, b32)
// @ts-expect-error: inner sizes 3 and 2 differ
t.matmul(a23, a23)

// a function keeps the shape
export const kept: t.Tensor<readonly [2, 3]> = pipe(a23, t.silu, t.exp)
// @ts-expect-error: the shape of a result is not another one
export const other: t.Tensor<readonly [3, 2]> = t.exp(a23)

// a loss is a scalar
export const gradient: t.Tensor = t.grad((x: t.Tensor) => t.sum(x))(any)
// @ts-expect-error: the sum over one axis is no scalar
t.grad((x: t.Tensor) => t.sum(x, { axes: 0 }))

// gradients have the type of the parameters
declare const params: { readonly w: t.Tensor; readonly layers: readonly t.Tensor[] }
export const tree: typeof params = t.grad((p: typeof params) => t.mean(p.w))(params)

// shapes of literals are remembered
export const zeros: t.Tensor<readonly [4, 1]> = t.zeros([4, 1])
// @ts-expect-error: tensors can't be changed
a23.shape[0] = 3
