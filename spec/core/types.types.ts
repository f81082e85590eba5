// Claims made in types: `tsc` checks them, nothing runs. An error that does not come is an error.
import { pipe } from 'fp-ts/function'
import { expectTypeOf } from 'vitest'
import * as t from '../../lib/index.ts'

type Of<S extends t.Shape> = t.Tensor<Readonly<S>>

const a = t.ones([2, 3])
const b = t.ones([3, 2])
const row = t.ones([3])
const wide: t.Tensor = t.ones([2, 3])
const one = t.scalar(1)

// ---- shapes are known where they are written down ------------------------------------------------------------------
expectTypeOf(a).toEqualTypeOf<Of<[2, 3]>>()
expectTypeOf(one).toEqualTypeOf<t.Scalar>()
expectTypeOf(t.tensor(Float32Array.of(1, 2), [1, 2])).toEqualTypeOf<Of<[1, 2]>>()
expectTypeOf(t.tensor([[1, 2]])).toEqualTypeOf<t.Tensor>()
expectTypeOf(t.iota([4, 5], { axis: 1 })).toEqualTypeOf<Of<[4, 5]>>()
expectTypeOf(t.reshape(wide, [6])).toEqualTypeOf<Of<[6]>>()
expectTypeOf(t.expand(t.ones([1, 3]), [4, 3])).toEqualTypeOf<Of<[4, 3]>>()
expectTypeOf(t.normal(t.key(0), [2, 2])).toEqualTypeOf<Of<[2, 2]>>()
expectTypeOf(t.exp(a)).toEqualTypeOf<Of<[2, 3]>>()

// @ts-expect-error a shape is made of numbers
t.zeros(['a'])

// @ts-expect-error the shape of a result is no other one
export const other: t.Tensor<readonly [3, 2]> = t.exp(a)

// ---- equal shapes, broadcasting ------------------------------------------------------------------------------------
expectTypeOf(t.add(a, a)).toEqualTypeOf<Of<[2, 3]>>()
expectTypeOf(t.mul(a, row)).toEqualTypeOf<Of<[2, 3]>>()
expectTypeOf(t.sub(t.ones([4, 1]), row)).toEqualTypeOf<Of<[4, 3]>>()
expectTypeOf(t.add(t.ones([5, 1, 1]), a)).toEqualTypeOf<Of<[5, 2, 3]>>()
expectTypeOf(t.add(a, 1)).toEqualTypeOf<Of<[2, 3]>>()
expectTypeOf(t.sub(1, a)).toEqualTypeOf<Of<[2, 3]>>()
expectTypeOf(t.mul(a, one)).toEqualTypeOf<Of<[2, 3]>>()
expectTypeOf(t.add(a, wide)).toEqualTypeOf<t.Tensor>()

// @ts-expect-error shapes [2,3] and [3,2] do not broadcast
t.add(a, b)
// @ts-expect-error shapes [2,3] and [2] do not broadcast
t.mul(a, t.ones([2]))
// @ts-expect-error shapes [2,3] and [4,3,2] do not broadcast
t.maximum(a, t.ones([4, 3, 2]))
// @ts-expect-error a string is no operand
t.add(a, 'b')

// ---- matrices ------------------------------------------------------------------------------------------------------
expectTypeOf(t.matmul(a, b)).toEqualTypeOf<Of<[2, 2]>>()
expectTypeOf(t.matmul(a, wide)).toEqualTypeOf<t.Tensor>()
expectTypeOf(t.matmul(a, row)).toEqualTypeOf<t.Tensor>()

// @ts-expect-error inner sizes 3 and 2 differ
t.matmul(a, a)

// ---- reductions give scalars ---------------------------------------------------------------------------------------
expectTypeOf(t.sum(a)).toEqualTypeOf<t.Scalar>()
expectTypeOf(t.sum(a, { axes: 1 })).toEqualTypeOf<t.Tensor>()
expectTypeOf(t.mean(wide, { keepDims: true })).toEqualTypeOf<t.Tensor>()
expectTypeOf(t.mse(a, a)).toEqualTypeOf<t.Scalar>()

// ---- pipes ---------------------------------------------------------------------------------------------------------
expectTypeOf(pipe(a, t.add(1), t.mul(row), t.silu, t.softmax())).toEqualTypeOf<Of<[2, 3]>>()
expectTypeOf(pipe(wide, t.square, t.mean())).toEqualTypeOf<t.Scalar>()
expectTypeOf(pipe(a, t.matmul(b))).toEqualTypeOf<t.Tensor>()
expectTypeOf(pipe(wide, t.reshape([6, 1]))).toEqualTypeOf<Of<[6, 1]>>()
expectTypeOf(pipe(t.ones([1, 3]), t.expand([4, 3]))).toEqualTypeOf<Of<[4, 3]>>()
expectTypeOf(pipe(a, t.clip(0, 1), t.pow(2), t.flip({ axes: 0 }))).toEqualTypeOf<Of<[2, 3]>>()
expectTypeOf(pipe(t.key(0), t.normal([2, 2]))).toEqualTypeOf<Of<[2, 2]>>()
expectTypeOf(pipe(a, t.mse(a))).toEqualTypeOf<t.Scalar>()

// ---- the same with the data first ------------------------------------------------------------------------------------
expectTypeOf(t.softmax(a, { axis: 0 })).toEqualTypeOf<Of<[2, 3]>>()
expectTypeOf(t.clip(a, 0, 1)).toEqualTypeOf<Of<[2, 3]>>()
expectTypeOf(t.layerNorm(a, { weight: row, bias: row })).toEqualTypeOf<Of<[2, 3]>>()
expectTypeOf(t.uniform(t.key(0), [2, 2], { low: -1 })).toEqualTypeOf<Of<[2, 2]>>()
expectTypeOf(t.conv2d(wide, wide, { stride: 2 })).toEqualTypeOf<t.Tensor>()

// @ts-expect-error an axis is an option
t.softmax(a, 1)
// @ts-expect-error there is no such option
t.conv2d(wide, wide, { strides: 2 })
// @ts-expect-error a seed is no key
t.normal(0, [2])

// @ts-expect-error [2,3] and [2] do not broadcast in a pipe either
pipe(a, t.add(t.ones([2])))

// ---- gradients -----------------------------------------------------------------------------------------------------
interface Weights {
  readonly w: t.Tensor<readonly [3, 2]>
  readonly layers: readonly { readonly bias: t.Tensor }[]
}
const loss = (p: Weights, x: t.Tensor): t.Scalar => t.mean(t.matmul(x, p.w))
expectTypeOf(t.grad(loss)).toEqualTypeOf<(params: Weights, x: t.Tensor) => Weights>()
expectTypeOf(t.valueAndGrad(loss)).returns.toEqualTypeOf<readonly [t.Scalar, Weights]>()
expectTypeOf(t.vjp((x: typeof a) => t.exp(x), a)).toEqualTypeOf<readonly [Of<[2, 3]>, (ct: t.Tensor) => Of<[2, 3]>]>()
expectTypeOf(t.grad(t.grad((x: t.Scalar) => t.mul(x, x)))).toEqualTypeOf<(params: t.Scalar) => t.Scalar>()

// @ts-expect-error the gradient of a function that gives a vector is none
t.grad((x: t.Tensor<readonly [3]>) => t.exp(x))
// @ts-expect-error the sum over one axis is no scalar
t.grad((x: t.Tensor) => t.sum(x, { axes: 0 }))
// @ts-expect-error a tensor of unknown shape is no scalar
t.valueAndGrad((x: t.Tensor) => t.add(x, 1))

// ---- devices keep the types of functions ---------------------------------------------------------------------------
const compiled = t.reference.compile((p: Weights, n: number) => [p.w, n] as const)
expectTypeOf(compiled).toEqualTypeOf<(p: Weights, n: number) => readonly [t.Tensor<readonly [3, 2]>, number]>()
// @ts-expect-error a compiled function takes what the function takes
compiled(a, 1)

// ---- nothing can be written to -------------------------------------------------------------------------------------
// @ts-expect-error a tensor's shape is its own
a.shape = [2, 3]
// @ts-expect-error a shape's sizes are fixed
wide.shape[0] = 4
