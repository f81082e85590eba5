import { add, pad as padAt, permute, reshape, barrier, sliceAt } from '../core/primitives.ts'
import { dual, dualOp, tensorFirst } from '../core/dual.ts'
import { kindOf, options } from '../core/options.ts'
import { raise, showShape } from '../base/raise.ts'
import { axisOf, type Shape } from '../core/shape.ts'
import { isTensor, type Tensor } from '../core/tensor.ts'

/**
 * The part of one axis that `slice` keeps. An index keeps one element, and the axis stays with size 1. A list is
 * `[start, stop, step]`: by default all elements, one after the other. Negative positions count from the end.
 */
export type Range = number | readonly [start?: number | undefined, stop?: number | undefined, step?: number | undefined]

const wholeOf = (name: string, i: number): number =>
  Number.isSafeInteger(i) ? i : raise('slice', `the ${name} is a whole number, not ${kindOf(i)}`)

type Part = readonly [start: number, size: number, step: number]

const elementOf = (index: number, x: Shape, axis: number): Part => {
  const d = x[axis]!
  const at = wholeOf('index', index) < 0 ? index + d : index
  return at >= 0 && at < d
    ? [at, 1, 1]
    : raise('slice', `there is no element ${index} along axis ${axis} of ${showShape(x)}`)
}

const rangeOf = (range: Exclude<Range, number>, x: Shape, axis: number): Part => {
  const d = x[axis]!
  if (!Array.isArray(range) || range.length > 3)
    return raise('slice', `axis ${axis} takes an index or [start, stop, step], not ${kindOf(range)}`)
  const [from = 0, to = d, step = 1] = range
  if (!Number.isInteger(step) || step < 1) raise('slice', `the step is a whole number of at least 1, not ${step}`)
  const place = (name: string, i: number) => Math.min(d, Math.max(0, wholeOf(name, i) < 0 ? i + d : i))
  const [start, stop] = [place('start', from), place('stop', to)]
  return stop >= start
    ? [start, Math.ceil((stop - start) / step), step]
    : raise('slice', `nothing is left of ${showShape(x)}`)
}

/** A tensor and ranges; or the ranges alone, for `pipe`. */
export interface Slicing {
  (x: Tensor, ranges: readonly Range[]): Tensor
  (ranges: readonly Range[]): (x: Tensor) => Tensor
}

/**
 * A part of a tensor: one range per axis, beginning with the first. Axes without a range stay whole. Ranges that reach
 * beyond an end are cut there, as in NumPy.
 *
 * @throws TesseraError if there are more ranges than axes, no element at an index, or a step below 1
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const x = t.tensor([[1, 2, 3], [4, 5, 6]])
 * assert.deepStrictEqual(await t.reference.read(t.slice(x, [[1], [0, 3, 2]])), Float64Array.of(4, 6))
 * const last = t.slice(x, [-1])
 * assert.deepStrictEqual([last.shape, await t.reference.read(last)], [[1, 3], Float64Array.of(4, 5, 6)])
 * ```
 */
export const slice = dualOp<Slicing>('slice', tensorFirst(2), (ranges: readonly Range[]) => (x: Tensor) => {
  if (ranges.length > x.shape.length)
    raise('slice', `${ranges.length} ranges for ${x.shape.length} axes: ${showShape(x.shape)}`)
  const parts = x.shape.map((_, axis) => {
    const range = ranges[axis] ?? []
    return typeof range === 'number' ? elementOf(range, x.shape, axis) : rangeOf(range, x.shape, axis)
  })
  return sliceAt(x, { start: parts.map((p) => p[0]), size: parts.map((p) => p[1]), step: parts.map((p) => p[2]) })
})

/** How many zeros `pad` adds to an axis: a number for both ends, or `[before, after]`. */
export type Width = number | readonly [before: number, after: number]

/** A tensor and widths; or the widths alone, for `pipe`. */
export interface ZeroPadding {
  (x: Tensor, widths: readonly Width[]): Tensor
  (widths: readonly Width[]): (x: Tensor) => Tensor
}

/**
 * Adds zeros around a tensor: one width per axis, beginning with the first.
 *
 * @throws TesseraError if there are more widths than axes, or one is not a whole number of at least 0
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.pad(t.ones([2, 3]), [[1, 0], 2]).shape, [3, 7])
 * ```
 */
export const pad = dualOp<ZeroPadding>('pad', tensorFirst(2), (widths: readonly Width[]) => (x: Tensor) => {
  if (widths.length > x.shape.length)
    raise('pad', `${widths.length} widths for ${x.shape.length} axes: ${showShape(x.shape)}`)
  const pairs = x.shape.map((_, axis) => widthsOf(widths[axis] ?? 0))
  return padAt(x, { before: pairs.map((p) => p[0]), after: pairs.map((p) => p[1]), gap: x.shape.map(() => 0) })
})
const widthsOf = (width: Width): readonly [number, number] => {
  if (typeof width === 'number') return [width, width]
  return Array.isArray(width) && width.length === 2
    ? [width[0], width[1]]
    : raise('pad', `an axis takes a number of zeros or [before, after], not ${kindOf(width)}`)
}

/**
 * Many tensors are joined in groups of this size first, and then the groups. If they were added one by one, each
 * addition would write the whole result, with offsets of its own and so in a program of its own.
 */
const group = 8
const many = 2 * group

/** The options of `concat` and `stack`. */
export interface AxisOptions {
  /** The axis along which the tensors are joined, negative from the end; 0 by default. */
  readonly axis?: number
}

/** Tensors and options; or the options alone, for `pipe`. */
export interface Joining {
  (parts: readonly Tensor[], options?: AxisOptions): Tensor
  (options?: AxisOptions): (parts: readonly Tensor[]) => Tensor
}

const joining = (op: string, join: (parts: readonly Tensor[], axis: number) => Tensor): Joining =>
  dual<Joining>(
    (args) => Array.isArray(args[0]) || args.length >= 2,
    (given: AxisOptions = {}) => {
      const { axis = 0 } = options(op, given, { axis: true })
      return (parts: readonly Tensor[]) => {
        const other: unknown = Array.isArray(parts) ? parts.find((x) => !isTensor(x)) : parts
        if (other !== undefined) raise(op, `wants a list of tensors first, not ${kindOf(other)}`)
        return join(parts, axis)
      }
    }
  )

/**
 * Joins tensors along an axis, one after the other.
 *
 * @throws TesseraError if there is no tensor, or their sizes differ along another axis
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.concat([t.ones([2, 3]), t.zeros([2, 1])], { axis: 1 }).shape, [2, 4])
 * ```
 */
export const concat = joining('concat', (parts, axis) => {
  const first = parts[0] ?? raise('concat', 'wants at least one tensor')
  const along = axisOf('concat', axis, first.shape.length)
  for (const { shape } of parts)
    if (shape.length !== first.shape.length || shape.some((d, i) => i !== along && d !== first.shape[i]))
      raise('concat', `sizes differ off axis ${along}: ${showShape(first.shape)} and ${showShape(shape)}`)
  return joined(parts, along)
})

const joined = (parts: readonly Tensor[], along: number): Tensor => {
  if (parts.length <= many) return besides(parts, along)
  // each group gets a buffer of its own; otherwise a kernel would absorb the groups that it joins
  const groups = Array.from({ length: Math.ceil(parts.length / group) }, (_, i) => {
    const some = parts.slice(i * group, (i + 1) * group)
    return some.length === 1 ? some[0]! : barrier(besides(some, along))
  })
  return joined(groups, along)
}

const besides = (parts: readonly Tensor[], along: number): Tensor => {
  const sizes = parts.map((x) => x.shape[along]!)
  const total = sizes.reduce((a, b) => a + b)
  const placed = parts.map((x, k) => {
    const before = sizes.slice(0, k).reduce((a, b) => a + b, 0)
    const widths = x.shape.map((_, i) => (i === along ? ([before, total - before - sizes[k]!] as const) : 0))
    return parts.length === 1 ? x : pad(x, widths)
  })
  return placed.reduce((a, b) => add(a, b))
}

/**
 * Joins tensors of one shape along a new axis.
 *
 * @throws TesseraError if there is no tensor, or their shapes differ
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.stack([t.ones([2, 3]), t.zeros([2, 3])], { axis: 1 }).shape, [2, 2, 3])
 * ```
 */
export const stack = joining('stack', (parts, axis) => {
  const rank = (parts[0]?.shape.length ?? 0) + 1
  const at = axisOf('stack', axis, rank)
  return concat(
    parts.map((x) => reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])),
    { axis: at }
  )
})

/**
 * A matrix, or each matrix of a batch, with its last two axes exchanged.
 *
 * @throws TesseraError if there are fewer than two axes
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.transpose(t.ones([5, 2, 3])).shape, [5, 3, 2])
 * ```
 */
export const transpose = (x: Tensor): Tensor => {
  const rank = x.shape.length
  if (rank < 2) raise('transpose', `wants at least two axes: ${showShape(x.shape)}`)
  const order = x.shape.map((_, i) => i)
  return permute(x, [...order.slice(0, -2), rank - 1, rank - 2])
}
