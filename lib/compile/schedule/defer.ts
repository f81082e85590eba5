import { sizeOf } from '../../core/shape.ts'
import { topological, type Tensor } from '../../core/tensor.ts'
import { deferredMaxElements } from '../kernel/heuristics.ts'

/**
 * Small outputs that feed only other such outputs, computed from small buffers: the parameters and moments after an
 * optimiser's step. They are scheduled last, so that those computed alike share a kernel. In topological order.
 */
export const defer = (outputs: readonly Tensor[], stored: ReadonlySet<Tensor>): ReadonlySet<Tensor> => {
  const results = new Set(outputs)
  const order = topological(outputs)
  // nodes computed from a large buffer, directly or through nodes that are not stored
  const large = new Set<Tensor>()
  for (const x of order)
    if (x.inputs.some((y) => (stored.has(y) ? sizeOf(y.shape) > deferredMaxElements : large.has(y)))) large.add(x)
  // nodes that feed a node which is not deferred
  const early = new Set<Tensor>()
  for (const x of order.toReversed()) {
    const waits = results.has(x) && !large.has(x) && sizeOf(x.shape) <= deferredMaxElements
    if (stored.has(x) && !waits) early.add(x)
    if (early.has(x)) x.inputs.forEach((input) => early.add(input))
  }
  return new Set(order.filter((x) => stored.has(x) && !early.has(x)))
}
