import { dualOp, tensorFirst } from '../core/dual.ts'
import { options, type OptionNames } from '../core/options.ts'
import { reshape } from '../core/primitives.ts'
import { axesOf, sizeOf } from '../core/shape.ts'
import type { Scalar, Tensor } from '../core/tensor.ts'

/** The options of a reduction. */
export interface Over {
  /** The axes to reduce, negative from the end; all axes by default. */
  readonly axes?: number | readonly number[]
  /** Whether the reduced axes stay, with size 1; false by default. */
  readonly keepDims?: boolean
}

/** A tensor and options; or the options alone, for `pipe`. */
export interface Reduction {
  (x: Tensor): Scalar
  (x: Tensor, over: Over & { readonly axes: number | readonly number[] }): Tensor
  (x: Tensor, over: Over): Tensor
  (): (x: Tensor) => Scalar
  (over: Over): (x: Tensor) => Tensor
}

const overNames: OptionNames<Over> = { axes: true, keepDims: true }

/** A public reduction, of a function of a tensor and its axes that keeps them with size 1. */
export const reduction = (name: string, reduce: (x: Tensor, axes: readonly number[]) => Tensor): Reduction =>
  dualOp<Reduction>(name, tensorFirst(2), (given: Over = {}) => {
    const { axes, keepDims = false } = options(name, given, overNames)
    return (x: Tensor) => {
      const over = axesOf(name, axes, x.shape.length)
      const kept = reduce(x, over)
      const left = x.shape.filter((_, i) => !over.includes(i))
      return keepDims ? kept : reshape(kept, left)
    }
  })

/** How many elements the axes of a tensor have. */
export const count = (x: Tensor, axes: readonly number[]): number => sizeOf(axes.map((axis) => x.shape[axis]!))
