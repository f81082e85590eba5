import { topological, type Tensor, type Values } from '../core/tensor.ts'

/**
 * Computes a graph by definition: calls each row's `reference`, in float64, one node after the other. Values are dropped
 * after their last use.
 */
export const interpret = (outputs: readonly Tensor[]): readonly Values[] => {
  const order = topological(outputs)
  const uses = new Map<Tensor, number>()
  for (const x of [...order.flatMap((y) => y.inputs), ...outputs]) uses.set(x, (uses.get(x) ?? 0) + 1)
  const values = new Map<Tensor, Values>()
  for (const x of order) {
    values.set(x, x.row.reference(x.attrs, x.shape, ...x.inputs.map((input) => values.get(input)!)))
    for (const input of x.inputs) {
      const left = uses.get(input)! - 1
      uses.set(input, left)
      if (left === 0) values.delete(input)
    }
  }
  return outputs.map((x) => values.get(x)!)
}
