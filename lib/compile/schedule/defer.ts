import { sizeOf } from '../../core/shape.ts'
import { topological, type Tensor } from '../../core/tensor.ts'
import { deferredMaxElements } from '../kernel/heuristics.ts'

/**
 * The results that nothing but such results is computed from, and that are small like all that they are computed from:
 * the parameters and moments after an optimiser's step. They are computed last, where those that are computed alike come
 * together. In order.
 */
export const defer = (outputs: readonly Tensor[], stored: ReadonlySet<Tensor>): ReadonlySet<Tensor> => {
  const results = new Set(outputs)
  const order = topological(outputs)
  // those computed from a large buffer, through nodes that are none
  const large = new Set<Tensor>()
  for (const x of order)
    if (x.inputs.some((y) => (stored.has(y) ? sizeOf(y.shape) > deferredMaxElements : large.has(y)))) large.add(x)
  // those on the way to a node that is computed earlier
  const early = new Set<Tensor>()
  for (const x of order.toReversed()) {
    const waits = results.has(x) && !large.has(x) && sizeOf(x.shape) <= deferredMaxElements
    if (stored.has(x) && !waits) early.add(x)
    if (early.has(x)) x.inputs.forEach((input) => early.add(input))
  }
  return new Set(order.filter((x) => stored.has(x) && !early.has(x)))
}
