import { permute, reshape, store } from '../../core/primitives.ts'
import type { Tensor } from '../../core/tensor.ts'

/** `x` in a buffer whose leading axis is `axis`, and the order of its axes there. */
export const storeLeading = (x: Tensor, axis: number): readonly [Tensor, readonly number[]] => {
  const order = [axis, ...x.shape.flatMap((_, i) => (i === axis ? [] : [i]))]
  return [store(permute(x, order)), order]
}

/** `x` in a buffer whose leading axis holds the pairs of neighbours along two axes: four of them in a texel. */
export const storePairs = (x: Tensor, a: number, b: number): Tensor => {
  const split = x.shape.flatMap((d, axis) => (axis === a || axis === b ? [d / 2, 2] : [d]))
  const front = [a + 1, b + 2]
  const order = [...front, ...split.flatMap((_, axis) => (front.includes(axis) ? [] : [axis]))]
  const halved = x.shape.map((d, axis) => (axis === a || axis === b ? d / 2 : d))
  return store(reshape(permute(reshape(x, split), order), [4, ...halved]))
}
