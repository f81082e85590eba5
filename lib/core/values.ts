import ndarray from 'ndarray'
import { sizeOf, stridesOf, type Shape } from './shape.ts'
import type { Values } from './tensor.ts'

/** Arithmetic of the reference interpreter on ndarrays: it shares no code with the kernels. */

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

/** The same numbers one after the other. */
export const packed = (x: Values): Values => (isPacked(x) ? x : mapValues((v) => v, x.shape, x))

/** f of the elements of equal index. One, two and three operands have loops of their own: this is where time goes. */
export const mapValues = (f: (...xs: number[]) => number, shape: Shape, ...xs: readonly Values[]): Values => {
  const y = zeros(shape)
  const [a, b, c] = xs.map((x) => x.data)
  let i = 0
  if (xs.length === 1) walk(shape, xs, (p) => (y.data[i++] = f(a![p!]!)))
  else if (xs.length === 2) walk(shape, xs, (p, q) => (y.data[i++] = f(a![p!]!, b![q!]!)))
  else walk(shape, xs, (p, q, r) => (y.data[i++] = f(a![p!]!, b![q!]!, c![r!]!)))
  return y
}

/** Folds axes (kept with size 1) by a function of the total so far and an element. */
export const foldValues = (
  f: (total: number, element: number) => number,
  start: number,
  axes: readonly number[],
  x: Values
): Values => {
  const kept = x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
  const y = zeros(kept)
  y.data.fill(start)
  const spread = view(
    y,
    x.shape,
    y.stride.map((s, i) => (axes.includes(i) ? 0 : s))
  )
  walk(x.shape, [x, spread], (p, q) => (y.data[q!] = f(y.data[q!]!, x.data[p!]!)))
  return y
}

/** Adds the elements of `x` into a view of another array of the same shape; overlapping views add up. */
export const addInto = (target: Values, x: Values): void =>
  walk(x.shape, [x, target], (p, q) => {
    target.data[q!]! += x.data[p!]!
  })
