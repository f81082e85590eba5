import type { Reducing } from './reductions.ts'
import ndarray from 'ndarray'
import { sizeOf, stridesOf, type Shape } from './shape.ts'
import type { Values } from './tensor.ts'

// Arithmetic of the reference interpreter on ndarrays. It shares no code with the kernels.

export const zeros = (shape: Shape): Values => ndarray(new Float64Array(sizeOf(shape)), [...shape])

/** A view of the same numbers under other strides. */
export const view = (x: Values, shape: Shape, strides: readonly number[], offset = x.offset): Values =>
  ndarray(x.data, [...shape], [...strides], offset)

const isPacked = (x: Values): boolean =>
  x.offset === 0 &&
  x.data.length === x.size &&
  stridesOf(x.shape).every((s, i) => s === x.stride[i] || x.shape[i] === 1)

/** Calls `visit` with the positions of each element in its arrays, in row-major order of the shape. */
export const walk = (shape: Shape, arrays: readonly Values[], visit: (...positions: number[]) => void): void => {
  const rank = shape.length
  const at = arrays.map((a) => a.offset)
  const index = new Array<number>(rank).fill(0)
  for (let n = sizeOf(shape); n > 0; n--) {
    visit(...at)
    for (let axis = rank - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) {
        arrays.forEach((a, i) => (at[i]! += a.stride[axis]!))
        break
      }
      index[axis] = 0
      arrays.forEach((a, i) => (at[i]! -= a.stride[axis]! * (shape[axis]! - 1)))
    }
  }
}

/**
 * Visits all elements in lines along the longest axis. `visit` gets the number of elements in a line, the positions of
 * the first one in the arrays, and the steps to the next. A plain loop over a line is what makes the reference
 * bearable.
 */
const eachLine = (
  shape: Shape,
  arrays: readonly Values[],
  visit: (n: number, at: readonly number[], by: readonly number[]) => void
): void => {
  const along = shape.indexOf(Math.max(...shape))
  const by = arrays.map((a) => a.stride[along] ?? 0)
  const others = shape.map((d, axis) => (axis === along ? 1 : d))
  walk(others, arrays, (...at) => visit(shape[along] ?? 1, at, by))
}

/** The same numbers, contiguous in row-major order. */
export const packed = (x: Values): Values => (isPacked(x) ? x : mapValues((v) => v, x.shape, x))

/**
 * f of the elements at the same index. One, two and three operands have their own loops, because most time goes here.
 */
export const mapValues = (f: (...xs: number[]) => number, shape: Shape, ...xs: readonly Values[]): Values => {
  const y = zeros(shape)
  const [a, b, c] = xs.map((x) => x.data)
  eachLine(shape, [y, ...xs], (n, [start, p = 0, q = 0, r = 0], [step, i = 0, j = 0, k = 0]) => {
    const [from, by] = [start!, step!]
    if (xs.length === 1) for (let m = 0; m < n; m++) y.data[from + m * by] = f(a![p + m * i]!)
    else if (xs.length === 2) for (let m = 0; m < n; m++) y.data[from + m * by] = f(a![p + m * i]!, b![q + m * j]!)
    else for (let m = 0; m < n; m++) y.data[from + m * by] = f(a![p + m * i]!, b![q + m * j]!, c![r + m * k]!)
  })
  return y
}

/** Reduces axes, and keeps them with size 1. */
export const reduceValues = ({ combine, identity }: Reducing, axes: readonly number[], x: Values): Values => {
  const kept = x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
  const y = zeros(kept)
  y.data.fill(identity)
  const spread = view(
    y,
    x.shape,
    y.stride.map((s, i) => (axes.includes(i) ? 0 : s))
  )
  eachLine(x.shape, [x, spread], (n, [p, q], [i, j]) => {
    for (let m = 0; m < n; m++) y.data[q! + m * j!] = combine(y.data[q! + m * j!]!, x.data[p! + m * i!]!)
  })
  return y
}

/** Adds the elements of `x` into a view of another array of the same shape; overlapping views add up. */
export const addInto = (target: Values, x: Values): void =>
  eachLine(x.shape, [x, target], (n, [p, q], [i, j]) => {
    for (let m = 0; m < n; m++) target.data[q! + m * j!]! += x.data[p! + m * i!]!
  })
