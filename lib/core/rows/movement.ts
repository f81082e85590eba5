import { addAffine, constant, divMod, regroup, scale, shift, type Guard } from '../affine.ts'
import { raise, showShape } from '../../base/raise.ts'
import { dualOp, tensorFirst } from '../dual.ts'
import { options } from '../options.ts'
import { axesOf, axisOf, sameShape, sizeOf, stridesOf, type Shape } from '../shape.ts'
import { node, withRow, type Row, type Tensor, type Values } from '../tensor.ts'
import { addInto, packed, view, zeros } from '../values.ts'

// Movements rewrite indices and compute nothing. The gradient of each is a movement.

const reshapeRow: Row<Shape> = {
  name: 'reshape',
  kernel: {
    kind: 'access',
    at: (to, input, out) => ({ index: regroup(out, to, input) })
  },
  shape: (to, from) =>
    sizeOf(to) === sizeOf(from)
      ? to
      : raise('reshape', `${showShape(from)} has ${sizeOf(from)} elements, ${showShape(to)} has ${sizeOf(to)}`),
  reference: (to, _, x) => view(packed(x), to, stridesOf(to)),
  vjp: (ct, _, [x]) => [reshape(ct, x!.shape)],
  show: showShape
}

/** A tensor and a shape; or the shape alone, for `pipe`. */
export interface Reshaping {
  <const S extends Shape>(x: Tensor, to: S): Tensor<S>
  <const S extends Shape>(to: S): (x: Tensor) => Tensor<S>
}

/**
 * The same elements, in row-major order, under another shape. One size may be -1, and follows from the others.
 *
 * @throws TesseraError if the shape has another number of elements
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { pipe } from 'fp-ts/function'
 * assert.deepStrictEqual(t.reshape(t.ones([2, 6]), [3, -1]).shape, [3, 4])
 * assert.deepStrictEqual(pipe(t.ones([2, 6]), t.reshape([12])).shape, [12])
 * ```
 */
export const reshape = withRow(
  dualOp<Reshaping>('reshape', tensorFirst(2), (to: Shape) => (x: Tensor) => {
    const shape = inferred(x.shape, to)
    return sameShape(x.shape, shape) ? x : node(reshapeRow, shape, x)
  }),
  reshapeRow
)
const inferred = (from: Shape, to: Shape): Shape => {
  const known = to.filter((d) => d !== -1)
  if (to.length - known.length > 1) raise('reshape', `at most one size may be -1: ${showShape(to)}`)
  const left = sizeOf(from) / sizeOf(known)
  if (known.length < to.length && !Number.isSafeInteger(left))
    raise('reshape', `no size for -1 makes ${showShape(to)} of the ${sizeOf(from)} elements of ${showShape(from)}`)
  return Object.freeze(to.map((d) => (d === -1 ? left : d)))
}

const permuteRow: Row<readonly number[]> = {
  name: 'permute',
  kernel: {
    kind: 'access',
    at: (order, input, out) => ({ index: input.map((_, axis) => out[order.indexOf(axis)]!) })
  },
  shape: (order, from) =>
    order.length === from.length && new Set(order).size === order.length
      ? order.map((axis) => from[axisOf('permute', axis, from.length)]!)
      : raise('permute', `the order ${showShape(order)} does not name each axis of ${showShape(from)} once`),
  reference: (order, _, x) => x.transpose(...order),
  vjp: (ct, _, __, order) => [permute(ct, inverse(order))],
  show: showShape
}
const inverse = (order: readonly number[]): readonly number[] => order.map((_, axis) => order.indexOf(axis))

/** A tensor and an order of its axes; or the order alone, for `pipe`. */
export interface Permutation {
  (x: Tensor, order: readonly number[]): Tensor
  (order: readonly number[]): (x: Tensor) => Tensor
}

/**
 * The axes of `x` in another order: axis i of the result is axis order[i] of `x`. Negative axes count from the end.
 *
 * @throws TesseraError unless the order names every axis once
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.permute(t.ones([2, 3, 4]), [2, 0, 1]).shape, [4, 2, 3])
 * ```
 */
export const permute = withRow(
  dualOp<Permutation>(
    'permute',
    tensorFirst(2),
    (order: readonly number[]) => (x: Tensor) =>
      node(
        permuteRow,
        order.map((axis) => axisOf('permute', axis, x.shape.length)),
        x
      )
  ),
  permuteRow
)

/** For each axis, the first index, the number of indices, and the distance between them. */
export interface Slices {
  readonly start: readonly number[]
  readonly size: readonly number[]
  readonly step: readonly number[]
}
const sliceRow: Row<Slices> = {
  name: 'slice',
  kernel: {
    kind: 'access',
    at: ({ start, step }, _, out) => ({ index: out.map((i, axis) => shift(scale(i, step[axis]!), start[axis]!)) })
  },
  shape: ({ start, size, step }, from) =>
    from.every((d, i) => start[i]! >= 0 && step[i]! >= 1 && lastOf(start[i]!, size[i]!, step[i]!) < d)
      ? size
      : raise(
          'slice',
          `start ${showShape(start)}, size ${showShape(size)}, step ${showShape(step)} leave ${showShape(from)}`
        ),
  reference: ({ start, step }, shape, x) =>
    view(
      x,
      shape,
      x.stride.map((s, i) => s * step[i]!),
      x.offset + start.reduce((sum, s, i) => sum + s * x.stride[i]!, 0)
    ),
  vjp: (ct, y, [x], { start, step }) => [
    pad(ct, {
      before: start,
      after: x!.shape.map((d, i) => d - 1 - lastOf(start[i]!, y.shape[i]!, step[i]!)),
      gap: step.map((s) => s - 1)
    })
  ],
  show: ({ start, size, step }) => `${showShape(start)} ${showShape(size)} ${showShape(step)}`
}

/** The last index of a slice; for an empty slice, the index before its first. */
const lastOf = (start: number, size: number, step: number): number => start - 1 + (size > 0 ? 1 + step * (size - 1) : 0)

/** The elements of `x` at start + step · i. `slice` is the form for users. */
export const sliceAt = Object.assign((x: Tensor, slices: Slices): Tensor => node(sliceRow, slices, x), {
  row: sliceRow
})

/** For each axis, the number of zeros before, after, and between neighbours. */
export interface Padding {
  readonly before: readonly number[]
  readonly after: readonly number[]
  readonly gap: readonly number[]
}
const padRow: Row<Padding> = {
  name: 'pad',
  kernel: {
    kind: 'access',
    fills: true,
    at: ({ before, gap }, input, out) => {
      const parts = out.map((i, axis) => divMod(shift(i, -before[axis]!), gap[axis]! + 1))
      const inside: readonly Guard[] = parts.flatMap(([index, rest], axis) => [
        { index, extent: input[axis]! },
        { index: rest, extent: 1 }
      ])
      return { index: parts.map(([index]) => index), guards: inside }
    }
  },
  shape: ({ before, after, gap }, from) =>
    [before, after, gap].every((p) => p.length === from.length && p.every((n) => Number.isInteger(n) && n >= 0))
      ? from.map((d, i) => before[i]! + d + gap[i]! * Math.max(0, d - 1) + after[i]!)
      : raise(
          'pad',
          `wants whole numbers of zeros for each axis of ${showShape(from)}: ${showShape(before)}, ${showShape(after)}`
        ),
  reference: ({ before, gap }, shape, x) => {
    const y = zeros(shape)
    addInto(spread(y, x.shape, before, gap), x)
    return y
  },
  vjp: (ct, _, [x], { before, gap }) => [sliceAt(ct, { start: before, size: x!.shape, step: gap.map((g) => g + 1) })],
  show: ({ before, after, gap }) => `${showShape(before)} ${showShape(after)} ${showShape(gap)}`
}
const spread = (y: Values, shape: Shape, before: readonly number[], gap: readonly number[]): Values =>
  view(
    y,
    shape,
    y.stride.map((s, i) => s * (gap[i]! + 1)),
    before.reduce((sum, b, i) => sum + b * y.stride[i]!, 0)
  )

/** Zeros around `x` and between its elements. `pad` of `lib/ops` is the form for users. */
export const pad = Object.assign((x: Tensor, padding: Padding): Tensor => node(padRow, padding, x), { row: padRow })

const flipRow: Row<readonly number[]> = {
  name: 'flip',
  kernel: {
    kind: 'access',
    at: (axes, input, out) => ({
      index: out.map((i, axis) => (axes.includes(axis) ? addAffine(constant(input[axis]! - 1), scale(i, -1)) : i))
    })
  },
  shape: (_, from) => from,
  reference: (axes, _, x) => x.step(...x.shape.map((_, i) => (axes.includes(i) ? -1 : 1))),
  vjp: (ct, _, __, axes) => [flip(ct, { axes })],
  show: showShape
}

/** The axes that `flip` reverses. */
export interface FlipOptions {
  /** One axis or several, negative from the end; all axes by default. */
  readonly axes?: number | readonly number[]
}

/** A tensor and axes to reverse; or the axes alone, for `pipe`. */
export interface Flip {
  <S extends Shape>(x: Tensor<S>, options?: FlipOptions): Tensor<S>
  (options?: FlipOptions): <S extends Shape>(x: Tensor<S>) => Tensor<S>
}

/**
 * Reverses the order of elements along some axes.
 *
 * @throws TesseraError if there is no such axis, or one is named twice
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const y = t.flip(t.tensor([[1, 2], [3, 4]]), { axes: 1 })
 * assert.deepStrictEqual(await t.reference.read(y), Float64Array.of(2, 1, 4, 3))
 * ```
 */
export const flip = withRow(
  dualOp<Flip>('flip', tensorFirst(2), (given: FlipOptions = {}) => {
    const { axes } = options('flip', given, { axes: true })
    return (x: Tensor) => node(flipRow, axesOf('flip', axes, x.shape.length), x)
  }),
  flipRow
)
