import { sizeOf } from '../core/shape.ts'
import { topological, type Tensor } from '../core/tensor.ts'

/** What is larger is computed when what it takes is there, so that that need not wait. */
const small = 1 << 17

/**
 * The small results that nothing but such results is computed from: the parameters and moments after an optimiser's
 * step. They are computed last, where those that are computed alike come together.
 */
export const lastOf = (outputs: readonly Tensor[], stored: ReadonlySet<Tensor>): ReadonlySet<Tensor> => {
  const results = new Set(outputs)
  const order = topological(outputs)
  // those on the way to a node that is computed earlier
  const early = new Set<Tensor>()
  for (const x of order.toReversed()) {
    if (stored.has(x) && !(results.has(x) && sizeOf(x.shape) <= small)) early.add(x)
    if (early.has(x)) x.inputs.forEach((input) => early.add(input))
  }
  return new Set(order.filter((x) => stored.has(x) && !early.has(x)))
}
