import {
  add,
  div,
  equal,
  exp,
  reducedShape,
  full,
  iota,
  less,
  log,
  maxKeep,
  mul,
  neg,
  permute,
  prodKeep,
  reshape,
  select,
  stopGradient,
  sub,
  sumKeep
} from '../core/primitives.ts'
import { counted, dualOp, tensorFirst } from '../core/dual.ts'
import { options } from '../core/options.ts'
import { checkWithin } from '../core/rows/leaves.ts'
import { raise, showShape } from '../base/raise.ts'
import { axesOf, sameShape, sizeOf, type Shape } from '../core/shape.ts'
import type { Scalar, Tensor } from '../core/tensor.ts'
import { count, reduction, type Over } from './reduction.ts'

/**
 * The sum over axes. It is 0 if there are no elements. n terms are added in blocks, with an error of log2(n) roundings
 * at most.
 *
 * @throws TesseraError if there is no such axis, or one is named twice
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const x = t.tensor([[1, 2], [3, 4]])
 * assert.deepStrictEqual(await t.reference.read(t.sum(x, { axes: 0 })), Float64Array.of(4, 6))
 * assert.deepStrictEqual(t.sum(x, { axes: 0, keepDims: true }).shape, [1, 2])
 * ```
 */
export const sum = reduction('sum', sumKeep)

/**
 * The product over axes. It is 1 if there are no elements. The gradient is right if elements are 0.
 *
 * @throws TesseraError if there is no such axis, or one is named twice
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.prod(t.tensor([[2, 3], [4, 5]]), { axes: 1 })), Float64Array.of(6, 20))
 * ```
 */
export const prod = reduction('prod', prodKeep)

/**
 * The largest element over axes. Ties share the gradient.
 *
 * @throws TesseraError if there is no such axis, one is named twice, or there are no elements
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.max(t.tensor([[1, 5], [3, 4]]), { axes: 1 })), Float64Array.of(5, 4))
 * ```
 */
export const max = reduction('max', maxKeep)

/**
 * The smallest element over axes. Ties share the gradient.
 *
 * @throws TesseraError if there is no such axis, one is named twice, or there are no elements
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.min(t.tensor([[1, 5], [3, 4]]), { axes: 1 })), Float64Array.of(1, 3))
 * ```
 */
export const min = reduction('min', (x, axes) => neg(maxKeep(neg(x), axes)))

// (without elements it would be 0 · ∞, which a driver may take for 0)
const meanKeep = (x: Tensor, axes: readonly number[]): Tensor =>
  count(x, axes) === 0 ? full(reducedShape(axes, x.shape), NaN) : mul(sumKeep(x, axes), 1 / count(x, axes))

/**
 * The mean over axes. It is NaN if there are no elements.
 *
 * @throws TesseraError if there is no such axis, or one is named twice
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.mean(t.tensor([1, 2, 6]))), Float64Array.of(3))
 * ```
 */
export const mean = reduction('mean', meanKeep)

/**
 * The mean squared distance from the mean, divided by n (not n - 1), as in normalisation. The distances are centred
 * twice, which removes the rounding of the mean.
 *
 * @throws TesseraError if there is no such axis, or one is named twice
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.variance(t.tensor([1, 3]))), Float64Array.of(1))
 * ```
 */
export const variance = reduction('variance', (x, axes) => {
  const off = sub(x, stopGradient(meanKeep(x, axes)))
  const centred = sub(off, meanKeep(off, axes))
  return meanKeep(mul(centred, centred), axes)
})

/** A tensor, a part and options; or the same without the tensor, for `pipe`. */
export interface Quantile {
  (x: Tensor, q: number): Scalar
  (x: Tensor, q: number, over: Over): Tensor
  (q: number, over?: Over): (x: Tensor) => Tensor
}

/** How many elements along the last axis come before each: the smaller ones, and equal ones before it. */
const ranks = (x: Tensor): Tensor => {
  const [n, lead] = [x.shape.at(-1)!, x.shape.slice(0, -1)]
  const [one, other] = [reshape(x, [...lead, n, 1]), reshape(x, [...lead, 1, n])]
  const earlier = less(iota([1, n], { axis: 1 }), iota([n, 1]))
  return sum(select(less(other, one), 1, mul(equal(other, one), earlier)), { axes: -1 })
}

/**
 * The q-th part of the elements over axes is below it, q from 0 to 1: 0.5 for the median. Between two elements it is
 * interpolated, as NumPy and PyTorch do. It is NaN if an element is. Each element is compared with each other, so it
 * takes time of their number squared; the gradient goes to one element, or two.
 *
 * @throws TesseraError if q is not from 0 to 1, there is no such axis, one is named twice, or there are no elements
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const x = t.tensor([[1, 5, 2], [0, 10, 20]])
 * assert.deepStrictEqual(await t.reference.read(t.quantile(x, 0.75, { axes: 1 })), Float64Array.of(3.5, 15))
 * ```
 */
export const quantile = dualOp<Quantile>('quantile', tensorFirst(3), (q: number, given: Over = {}) => {
  if (!(q >= 0 && q <= 1)) raise('quantile', `q is from 0 to 1, not ${q}`)
  return reduction('quantile', (x, axes) => {
    const n = count(x, axes)
    if (n === 0) raise('quantile', `there are no elements: axes ${showShape(axes)} of ${showShape(x.shape)}`)
    const others = x.shape.map((_, i) => i).filter((axis) => !axes.includes(axis))
    const lead = others.map((axis) => x.shape[axis]!)
    const flat = reshape(permute(x, [...others, ...axes]), [...lead, n])
    const [place, kept] = [ranks(flat), reducedShape(axes, x.shape)]
    const at = (k: number): Tensor => reshape(sum(select(equal(place, k), flat, 0), { axes: -1 }), kept)
    const low = Math.floor(q * (n - 1))
    const part = q * (n - 1) - low
    const found = part === 0 ? at(low) : add(mul(at(low), 1 - part), mul(at(low + 1), part))
    // NaN comes before nothing, and so would not be found
    const largest = maxKeep(x, axes)
    return select(equal(largest, largest), found, largest)
  })(given)
})

// (a tensor without elements has no largest one)
const shifted = (x: Tensor, axes: readonly number[]): Tensor =>
  sizeOf(x.shape) === 0 ? x : sub(x, stopGradient(maxKeep(x, axes)))

/** The options of `softmax` and `logSoftmax`. */
export interface SoftmaxOptions {
  /** The axis along which the results add up to 1, negative from the end; the last by default. */
  readonly axis?: number
}

/** A tensor and options; or the options alone, for `pipe`. */
export interface Softmax {
  <S extends Shape>(x: Tensor<S>, options?: SoftmaxOptions): Tensor<S>
  (options?: SoftmaxOptions): <S extends Shape>(x: Tensor<S>) => Tensor<S>
}

const alongAxis = (name: string, f: (x: Tensor, axes: readonly number[]) => Tensor): Softmax =>
  dualOp<Softmax>(name, tensorFirst(2), (given: SoftmaxOptions = {}) => {
    const { axis = -1 } = options(name, given, { axis: true })
    return (x: Tensor) => f(x, axesOf(name, axis, x.shape.length))
  })

/**
 * e^x / Σ e^x along an axis, computed from x - max x, so that nothing overflows.
 *
 * @throws TesseraError if there is no such axis
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const p = t.softmax(t.tensor([[0, 0], [1000, 0]]), { axis: 1 })
 * assert.deepStrictEqual(await t.reference.read(p), Float64Array.of(0.5, 0.5, 1, 0))
 * ```
 */
export const softmax = alongAxis('softmax', (x, axes) => {
  const e = exp(shifted(x, axes))
  return div(e, sumKeep(e, axes))
})

/**
 * ln softmax(x) along an axis: x - max - ln Σ e^(x - max). A small probability is not rounded to ln 0.
 *
 * @throws TesseraError if there is no such axis
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.logSoftmax(t.tensor([1000, 0]))), Float64Array.of(0, -1000))
 * ```
 */
export const logSoftmax = alongAxis('logSoftmax', (x, axes) => {
  const centred = shifted(x, axes)
  return sub(centred, log(sumKeep(exp(centred), axes)))
})

/** A prediction and its target; or the target alone, for `pipe`. */
export interface TensorLoss {
  (prediction: Tensor, target: Tensor): Scalar
  (target: Tensor): (prediction: Tensor) => Scalar
}

/**
 * The mean squared error over all elements: Σ (prediction - target)² / n.
 *
 * @throws TesseraError if the shapes don't broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const error = t.mse(t.tensor([1, 2]), t.tensor([1, 4]))
 * assert.deepStrictEqual(await t.reference.read(error), Float64Array.of(2))
 * ```
 */
export const mse = dualOp<TensorLoss>('mse', counted(2), (target: Tensor) => (prediction: Tensor) => {
  const off = sub(prediction, target)
  return mean(mul(off, off))
})

/**
 * The mean of -ln softmax(logits)[label] over a batch: `logits` are `[N, classes]`, `labels` are `[N]` whole numbers
 * from 0.
 *
 * @throws TesseraError if the shapes don't fit, or the host knows a label that is not a class; one that only the device
 * knows makes the mean NaN
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const [even, sure] = [t.tensor([[0, 0]]), t.tensor([[100, 0]])]
 * assert.deepStrictEqual(await t.reference.read(t.crossEntropy(even, t.tensor([1]))), Float64Array.of(Math.log(2)))
 * assert.deepStrictEqual(await t.reference.read(t.crossEntropy(sure, t.tensor([1]))), Float64Array.of(100))
 * ```
 */
export const crossEntropy = dualOp<TensorLoss>(
  'crossEntropy',
  counted(2),
  (labels: Tensor) => (logits: Tensor) => crossEntropyOf(logits, labels)
)

const crossEntropyOf = (logits: Tensor, labels: Tensor): Scalar => {
  const [n = 1] = logits.shape
  if (logits.shape.length !== 2 || !sameShape(labels.shape, [n]))
    raise('crossEntropy', `wants logits [N,classes] and labels [N]: ${showShape(logits.shape)} with ${showShape(labels.shape)}`) // prettier-ignore
  if (n === 0) return full([], NaN)
  checkWithin('crossEntropy', 'the label', labels, logits.shape[1]!)
  // chosen, not multiplied by 0 and 1: the logarithm of an impossible class is -Infinity
  const isLabel = equal(reshape(labels, [n, 1]), iota(logits.shape, { axis: 1 }))
  const chosen = sum(select(isLabel, logSoftmax(logits), 0), { axes: 1 })
  // divided by 1, or by 0 if the label is not a class
  return mul(sum(div(chosen, sum(isLabel, { axes: 1 }))), -1 / n)
}
