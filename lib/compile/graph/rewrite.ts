import { node, topological, type Tensor } from '../../core/tensor.ts'

/** The node with other inputs; the node itself if its inputs do not change. */
export const withInputs = (x: Tensor, inputs: readonly Tensor[]): Tensor =>
  inputs.every((input, i) => input === x.inputs[i]) ? x : node(x.row, x.attrs, ...inputs)

/** Replaces each node of a graph by `f` of it, from the leaves up; `inputs` are its rewritten inputs. */
export const rewrite = (
  outputs: readonly Tensor[],
  f: (x: Tensor, inputs: readonly Tensor[]) => Tensor
): readonly Tensor[] => {
  const replaced = new Map<Tensor, Tensor>()
  for (const x of topological(outputs)) {
    const inputs = x.inputs.map((input) => replaced.get(input)!)
    replaced.set(x, f(x, inputs))
  }
  return outputs.map((x) => replaced.get(x)!)
}
