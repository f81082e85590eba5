import {
  add,
  broadcastTo,
  full,
  mul,
  overlapAdd,
  permute,
  reshape,
  sliceAt,
  sumKeep,
  window
} from '../core/primitives.ts'
import { counted, dualOp, tensorFirst } from '../core/dual.ts'
import { kindOf, options, whole, type OptionNames } from '../core/options.ts'
import { raise, showShape } from '../base/raise.ts'
import { broadcastShapes, type Shape } from '../core/shape.ts'
import { isTensor, shaped, type Tensor } from '../core/tensor.ts'
import { pad, transpose } from './movement.ts'

type InnerFits<A extends Shape, B extends Shape> = A extends readonly [number, infer K extends number]
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
/** Rows of `a` by columns of `b` where the types know both. */
export type Product<A extends Shape, B extends Shape> = A extends readonly [infer M extends number, number]
  ? B extends readonly [number, infer N extends number]
    ? readonly [M, N]
    : Shape
  : Shape

/** Two matrices, or the right one alone for `pipe`. */
export interface MatrixProduct {
  <A extends Shape, B extends Shape>(
    a: Tensor<A>,
    b: Tensor<B> & Tensor<InnerFits<NoInfer<A>, B>>
  ): Tensor<Product<A, B>>
  (b: Tensor): (a: Tensor) => Tensor
}

/**
 * The matrix product over the last axis of `a` and the last but one of `b`; leading axes broadcast, and
 * a vector counts as a row on the left, as a column on the right.
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

/** The parameters of a linear layer. */
export interface LinearParams {
  /** [out, in], as in PyTorch. */
  readonly weight: Tensor
  /** [out]. */
  readonly bias?: Tensor
}

/** Vectors and the parameters of a linear layer, or the parameters alone for `pipe`. */
export interface Linear {
  (x: Tensor, params: LinearParams): Tensor
  (params: LinearParams): (x: Tensor) => Tensor
}

/**
 * x · weightᵀ + bias: `[…, in]` gives `[…, out]`.
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

type Pair = number | readonly [number, number]
/** Zeros around each spatial axis: the same everywhere, per axis, or per axis before and after. */
export type Padded = 'same' | 'valid' | number | readonly [Pair, Pair]

export interface Convolution {
  readonly stride?: Pair
  /** `'same'` gives ⌈size / stride⌉ positions, with an odd zero at the end. */
  readonly padding?: Padded
}

/** A number per spatial axis, or (of paddings) per end of one. */
const pair = (op: string, name: string, x: Pair, least: number): readonly [number, number] => {
  const [first, second, ...more] = typeof x === 'number' ? [x, x] : Array.from(x)
  if (first === undefined || second === undefined || more.length > 0)
    return raise(op, `${name} is a whole number or two of them, not ${kindOf(x)}`)
  return [whole(op, name, first, least), whole(op, name, second, least)]
}

/** Zeros before and after each spatial axis. */
type Around = readonly (readonly [before: number, after: number])[]

// 'same': as many outputs as ⌈input / stride⌉, the odd zero at the end
const samePadding = (size: number, kernel: number, stride: number): readonly [number, number] => {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size)
  return [Math.floor(total / 2), Math.ceil(total / 2)]
}

/** Paddings as they are given, in numbers but for 'same', which depends on the image. */
const padded = (op: string, padding: Padded): 'same' | Around => {
  if (padding === 'same') return padding
  const both = padding === 'valid' ? 0 : padding
  if (typeof both === 'number') return [pair(op, 'padding', both, 0), pair(op, 'padding', both, 0)]
  return Array.isArray(both) && both.length === 2
    ? both.map((p: Pair) => pair(op, 'padding', p, 0))
    : raise(
        op,
        `padding is 'same', 'valid', a number of zeros, or one per axis [a,b] or [[a,b],[c,d]], not ${kindOf(both)}`
      )
}

const shown = (sign: string, a: Tensor, b: Tensor): string => `${showShape(a.shape)} ${sign} ${showShape(b.shape)}`

const checkConvolution = (op: string, x: Tensor, w: Tensor, axis: 0 | 1): void => {
  const both = shown('*', x, w)
  if (x.shape.length !== 4 || w.shape.length !== 4)
    raise(op, `wants an input [N,C,H,W] and a kernel of four axes: ${both}`)
  if (x.shape[1] !== w.shape[axis])
    raise(op, `the kernel wants ${w.shape[axis]} channels, the input has ${x.shape[1]}: ${both}`)
  if (w.shape.slice(2).includes(0)) raise(op, `the kernel has no elements along an axis: ${both}`)
}

/** Images, a kernel and options; or these without the images, for `pipe`. */
export interface Convolving<O> {
  (x: Tensor, kernel: Tensor, options?: O): Tensor
  (kernel: Tensor, options?: O): (x: Tensor) => Tensor
}

const convolving = <O>(op: string, make: (w: Tensor, given: O | undefined) => (x: Tensor) => Tensor): Convolving<O> =>
  dualOp<Convolving<O>>(
    op,
    (args) => isTensor(args[1]) || args.length >= 3,
    (w: Tensor, given?: O) =>
      isTensor(w) ? make(w, given) : raise(op, `wants a tensor as the kernel, not ${kindOf(w)}`)
  )

/**
 * Two-dimensional cross-correlation, as PyTorch's: `[N,C,H,W] * [O,C,kh,kw]` gives `[N,O,H',W']`.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const y = t.conv2d(t.ones([1, 2, 8, 8]), t.ones([3, 2, 3, 3]), { stride: 2, padding: 1 })
 * assert.deepStrictEqual(y.shape, [1, 3, 4, 4])
 * ```
 */
export const conv2d = convolving<Convolution>('conv2d', (w, given = {}) => {
  const { stride = 1, padding = 'valid' } = options('conv2d', given, { stride: true, padding: true })
  const [strides, zeros] = [pair('conv2d', 'stride', stride, 1), padded('conv2d', padding)]
  return (x) => {
    checkConvolution('conv2d', x, w, 1)
    const [size, kernel] = [x.shape.slice(2), w.shape.slice(2)]
    if (zeros === 'same' && size.includes(0)) return emptyImages(x, w, strides)
    const around = zeros === 'same' ? size.map((d, i) => samePadding(d, kernel[i]!, strides[i]!)) : zeros
    const room = size.map((d, i) => d + around[i]![0] + around[i]![1])
    if (room.some((d, i) => d < kernel[i]!))
      raise('conv2d', `the kernel does not fit into the padded ${showShape(room)}: ${shown('*', x, w)}`)
    return correlated(pad(x, [0, 0, ...around]), w, strides)
  }
})

/** What 'same' makes of images without rows or columns. */
const emptyImages = (x: Tensor, w: Tensor, stride: Shape): Tensor =>
  full([x.shape[0]!, w.shape[0]!, ...stride.map((s, i) => Math.ceil(x.shape[2 + i]! / s))], 0)

// y[n,o,h,w] = Σ_c,ky,kx x[n,c,h+ky,w+kx] k[o,c,ky,kx]
const correlated = (x: Tensor, w: Tensor, stride: Shape): Tensor => {
  const [o, , ...kernel] = w.shape as readonly [number, number, number, number]
  const taps = window(x, { axes: [2, 3], size: kernel, stride, dilation: [1, 1] })
  const [n = 1, c = 1, h = 1, v = 1] = taps.shape
  const whole = [n, o, h, v, c, ...kernel]
  const ofX = reshape(permute(taps, [0, 2, 3, 1, 4, 5]), [n, 1, h, v, c, ...kernel])
  const ofW = reshape(w, [1, o, 1, 1, c, ...kernel])
  return reshape(sumKeep(mul(broadcastTo(ofX, whole), broadcastTo(ofW, whole)), [4, 5, 6]), [n, o, h, v])
}

export interface TransposedConvolution {
  readonly stride?: Pair
  /** Taken away around the result. `'same'` gives size · stride: what a convolution with 'same' gives the input of. */
  readonly padding?: Padded
  /** Rows and columns added at the end, where the stride leaves the size open; none with `'same'`. */
  readonly outputPadding?: Pair
}

/** What is taken away before and after, and added at the end. */
interface Trim {
  readonly around: Around
  readonly extra: readonly number[]
}

// the zeros of the convolution that leads from size · stride to size, and what its last step leaves out
const sameTrim = (size: Shape, kernel: Shape, stride: Shape): Trim => ({
  around: size.map((d, i) => samePadding(d * stride[i]!, kernel[i]!, stride[i]!)),
  extra: kernel.map((k, i) => Math.max(0, stride[i]! - k))
})

/**
 * The adjoint of `conv2d`, as PyTorch's: `[N,C,H,W]` with a kernel `[C,O,kh,kw]` gives
 * `[N,O,(H-1)·stride + kh - 2·padding + outputPadding,…]`, and `[N,O,H·stride,…]` with the padding 'same'.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const y = t.convTranspose2d(t.ones([1, 2, 7, 7]), t.ones([2, 3, 4, 4]), { stride: 2, padding: 1 })
 * assert.deepStrictEqual(y.shape, [1, 3, 14, 14])
 * ```
 */
export const convTranspose2d = convolving<TransposedConvolution>('convTranspose2d', (w, given = {}) => {
  const op = 'convTranspose2d'
  const { stride = 1, padding = 0, outputPadding = 0 } = options(op, given, transposedNames)
  const [strides, zeros] = [pair(op, 'stride', stride, 1), padded(op, padding)]
  const extra = pair(op, 'outputPadding', outputPadding, 0)
  if (extra.some((e, i) => e >= strides[i]!))
    raise(op, `the output padding ${showShape(extra)} is not below the stride ${showShape(strides)}`)
  if (zeros === 'same' && extra.some((e) => e > 0))
    raise(op, `the padding 'same' gives size · stride and leaves no size open: take outputPadding 0`)
  return (x) => {
    checkConvolution(op, x, w, 0)
    const trim = zeros === 'same' ? sameTrim(x.shape.slice(2), w.shape.slice(2), strides) : { around: zeros, extra }
    return overlapped(x, w, strides, trim)
  }
})
const transposedNames: OptionNames<TransposedConvolution> = { stride: true, padding: true, outputPadding: true }

const overlapped = (x: Tensor, w: Tensor, stride: Shape, { around, extra }: Trim): Tensor => {
  const kernel = w.shape.slice(2)
  const reach = kernel.map((k, i) => (x.shape[2 + i]! - 1) * stride[i]! + k)
  const size = reach.map((d, i) => d - around[i]![0] - around[i]![1] + extra[i]!)
  if (size.some((d, i) => d < Math.min(1, x.shape[2 + i]!)))
    raise('convTranspose2d', `nothing is left of ${showShape(x.shape)} after the padding`)
  const [n, o] = [x.shape[0]!, w.shape[1]!]
  // images without rows reach less than nowhere
  const all = overlapAdd(spread(x, w), { axes: [2, 3], size: kernel, stride, dilation: [1, 1] }, [
    n,
    o,
    ...reach.map((d) => Math.max(0, d))
  ])
  // output padding may reach beyond what the windows cover
  const beyond = reach.map((d, i) => [0, Math.max(0, around[i]![0] + size[i]! - Math.max(0, d))] as const)
  const start = [0, 0, ...around.map((p) => p[0])]
  return sliceAt(pad(all, [0, 0, ...beyond]), { start, size: [n, o, ...size], step: [1, 1, 1, 1] })
}

// s[n,o,h,w,ky,kx] = Σ_c x[n,c,h,w] k[c,o,ky,kx]
const spread = (x: Tensor, w: Tensor): Tensor => {
  const [n = 1, c = 1, h = 1, v = 1] = x.shape
  const [, o, ...kernel] = w.shape as readonly [number, number, number, number]
  const whole = [n, o, h, v, ...kernel, c]
  const ofX = reshape(permute(x, [0, 2, 3, 1]), [n, 1, h, v, 1, 1, c])
  const ofW = reshape(permute(w, [1, 2, 3, 0]), [1, o, 1, 1, ...kernel, c])
  return shaped(reshape(sumKeep(mul(broadcastTo(ofX, whole), broadcastTo(ofW, whole)), 6), [n, o, h, v, ...kernel]))
}
