import { counted, dualOp } from '../core/dual.ts'
import { options } from '../core/options.ts'
import { add, div, less, mul, select, sin, sqrt } from '../core/primitives.ts'
import { raise, showShape } from '../base/raise.ts'
import { sameShape, type Shape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { acos, clip } from '../ops/pointwise.ts'
import { sum } from '../ops/reduce.ts'
import { imageAxes } from './coefficient.ts'

/** The options of `slerp`. */
export interface SlerpOptions {
  /** How far to go from the first to the second: 0 is the first, 1 the second. */
  readonly weight: number
}

/** Two tensors and options; or the second and the options, for `pipe`. */
export interface Slerp {
  <S extends Shape>(from: Tensor<S>, to: Tensor<NoInfer<S>>, options: SlerpOptions): Tensor<S>
  (to: Tensor, options: SlerpOptions): (from: Tensor) => Tensor
}

/** Below this sine, two directions are one, or opposite: the great circle between them is lost in rounding. */
const leastSine = 1e-3

/**
 * A point between two lots of noise `[N, …]`, each image on the great circle of its own (Shoemake 1985). Halfway between
 * two images of noise their mean is no noise, as its variance is a half; this keeps their length. As the start of
 * samplings without fresh noise, points in a row draw pictures that change into each other.
 *
 * Where the two point the same way it is the straight line between them.
 *
 * @throws TesseraError if the shapes differ, there is no axis of images, or the weight is not a number
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const between = t.slerp(t.tensor([[3, 0]]), t.tensor([[0, 3]]), { weight: 0.5 })
 * const rounded = (await t.reference.read(between)).map((v) => Math.round(v * 1e6) / 1e6)
 * assert.deepStrictEqual(rounded, Float64Array.of(2.12132, 2.12132))
 * ```
 */
export const slerp = dualOp<Slerp>('slerp', counted(3), (to: Tensor, given: SlerpOptions) => {
  const { weight } = options('slerp', given, { weight: true })
  if (!Number.isFinite(weight)) raise('slerp', `weight is a number, not ${weight}`)
  return (from: Tensor): Tensor => {
    if (!sameShape(from.shape, to.shape) || from.shape.length < 2)
      raise('slerp', `wants two tensors [N, …] of one shape, not ${showShape(from.shape)} and ${showShape(to.shape)}`)
    const over = { axes: imageAxes(from), keepDims: true }
    const lengths = sqrt(mul(sum(mul(from, from), over), sum(mul(to, to), over)))
    const cosine = div(sum(mul(from, to), over), lengths)
    const angle = acos(clip(-1, 1)(cosine))
    const sine = sin(angle)
    const straight = less(sine, leastSine)
    const part = (w: number): Tensor => select(straight, w, div(sin(mul(angle, w)), select(straight, 1, sine)))
    return add(mul(from, part(1 - weight)), mul(to, part(weight)))
  }
})
