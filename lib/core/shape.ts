import { raise, showShape } from '../base/raise.ts'

/**
 * The sizes of the axes of a tensor. A literal such as `readonly [2, 3]` lets the types check the shapes of operands.
 */
export type Shape = readonly number[]

/** True if the type says that something is a shape, but not which one. */
type Wide<S extends Shape> = number extends S['length'] ? true : false

type Dim<A extends number, B extends number> = number extends A
  ? number
  : number extends B
    ? number
    : A extends B
      ? A
      : A extends 1
        ? B
        : B extends 1
          ? A
          : never

type Aligned<A extends Shape, B extends Shape> = A extends readonly []
  ? B
  : B extends readonly []
    ? A
    : A extends readonly [...infer AI extends Shape, infer AL extends number]
      ? B extends readonly [...infer BI extends Shape, infer BL extends number]
        ? readonly [...Aligned<AI, BI>, Dim<AL, BL>]
        : never
      : never

/** The shape that two operands broadcast to by NumPy's rule. A pair of axes that does not fit becomes `never`. */
export type Broadcast<A extends Shape, B extends Shape> =
  Wide<A> extends true ? Shape : Wide<B> extends true ? Shape : Aligned<A, B>

/** `B` if it broadcasts with `A`, else `never`, so that wrong literal shapes don't compile. */
export type Fits<A extends Shape, B extends Shape> =
  Wide<A> extends true ? B : Wide<B> extends true ? B : never extends Aligned<A, B>[number] ? NoNever<A, B> : B
type NoNever<A extends Shape, B extends Shape> = [HasNever<Aligned<A, B>>] extends [false] ? B : never
type HasNever<S extends Shape> = S extends readonly [infer H, ...infer T extends Shape]
  ? [H] extends [never]
    ? true
    : HasNever<T>
  : false

export const sizeOf = (shape: Shape): number => shape.reduce((product, d) => product * d, 1)

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i])

/** Row-major strides, in elements. */
export const stridesOf = (shape: Shape): readonly number[] => {
  const strides: number[] = []
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides.unshift(stride)
    stride *= shape[i]!
  }
  return strides
}

/** Returns a frozen copy of a shape. Raises unless every size is a whole number of at least 0. */
export const checkShape = (op: string, shape: Shape): Shape => {
  if (!shape.every((d) => Number.isSafeInteger(d) && d >= 0))
    raise(op, `sizes are whole numbers of at least 0: ${showShape(shape)}`)
  return Object.isFrozen(shape) ? shape : Object.freeze([...shape])
}

/** Whether a tensor of this shape has no elements. */
export const isEmpty = (shape: Shape): boolean => shape.includes(0)

/** The axis `axis` of a tensor of `rank` axes, counted from the front. A negative one counts from the end. */
export const axisOf = (op: string, axis: number, rank: number): number => {
  const found = axis < 0 ? axis + rank : axis
  return Number.isInteger(axis) && found >= 0 && found < rank
    ? found
    : raise(op, `there is no axis ${axis} in a tensor of ${rank} axes`)
}

/** Axes, sorted and counted from the front; all of them by default. */
export const axesOf = (op: string, axes: number | readonly number[] | undefined, rank: number): readonly number[] => {
  const named = axes === undefined ? Array.from({ length: rank }, (_, i) => i) : [axes].flat()
  const found = named.map((a) => axisOf(op, a, rank)).sort((a, b) => a - b)
  return new Set(found).size === found.length ? found : raise(op, `an axis is named twice: ${showShape(named)}`)
}

/** NumPy's broadcasting rule. */
export const broadcastShapes = (op: string, a: Shape, b: Shape): Shape => {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const p = a[i - rank + a.length] ?? 1
    const q = b[i - rank + b.length] ?? 1
    return p === q || q === 1
      ? p
      : p === 1
        ? q
        : raise(
            op,
            `shapes do not broadcast: ${showShape(a)} with ${showShape(b)} (axis ${i - rank}: ${p} is not ${q})`
          )
  })
}
