import { add, differentiatedAs, mul, stopGradient, barrier, sub } from '../core/primitives.ts'
import { raise, showShape } from '../base/raise.ts'
import { sameShape, sizeOf, type Shape } from '../core/shape.ts'
import { isTensor, shaped, type Tensor } from '../core/tensor.ts'
import { slice } from './movement.ts'
import { rsqrt, square } from './pointwise.ts'
import { mean } from './reduce.ts'

export interface LayerNorm {
  readonly weight: Tensor
  readonly bias: Tensor
}

/** Squares of distances from one of n numbers may be n times their variance, and lose as much of it. */
const mostApart = 256
/** Of means of segments: only where a whole segment is far from all others is so much lost, which is 4e-5. */
const mostSegments = 640

const sizeAlong = (x: Tensor, axes: readonly number[]): number => sizeOf(axes.map((axis) => x.shape[axis]!))

const firstAlong = (x: Tensor, axes: readonly number[]): Tensor =>
  slice(
    x,
    x.shape.map((d, i) => (axes.includes(i) ? [0, Math.min(1, d)] : []))
  )

/** A number near the elements, their distances from it, the mean of those, and the variance. */
interface Spread {
  readonly near: Tensor
  readonly off: Tensor
  readonly centre: Tensor
  readonly variance: Tensor
}

type Moments = Pick<Spread, 'centre' | 'variance'>

/** In one go over all elements: the variance may be as much off as the number is far from the mean. */
const spreadAround = (x: Tensor, from: Tensor, axes: readonly number[], within?: Tensor, known?: Moments): Spread => {
  const over = { axes, keepDims: true }
  const near = stopGradient(from)
  const off = sub(x, near)
  const own = mean(off, over)
  const centre = known ? differentiatedAs(known.centre, own) : own
  const squares = within ? add(square(off), within) : square(off)
  const variance = sub(mean(squares, over), square(centre))
  return { near, off, centre, variance: known ? differentiatedAs(known.variance, variance) : variance }
}

/**
 * Chan et al. 1983: segments along one axis, each counted from a number of its own, so that no number of another is too
 * far away. Their means have a spread as well, to which each brings the variance within. The gradient is that of one go
 * over all elements: the functions are the same.
 */
const spreadOfSegments = (x: Tensor, axes: readonly number[], along: number, within?: Tensor): Spread => {
  const others = axes.filter((axis) => axis !== along)
  const [near, first] = [firstAlong(x, [along]), firstAlong(x, axes)]
  const segments = spreadAround(x, near, [along], within)
  const means = spreadOf(barrier(add(sub(near, first), segments.centre)), others, barrier(segments.variance))
  return spreadAround(x, first, axes, within, { centre: add(means.near, means.centre), variance: means.variance })
}

/** Of elements that stand for a segment each, `within` says how that varies. */
const spreadOf = (x: Tensor, axes: readonly number[], within?: Tensor): Spread => {
  const most = within ? mostSegments : mostApart
  if (sizeAlong(x, axes) <= most) return spreadAround(x, firstAlong(x, axes), axes, within)
  const longest = axes.reduce((a, b) => (x.shape[b]! >= x.shape[a]! ? b : a))
  return x.shape[longest]! <= mostApart
    ? spreadOfSegments(x, axes, longest, within)
    : spreadAround(x, mean(x, { axes, keepDims: true }), axes, within)
}

/**
 * Layer normalisation over the trailing axes that `weight` has:
 * (x - mean) / √(variance + eps) · weight + bias.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const y = t.layerNorm({ weight: t.ones([2]), bias: t.zeros([2]) }, 0)(t.tensor([[1, 3]]))
 * assert.deepStrictEqual(await t.reference.read(y), Float64Array.of(-1, 1))
 * ```
 */
export const layerNorm = (given: LayerNorm, eps = 1e-5): (<S extends Shape>(x: Tensor<S>) => Tensor<S>) => {
  const { weight, bias } = given
  if (!isTensor(weight) || !isTensor(bias) || 'eps' in given)
    raise('layerNorm', 'wants a record with the tensors weight and bias, and eps, if any, as a second argument')
  if (!(eps >= 0)) raise('layerNorm', `eps is not negative: ${eps}`)
  return <S extends Shape>(x: Tensor<S>): Tensor<S> => {
    if (!sameShape(weight.shape, x.shape.slice(-weight.shape.length)) || !sameShape(weight.shape, bias.shape))
      raise('layerNorm', `the weight ${showShape(weight.shape)} is not the end of the input ${showShape(x.shape)}`)
    const lead = x.shape.length - weight.shape.length
    const axes = weight.shape.map((_, i) => lead + i)
    const { off, centre, variance } = spreadOf(x, axes)
    return shaped<S>(add(mul(mul(sub(off, centre), rsqrt(add(variance, eps))), weight), bias))
  }
}
