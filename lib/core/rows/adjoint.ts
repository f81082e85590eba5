import { addAffine, constant, divMod, freshVar, scale, shift, variable, type Affine, type Guard } from '../affine.ts'
import { raise, showShape } from '../../base/raise.ts'
import { adding, type Reducing } from '../reductions.ts'
import { axesOf, checkShape, type Shape } from '../shape.ts'
import { node, withRow, type Access, type Row, type Tensor, type Values } from '../tensor.ts'
import { dualOp, tensorFirst } from '../dual.ts'
import { addInto, reduceValues, view, zeros } from '../values.ts'

// Two pairs of linear rows, each of which is the gradient of the other: expand and sum, window and overlapAdd.

const expandRow: Row<Shape> = {
  name: 'expand',
  kernel: {
    kind: 'access',
    at: (_, input, out) => ({ index: out.map((i, axis) => (input[axis] === 1 ? constant(0) : i)) })
  },
  shape: (to, from) =>
    to.length === from.length && to.every((d, i) => d === from[i] || from[i] === 1)
      ? to
      : raise('expand', `only axes of size 1 repeat: ${showShape(from)} to ${showShape(to)}`),
  reference: (to, _, x) =>
    view(
      x,
      to,
      x.stride.map((s, i) => (x.shape[i] === to[i] ? s : 0))
    ),
  vjp: (ct, _, [x]) => [sumKeep(ct, repeated(x!.shape, ct.shape))],
  show: showShape
}
const repeated = (from: Shape, to: Shape): readonly number[] => to.flatMap((d, i) => (d === from[i] ? [] : [i]))

/** A tensor and a shape; or the shape alone, for `pipe`. */
export interface Expansion {
  <const S extends Shape>(x: Tensor, to: S): Tensor<S>
  <const S extends Shape>(to: S): (x: Tensor) => Tensor<S>
}

/**
 * Repeats axes of size 1 until the tensor has the shape `to`, which must have as many axes. Operations on two tensors
 * do this by themselves. The gradient is a sum.
 *
 * @throws TesseraError if another axis than one of size 1 would change
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const y = t.expand(t.tensor([[1], [2]]), [2, 3])
 * assert.deepStrictEqual(await t.reference.read(y), Float64Array.of(1, 1, 1, 2, 2, 2))
 * ```
 */
export const expand = withRow(
  dualOp<Expansion>('expand', tensorFirst(2), (to: Shape) => {
    const shape = checkShape('expand', to)
    return (x: Tensor) => node(expandRow, shape, x)
  }),
  expandRow
)

export const reducedShape = (axes: readonly number[], from: Shape): Shape =>
  from.map((d, i) => (axes.includes(i) ? 1 : d))

const reducedAccess = (axes: readonly number[], input: Shape, out: readonly Affine[]): Access => {
  const over = axes.map((axis) => freshVar(input[axis]!))
  return { index: out.map((i, axis) => (axes.includes(axis) ? variable(over[axes.indexOf(axis)]!) : i)), over }
}

/** Whether the attributes of a row are the axes that it reduces. */
export const reducesAxes = ({ kernel }: Row): boolean => kernel.kind === 'access' && kernel.at === reducedAccess

/** What a reduction is beside how it combines elements. */
export interface ReductionRules {
  /** As that of a row; the attributes are the axes. */
  readonly vjp: Row<readonly number[]>['vjp']
  /** The shape of the result; it raises where there is none. */
  readonly shape?: Row<readonly number[]>['shape']
}

/** Reduces over some axes, all by default, which stay with size 1. */
export interface Keep {
  (x: Tensor, axes?: number | readonly number[]): Tensor
  readonly row: Row<readonly number[]>
}

/** Makes a primitive reduction, whole. */
export const primitiveReduction = (reducing: Reducing, { vjp, shape = reducedShape }: ReductionRules): Keep => {
  const row: Row<readonly number[]> = {
    name: reducing.name,
    kernel: { kind: 'access', reduces: reducing, at: reducedAccess },
    shape: (axes, from) => shape(axes, from),
    reference: (axes, _, x) => reduceValues(reducing, axes, x),
    vjp,
    show: showShape
  }
  return Object.assign(
    (x: Tensor, axes?: number | readonly number[]): Tensor => {
      const over = axesOf(reducing.name, axes, x.shape.length)
      return over.length === 0 ? x : node(row, over, x)
    },
    { row }
  )
}

/** The sum over some axes, which stay with size 1. */
export const sumKeep = primitiveReduction(adding, { vjp: (ct, _, [x]) => [expand(ct, x!.shape)] })

/**
 * Windows along some axes: window k of `axes[k]` starts at stride · position and has size[k] taps, `dilation` apart.
 */
export interface Windows {
  readonly axes: readonly number[]
  readonly size: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
}
const showWindows = ({ axes, size, stride, dilation }: Windows): string =>
  `${showShape(axes)} size ${showShape(size)} stride ${showShape(stride)} dilation ${showShape(dilation)}`

const positions = (w: Windows, from: Shape): Shape =>
  from.map((d, axis) => {
    const k = w.axes.indexOf(axis)
    return k < 0 ? d : Math.floor((d - 1 - w.dilation[k]! * (w.size[k]! - 1)) / w.stride[k]!) + 1
  })

const windowRow: Row<Windows> = {
  name: 'window',
  kernel: {
    kind: 'access',
    at: (w, input, out) => ({
      index: input.map((_, axis) => {
        const k = w.axes.indexOf(axis)
        const at = out[axis]!
        return k < 0 ? at : addAffine(scale(at, w.stride[k]!), scale(out[input.length + k]!, w.dilation[k]!))
      })
    })
  },
  shape: (w, from) => {
    const at = positions(w, from)
    return w.axes.every((axis) => at[axis]! >= 0)
      ? [...at, ...w.size]
      : raise(
          'window',
          `a window of ${showShape(w.size)} does not fit into ${showShape(from)} along axes ${showShape(w.axes)}`
        )
  },
  reference: (w, shape, x) => view(x, shape, windowStrides(w, x)),
  vjp: (ct, _, [x], w) => [overlapAdd(ct, w, x!.shape)],
  show: showWindows
}
const windowStrides = (w: Windows, x: Values): readonly number[] => [
  ...x.stride.map((s, axis) => s * (w.axes.includes(axis) ? w.stride[w.axes.indexOf(axis)]! : 1)),
  ...w.axes.map((axis, k) => x.stride[axis]! * w.dilation[k]!)
]

/** All windows of `x`: its axes become positions, and the windows' axes follow at the end. */
export const window = Object.assign((x: Tensor, windows: Windows): Tensor => node(windowRow, windows, x), {
  row: windowRow
})

interface Overlap extends Windows {
  readonly to: Shape
}
const overlapAddRow: Row<Overlap> = {
  name: 'overlapAdd',
  kernel: { kind: 'access', reduces: adding, at: (w, input, out) => overlapAccess(w, input, out) },
  shape: (w, from) =>
    showShape([...positions(w, w.to), ...w.size]) === showShape(from)
      ? w.to
      : raise('overlapAdd', `${showShape(from)} are not the windows of ${showShape(w.to)}`),
  reference: (w, shape, x) => {
    const y = zeros(shape)
    addInto(view(y, x.shape, windowStrides(w, y)), x)
    return y
  },
  vjp: (ct, _, __, w) => [window(ct, w)],
  show: (w) => `${showWindows(w)} to ${showShape(w.to)}`
}

/**
 * An element y is the sum of its copies in all windows that contain it: position o, tap k with
 * stride·o + dilation·k = y. With y = stride·m + r and dilation 1 that is k = stride·a + r, o = m - a
 * for every a, so only the taps that exist are visited.
 */
const overlapAccess = (w: Overlap, input: Shape, out: readonly Affine[]): Access => {
  const rank = w.to.length
  const parts = w.axes.map((axis, k) => tapsOf(out[axis]!, w.size[k]!, w.stride[k]!, w.dilation[k]!))
  const index = out.map((i, axis) => (w.axes.includes(axis) ? parts[w.axes.indexOf(axis)]!.position : i))
  const inside = w.axes.map((axis, k): Guard => ({ index: parts[k]!.position, extent: input[axis]! }))
  const taps = parts.map((p, k): Guard => ({ index: p.tap, extent: input[rank + k]! }))
  return {
    index: [...index, ...parts.map((p) => p.tap)],
    guards: [...inside, ...taps, ...parts.flatMap((p) => p.guards)],
    over: parts.map((p) => p.over)
  }
}

const tapsOf = (y: Affine, size: number, stride: number, dilation: number) => {
  if (dilation === 1) {
    const over = freshVar(Math.ceil(size / stride))
    const [m, r] = divMod(y, stride)
    const tap = addAffine(scale(variable(over), stride), r)
    return { over, tap, position: addAffine(m, scale(variable(over), -1)), guards: [] }
  }
  const over = freshVar(size)
  const [position, rest] = divMod(addAffine(y, scale(variable(over), -dilation)), stride)
  return { over, tap: variable(over), position: shift(position, 0), guards: [{ index: rest, extent: 1 }] }
}

/** Adds windows to the elements that they were taken from: the adjoint of `window` on a tensor of shape `to`. */
export const overlapAdd = Object.assign(
  (x: Tensor, windows: Windows, to: Shape): Tensor => node(overlapAddRow, { ...windows, to }, x),
  { row: overlapAddRow }
)
