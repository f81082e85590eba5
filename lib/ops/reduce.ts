import {
  div,
  equal,
  exp,
  reducedShape,
  full,
  iota,
  log,
  maxKeep,
  mul,
  neg,
  prodKeep,
  reshape,
  select,
  stopGradient,
  sub,
  sumKeep
} from '../core/primitives.ts'
import { options, type OptionNames } from '../core/options.ts'
import { checkWithin } from '../core/rows/leaves.ts'
import { raise, showShape } from '../base/raise.ts'
import { axesOf, sameShape, sizeOf, type Shape } from '../core/shape.ts'
import { isTensor, shaped, type Scalar, type Tensor } from '../core/tensor.ts'

export interface Over {
  /** Axes to reduce, negative from the end; all of them by default. */
  readonly axes?: number | readonly number[]
  /** Keep them with size 1. */
  readonly keepDims?: boolean
}

/** A reduction takes a tensor and says over what, or only says over what for `pipe`. */
export interface Reduction {
  (x: Tensor): Scalar
  (x: Tensor, over: Over & { readonly axes: number | readonly number[] }): Tensor
  (x: Tensor, over: Over): Tensor
  (): (x: Tensor) => Scalar
  (over: Over): (x: Tensor) => Tensor
}

const overNames: OptionNames<Over> = { axes: true, keepDims: true }

const reduction = (name: string, reduce: (x: Tensor, axes: readonly number[]) => Tensor): Reduction => {
  const run = (x: Tensor, { axes, keepDims = false }: Over): Tensor => {
    const over = axesOf(name, axes, x.shape.length)
    const kept = reduce(x, over)
    return keepDims
      ? kept
      : reshape(
          kept,
          x.shape.filter((_, i) => !over.includes(i))
        )
  }
  const checked = (over: Over = {}): Over => options(name, over, overNames)
  return ((x?: Tensor | Over, over?: Over) => {
    if (isTensor(x)) return run(x, checked(over))
    const later = checked(x)
    return (y: Tensor) => run(y, later)
  }) as Reduction
}

const count = (x: Tensor, axes: readonly number[]): number => sizeOf(axes.map((axis) => x.shape[axis]!))

/** The sum over axes. */
export const sum = reduction('sum', sumKeep)
/**
 * The product over axes: 1 of nothing.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.prod(t.tensor([[2, 3], [4, 5]]), { axes: 1 })), Float64Array.of(6, 20))
 * ```
 */
export const prod = reduction('prod', prodKeep)
/** The largest element; ties share the gradient. */
export const max = reduction('max', maxKeep)
/** The smallest element; ties share the gradient. */
export const min = reduction('min', (x, axes) => neg(maxKeep(neg(x), axes)))
// (0 · ∞, which a driver takes for 0, would be the mean of nothing)
const meanKeep = (x: Tensor, axes: readonly number[]): Tensor =>
  count(x, axes) === 0 ? full(reducedShape(axes, x.shape), NaN) : mul(sumKeep(x, axes), 1 / count(x, axes))
/** The mean over axes. */
export const mean = reduction('mean', meanKeep)
/**
 * The mean squared distance from the mean (divided by n, as in normalisation). What the mean was rounded by is the mean
 * of the distances, and goes too.
 */
export const variance = reduction('variance', (x, axes) => {
  const off = sub(x, stopGradient(meanKeep(x, axes)))
  const centred = sub(off, meanKeep(off, axes))
  return meanKeep(mul(centred, centred), axes)
})

// (nothing has no largest element, and no exponentials to keep small)
const shifted = (x: Tensor, axes: readonly number[]): Tensor =>
  sizeOf(x.shape) === 0 ? x : sub(x, stopGradient(maxKeep(x, axes)))

/** e^x / Σ e^x along an axis (the last by default). */
export const softmax =
  (axis = -1) =>
  <S extends Shape>(x: Tensor<S>): Tensor<S> => {
    const axes = axesOf('softmax', axis, x.shape.length)
    const e = exp(shifted(x, axes))
    return shaped<S>(div(e, sumKeep(e, axes)))
  }

/** ln softmax, without the rounding of the small ones to ln 0. */
export const logSoftmax =
  (axis = -1) =>
  <S extends Shape>(x: Tensor<S>): Tensor<S> => {
    const axes = axesOf('logSoftmax', axis, x.shape.length)
    const centred = shifted(x, axes)
    return shaped<S>(sub(centred, log(sumKeep(exp(centred), axes))))
  }

/** The mean squared error over all elements. */
export const mse = (prediction: Tensor, target: Tensor): Scalar => {
  const off = sub(prediction, target)
  return mean(mul(off, off))
}

/**
 * The mean of -ln softmax(logits)[label] over a batch: `logits` are [N, classes], `labels` [N] whole numbers from 0. A
 * label that is none of the classes is an error where the host holds it, and makes the mean NaN where only the device
 * knows it.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const [even, sure] = [t.tensor([[0, 0]]), t.tensor([[100, 0]])]
 * assert.deepStrictEqual(await t.reference.read(t.crossEntropy(even, t.tensor([1]))), Float64Array.of(Math.log(2)))
 * assert.deepStrictEqual(await t.reference.read(t.crossEntropy(sure, t.tensor([1]))), Float64Array.of(100))
 * ```
 */
export const crossEntropy = (logits: Tensor, labels: Tensor): Scalar => {
  const [n = 1] = logits.shape
  if (logits.shape.length !== 2 || !sameShape(labels.shape, [n]))
    raise('crossEntropy', `wants logits [N,classes] and labels [N]: ${showShape(logits.shape)} with ${showShape(labels.shape)}`) // prettier-ignore
  if (n === 0) return full([], NaN)
  checkWithin('crossEntropy', 'the label', labels, logits.shape[1]!)
  // chosen, not multiplied by 0 and 1: a class may be as good as impossible, with a logarithm of -Infinity
  const isLabel = equal(reshape(labels, [n, 1]), iota(logits.shape, 1))
  const chosen = sum(select(isLabel, logSoftmax()(logits), 0), { axes: 1 })
  // divided by 1, or by 0 where no class is the label's
  return mul(sum(div(chosen, sum(isLabel, { axes: 1 }))), -1 / n)
}
