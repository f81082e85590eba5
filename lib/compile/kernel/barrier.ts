import { permute, reshape, barrier } from '../../core/primitives.ts'
import type { Tensor } from '../../core/tensor.ts'

/** Stores `x` with `axis` as its leading axis; also gives the order of the axes in that buffer. */
export const barrierLeading = (x: Tensor, axis: number): readonly [Tensor, readonly number[]] => {
  const order = [axis, ...x.shape.flatMap((_, i) => (i === axis ? [] : [i]))]
  return [barrier(permute(x, order)), order]
}

/** Stores `x` with the pairs of neighbours along two axes in front: the four of them fill a texel. */
export const barrierPairs = (x: Tensor, a: number, b: number): Tensor => {
  const split = x.shape.flatMap((d, axis) => (axis === a || axis === b ? [d / 2, 2] : [d]))
  const front = [a + 1, b + 2]
  const order = [...front, ...split.flatMap((_, axis) => (front.includes(axis) ? [] : [axis]))]
  const halved = x.shape.map((d, axis) => (axis === a || axis === b ? d / 2 : d))
  return barrier(reshape(permute(reshape(x, split), order), [4, ...halved]))
}
