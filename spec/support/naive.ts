import { tensor } from '../../lib/core/create.ts'
import type { Tensor } from '../../lib/core/tensor.ts'
import { evaluate } from './float64.ts'

/** Numbers in row-major order: what the straightforward loops below work on. They share nothing with the library. */
export interface Grid {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

export const gridOf = (x: Tensor): Grid => ({ shape: x.shape, data: Array.from(evaluate(x)) })
export const tensorOf = ({ data, shape }: Grid): Tensor => tensor(data, shape)

const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** The index of each element in turn. */
export const indices = (shape: readonly number[]): readonly (readonly number[])[] =>
  shape.reduce<readonly (readonly number[])[]>(
    (all, d) => all.flatMap((index) => Array.from({ length: d }, (_, i) => [...index, i])),
    [[]]
  )

export const make = (shape: readonly number[], f: (index: readonly number[]) => number): Grid => ({
  shape,
  data: indices(shape).map(f)
})

export const at = ({ shape, data }: Grid, index: readonly number[]): number =>
  data[index.reduce((flat, i, axis) => flat * shape[axis]! + i, 0)]!

const isInside = ({ shape }: Grid, index: readonly number[]): boolean =>
  index.every((i, axis) => Number.isInteger(i) && i >= 0 && i < shape[axis]!)

/** The element, or 0 outside. */
export const atOr0 = (x: Grid, index: readonly number[]): number => (isInside(x, index) ? at(x, index) : 0)

/** The element, or NaN outside. */
export const atOrNaN = (x: Grid, index: readonly number[]): number => (isInside(x, index) ? at(x, index) : NaN)

export const sumOf = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)
export const meanOf = (xs: readonly number[]): number => sumOf(xs) / xs.length

// ---- broadcasting, reductions ------------------------------------------------------------------------------------

const aligned = (x: Grid, rank: number): Grid => ({
  ...x,
  shape: [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape]
})

export const broadcast = (f: (...xs: readonly number[]) => number, ...xs: readonly Grid[]): Grid => {
  const rank = Math.max(...xs.map((x) => x.shape.length))
  const same = xs.map((x) => aligned(x, rank))
  const shape = Array.from({ length: rank }, (_, i) => Math.max(...same.map((x) => x.shape[i]!)))
  return make(shape, (index) =>
    f(
      ...same.map((x) =>
        at(
          x,
          index.map((i, axis) => (x.shape[axis] === 1 ? 0 : i))
        )
      )
    )
  )
}

/** What an element's group over some axes holds. */
const group = (x: Grid, axes: readonly number[], index: readonly number[]): readonly number[] =>
  indices(axes.map((axis) => x.shape[axis]!)).map((inner) =>
    at(
      x,
      index.map((i, axis) => (axes.includes(axis) ? inner[axes.indexOf(axis)]! : i))
    )
  )

export const reduce = (f: (xs: readonly number[]) => number, x: Grid, axes: readonly number[], keep: boolean): Grid => {
  const kept = x.shape.map((d, axis) => (axes.includes(axis) ? 1 : d))
  const { data } = make(kept, (index) => f(group(x, axes, index)))
  return { data, shape: keep ? kept : x.shape.filter((_, axis) => !axes.includes(axis)) }
}

/** f of each element and its group over some axes. */
export const along = (f: (v: number, xs: readonly number[]) => number, x: Grid, axes: readonly number[]): Grid =>
  make(x.shape, (index) => f(at(x, index), group(x, axes, index)))

// ---- linear ------------------------------------------------------------------------------------------------------

/** Matrices, with leading axes that broadcast; a vector is a row on the left, a column on the right. */
export const matmul = (a: Grid, b: Grid): Grid => {
  const left = a.shape.length === 1 ? { ...a, shape: [1, a.shape[0]!] } : a
  const right = b.shape.length === 1 ? { ...b, shape: [b.shape[0]!, 1] } : b
  const rank = Math.max(left.shape.length, right.shape.length)
  const [p, q] = [aligned(left, rank), aligned(right, rank)]
  const batch = p.shape.slice(0, -2).map((d, i) => Math.max(d, q.shape[i]!))
  const [m, k, n] = [p.shape.at(-2)!, p.shape.at(-1)!, q.shape.at(-1)!]
  const of = (x: Grid, index: readonly number[]) => index.slice(0, -2).map((i, axis) => (x.shape[axis] === 1 ? 0 : i))
  const { data } = make([...batch, m, n], (index) => {
    const [i, j] = index.slice(-2) as [number, number]
    return sumOf(Array.from({ length: k }, (_, l) => at(p, [...of(p, index), i, l]) * at(q, [...of(q, index), l, j])))
  })
  const shape = [...batch, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])]
  return { shape, data }
}

/** Zeros before and after along the last two axes. */
export type Around = readonly [readonly [number, number], readonly [number, number]]

/** y[n,o,h,w] = Σ x[n, c, h·s + ky - before, w·s + kx - before] k[o,c,ky,kx] */
export const conv2d = (x: Grid, k: Grid, stride: readonly number[], around: Around): Grid => {
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const [o, , kh, kw] = k.shape as [number, number, number, number]
  const size = [h, w].map((d, i) => Math.floor((d + sumOf(around[i]!) - [kh, kw][i]!) / stride[i]!) + 1)
  return make([n, o, ...size], ([b, to, y, v]) =>
    sumOf(
      indices([c, kh, kw]).map(
        ([from, ky, kx]) =>
          atOr0(x, [b!, from!, y! * stride[0]! + ky! - around[0][0], v! * stride[1]! + kx! - around[1][0]]) *
          at(k, [to!, from!, ky!, kx!])
      )
    )
  )
}

/** Every input element adds its kernel, times itself, to the output: y[n, o, h·s + ky - before, …] += x[n,c,h,w] k[c,o,ky,kx]. */
export const convTranspose2d = (
  x: Grid,
  k: Grid,
  stride: readonly number[],
  around: Around,
  extra: readonly number[]
): Grid => {
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const [, o, kh, kw] = k.shape as [number, number, number, number]
  const size = [h, w].map((d, i) => (d - 1) * stride[i]! + [kh, kw][i]! - sumOf(around[i]!) + extra[i]!)
  const shape = [n, o, ...size]
  const data = new Array<number>(count(shape)).fill(0)
  for (const [b, from, i, j] of indices([n, c, h, w]))
    for (const [to, ky, kx] of indices([o, kh, kw])) {
      const [y, v] = [i! * stride[0]! + ky! - around[0][0], j! * stride[1]! + kx! - around[1][0]]
      if (y < 0 || v < 0 || y >= size[0]! || v >= size[1]!) continue
      data[((b! * o + to!) * size[0]! + y) * size[1]! + v]! +=
        at(x, [b!, from!, i!, j!]) * at(k, [from!, to!, ky!, kx!])
    }
  return { shape, data }
}

/** The product of two large matrices, [m, k] by [k, n], row-major. */
export const largeProduct = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [m, k, n]: readonly [number, number, number]
): Float64Array => {
  const c = new Float64Array(m * n)
  for (let i = 0; i < m; i++)
    for (let l = 0; l < k; l++) for (let j = 0; j < n; j++) c[i * n + j]! += a[i * k + l]! * b[l * n + j]!
  return c
}

/** A convolution by 3 × 3 of square pictures, padded by one, from their numbers. */
export const largeConvolution = (
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  [batch, from, to, side]: readonly [number, number, number, number]
): Float64Array => {
  const y = new Float64Array(batch * to * side * side)
  for (let map = 0; map < batch * to * from * 9; map++) {
    const [tap, c, o, b] = [
      map % 9,
      Math.floor(map / 9) % from,
      Math.floor(map / 9 / from) % to,
      Math.floor(map / 9 / from / to)
    ]
    const weight = w[(o * from + c) * 9 + tap]!
    const [down, right] = [Math.floor(tap / 3) - 1, (tap % 3) - 1]
    for (let i = Math.max(0, -down); i < side - Math.max(0, down); i++)
      for (let j = Math.max(0, -right); j < side - Math.max(0, right); j++)
        y[((b * to + o) * side + i) * side + j]! += weight * x[((b * from + c) * side + i + down) * side + j + right]!
  }
  return y
}
