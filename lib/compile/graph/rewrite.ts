import { node, topological, type Tensor } from '../../core/tensor.ts'

/** A node on other inputs; the node itself if they are its own. */
export const withInputs = (x: Tensor, inputs: readonly Tensor[]): Tensor =>
  inputs.every((input, i) => input === x.inputs[i]) ? x : node(x.row, x.attrs, ...inputs)

/** Outputs with `f` of each node in its place, from the leaves up; `inputs` are those of the node, rewritten. */
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
