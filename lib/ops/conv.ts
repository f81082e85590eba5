import { broadcastTo, full, mul, overlapAdd, permute, reshape, sliceAt, sumKeep, window } from '../core/primitives.ts'
import { dualOp } from '../core/dual.ts'
import { kindOf, options, whole, type OptionNames } from '../core/options.ts'
import { raise, showShape } from '../base/raise.ts'
import type { Shape } from '../core/shape.ts'
import { isTensor, shaped, type Tensor } from '../core/tensor.ts'
import { pad } from './movement.ts'

/** A number for both spatial axes, or one for each. In paddings: for both ends of an axis, or one for each. */
export type PerAxis = number | readonly [number, number]

/**
 * Zeros around the spatial axes: a number for all four sides, `[height, width]` with a number or `[before, after]` for
 * each axis, `'valid'` for none, or `'same'` for as many as keep the size.
 */
export type Padded = 'same' | 'valid' | number | readonly [PerAxis, PerAxis]

/** The options of `conv2d`. */
export interface Convolution {
  /** The distance between positions of the kernel; 1 by default. */
  readonly stride?: PerAxis
  /** Zeros around the image; `'valid'` by default. `'same'` gives ⌈size / stride⌉ positions, an odd zero at the end. */
  readonly padding?: Padded
}

/** Two numbers, one for each spatial axis (in paddings, for each end of one). */
const pair = (op: string, name: string, x: PerAxis, least: number): readonly [number, number] => {
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

/** The given padding in numbers, except 'same', which depends on the image. */
const padded = (op: string, padding: Padded): 'same' | Around => {
  if (padding === 'same') return padding
  const both = padding === 'valid' ? 0 : padding
  if (typeof both === 'number') return [pair(op, 'padding', both, 0), pair(op, 'padding', both, 0)]
  return Array.isArray(both) && both.length === 2
    ? both.map((p: PerAxis) => pair(op, 'padding', p, 0))
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

/** Images, a kernel and options; or the same without the images, for `pipe`. */
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
 * Two-dimensional cross-correlation, as in PyTorch: y[n,o,h,w] = Σ_c,ky,kx x[n,c,h·stride+ky,w·stride+kx] k[o,c,ky,kx].
 * `[N,C,H,W]` with a kernel `[O,C,kh,kw]` gives `[N,O,H',W']`, where H' = ⌊(H + padding - kh) / stride⌋ + 1. Add a bias
 * reshaped to `[O,1,1]`.
 *
 * @throws TesseraError if the channels differ, or the kernel is larger than the padded image
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

/** The result of 'same' for images without rows or columns. */
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

/** The options of `convTranspose2d`. */
export interface TransposedConvolution {
  /** The distance between the copies of the kernel; 1 by default. */
  readonly stride?: PerAxis
  /** Rows and columns cut off around the result; 0 by default. `'same'` gives images of size · stride. */
  readonly padding?: Padded
  /** Rows and columns added at the end, because several input sizes give one output size; 0 by default. */
  readonly outputPadding?: PerAxis
}

/** How much is cut off before and after, and added at the end. */
interface Trim {
  readonly around: Around
  readonly extra: readonly number[]
}

// the zeros of the convolution from size · stride to size, and the rows that its last step leaves out
const sameTrim = (size: Shape, kernel: Shape, stride: Shape): Trim => ({
  around: size.map((d, i) => samePadding(d * stride[i]!, kernel[i]!, stride[i]!)),
  extra: kernel.map((k, i) => Math.max(0, stride[i]! - k))
})

/**
 * The transposed convolution, which is the adjoint of `conv2d`, as in PyTorch: `[N,C,H,W]` with a kernel `[C,O,kh,kw]`
 * gives `[N,O,(H-1)·stride + kh - 2·padding + outputPadding,…]`, or `[N,O,H·stride,…]` with the padding 'same'.
 *
 * @throws TesseraError if the channels differ, nothing is left after the padding, or the output padding is not below
 * the stride
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
  // for images without rows, the reach is negative
  const all = overlapAdd(spread(x, w), { axes: [2, 3], size: kernel, stride, dilation: [1, 1] }, [
    n,
    o,
    ...reach.map((d) => Math.max(0, d))
  ])
  // output padding may reach beyond the windows
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
