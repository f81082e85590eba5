import { add, differentiatedAs, mul, reshape, stopGradient, barrier, sub } from '../core/primitives.ts'
import { dualOp, tensorFirst } from '../core/dual.ts'
import { options, whole } from '../core/options.ts'
import { raise, showShape } from '../base/raise.ts'
import { sameShape, sizeOf, type Shape } from '../core/shape.ts'
import { isTensor, type Tensor } from '../core/tensor.ts'
import { slice } from './movement.ts'
import { rsqrt, square } from './pointwise.ts'
import { mean } from './reduce.ts'

/** The parameters of `layerNorm`. Their shape is that of the trailing axes that it normalises. */
export interface LayerNormParams {
  /** The gain of each element. */
  readonly weight: Tensor
  /** The offset of each element. */
  readonly bias: Tensor
}

/** The options of `layerNorm`. */
export interface LayerNormOptions {
  /** Added to the variance, against division by zero; 1e-5 by default, as in PyTorch. */
  readonly eps?: number
}

/** A tensor, parameters and options; or the same without the tensor, for `pipe`. */
export interface LayerNorm {
  <S extends Shape>(x: Tensor<S>, params: LayerNormParams, options?: LayerNormOptions): Tensor<S>
  (params: LayerNormParams, options?: LayerNormOptions): <S extends Shape>(x: Tensor<S>) => Tensor<S>
}

/**
 * How many elements are measured from one of them. If that one is the outlier of n elements, the squared distances are
 * n times the variance, which loses as much precision.
 */
const mostApart = 256
/** The same for means of segments. The loss of 4e-5 occurs only if a whole segment is far from all others. */
const mostSegments = 640

const sizeAlong = (x: Tensor, axes: readonly number[]): number => sizeOf(axes.map((axis) => x.shape[axis]!))

const firstAlong = (x: Tensor, axes: readonly number[]): Tensor =>
  slice(
    x,
    x.shape.map((d, i) => (axes.includes(i) ? [0, Math.min(1, d)] : []))
  )

/** A number near the elements, their distances from it, the mean of the distances, and the variance. */
interface Spread {
  readonly near: Tensor
  readonly off: Tensor
  readonly centre: Tensor
  readonly variance: Tensor
}

type Moments = Pick<Spread, 'centre' | 'variance'>

/** In one pass over all elements. The farther the number is from the mean, the less precise the variance. */
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
 * Chan et al. 1983: splits the elements into segments along one axis, each measured from a number of its own. The
 * variance is that of the segments' means plus the mean of the variances within them. The gradient is that of one pass
 * over all elements, which is the same function.
 */
const spreadOfSegments = (x: Tensor, axes: readonly number[], along: number, within?: Tensor): Spread => {
  const others = axes.filter((axis) => axis !== along)
  const [near, first] = [firstAlong(x, [along]), firstAlong(x, axes)]
  const segments = spreadAround(x, near, [along], within)
  const means = spreadOf(barrier(add(sub(near, first), segments.centre)), others, barrier(segments.variance))
  return spreadAround(x, first, axes, within, { centre: add(means.near, means.centre), variance: means.variance })
}

/** If each element is the mean of a segment, `within` is the variance inside the segments. */
const spreadOf = (x: Tensor, axes: readonly number[], within?: Tensor): Spread => {
  const most = within ? mostSegments : mostApart
  if (sizeAlong(x, axes) <= most) return spreadAround(x, firstAlong(x, axes), axes, within)
  const longest = axes.reduce((a, b) => (x.shape[b]! >= x.shape[a]! ? b : a))
  return x.shape[longest]! <= mostApart
    ? spreadOfSegments(x, axes, longest, within)
    : spreadAround(x, mean(x, { axes, keepDims: true }), axes, within)
}

/** (x - mean) / √(variance + eps) over some axes. */
const normalised = (x: Tensor, axes: readonly number[], eps: number): Tensor => {
  const { off, centre, variance } = spreadOf(x, axes)
  return mul(sub(off, centre), rsqrt(add(variance, eps)))
}

const scaled = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => add(mul(x, weight), bias)

const normParams = (op: string, params: LayerNormParams): LayerNormParams => {
  const { weight, bias } = options(`${op}: parameters`, params, { weight: true, bias: true })
  return isTensor(weight) && isTensor(bias)
    ? { weight, bias }
    : raise(op, 'wants a record with the tensors weight and bias')
}

/**
 * Layer normalisation (Ba et al. 2016) over the trailing axes that `weight` has, as in PyTorch:
 * (x - mean) / √(variance + eps) · weight + bias, with the variance divided by n. The shape stays.
 *
 * @throws TesseraError if the weight is not of the shape of the trailing axes, or eps is negative
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const y = t.layerNorm(t.tensor([[1, 3]]), { weight: t.ones([2]), bias: t.zeros([2]) }, { eps: 0 })
 * assert.deepStrictEqual(await t.reference.read(y), Float64Array.of(-1, 1))
 * ```
 */
export const layerNorm = dualOp<LayerNorm>(
  'layerNorm',
  tensorFirst(3),
  (params: LayerNormParams, given: LayerNormOptions = {}) => {
    const { weight, bias } = normParams('layerNorm', params)
    const { eps = 1e-5 } = options('layerNorm', given, { eps: true })
    if (!(eps >= 0)) raise('layerNorm', `eps is not negative: ${eps}`)
    return (x: Tensor): Tensor => {
      if (!sameShape(weight.shape, x.shape.slice(-weight.shape.length)) || !sameShape(weight.shape, bias.shape))
        raise('layerNorm', `the weight ${showShape(weight.shape)} is not the end of the input ${showShape(x.shape)}`)
      const lead = x.shape.length - weight.shape.length
      return scaled(
        normalised(
          x,
          weight.shape.map((_, i) => lead + i),
          eps
        ),
        weight,
        bias
      )
    }
  }
)

/** The options of `groupNorm`. */
export interface GroupNormOptions extends LayerNormOptions {
  /** How many groups the channels are parted into. */
  readonly groups: number
}

/** A tensor, parameters and options; or the same without the tensor, for `pipe`. */
export interface GroupNorm {
  <S extends Shape>(x: Tensor<S>, params: LayerNormParams, options: GroupNormOptions): Tensor<S>
  (params: LayerNormParams, options: GroupNormOptions): <S extends Shape>(x: Tensor<S>) => Tensor<S>
}

/**
 * Group normalisation (Wu and He 2018) of `[N, C, …]`, as in PyTorch: the channels are parted into groups, each group of
 * each image is normalised by its own mean and variance, and each channel has its gain and offset, `[C]`. The shape stays.
 *
 * @throws TesseraError if the groups do not divide the channels, the parameters are not `[C]`, or eps is negative
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const y = t.groupNorm(t.tensor([[[1], [3], [8], [8]]]), { weight: t.ones([4]), bias: t.zeros([4]) }, { groups: 2, eps: 0.25 })
 * const rounded = (await t.reference.read(y)).map((v) => Math.round(v * 1e6) / 1e6)
 * assert.deepStrictEqual(rounded, Float64Array.of(-0.894427, 0.894427, 0, 0))
 * ```
 */
export const groupNorm = dualOp<GroupNorm>(
  'groupNorm',
  tensorFirst(3),
  (params: LayerNormParams, given: GroupNormOptions) => {
    const { weight, bias } = normParams('groupNorm', params)
    const { groups, eps = 1e-5 } = options('groupNorm', given, { groups: true, eps: true })
    whole('groupNorm', 'groups', groups, 1)
    if (!(eps >= 0)) raise('groupNorm', `eps is not negative: ${eps}`)
    return (x: Tensor): Tensor => {
      const [n = 0, channels = 0, ...picture] = x.shape
      if (x.shape.length < 2 || channels % groups !== 0)
        raise('groupNorm', `${groups} groups do not divide the channels of ${showShape(x.shape)}`)
      if (!sameShape(weight.shape, [channels]) || !sameShape(bias.shape, [channels]))
        raise('groupNorm', `weight ${showShape(weight.shape)} and bias ${showShape(bias.shape)} have a number for each channel of ${showShape(x.shape)}`) // prettier-ignore
      const parted = reshape(x, [n, groups, channels / groups, ...picture])
      const axes = parted.shape.map((_, i) => i).slice(2)
      const perChannel = [channels, ...picture.map(() => 1)]
      return scaled(
        reshape(normalised(parted, axes, eps), x.shape),
        reshape(weight, perChannel),
        reshape(bias, perChannel)
      )
    }
  }
)
