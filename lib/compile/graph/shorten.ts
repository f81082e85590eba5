import { add, pad, reducesAxes, reshape, sliceAt, store } from '../../core/primitives.ts'
import { sizeOf, type Shape } from '../../core/shape.ts'
import { node, topological, type Tensor } from '../../core/tensor.ts'

/**
 * A driver may end the loops of a kernel after 65,535 rounds in all, without a word: no fold has more than half as many
 * terms, for those that count blocks are rounds too.
 */
export const mostTerms = 1 << 15
/** How long the parts are: a multiple of the four lanes. */
const part = 1 << 12

const cutOut = (x: Tensor, axis: number, start: number, size: number): Tensor =>
  sliceAt(x, {
    start: x.shape.map((_, i) => (i === axis ? start : 0)),
    size: x.shape.map((d, i) => (i === axis ? size : d)),
    step: x.shape.map(() => 1)
  })

/** Two tensors one after the other along an axis. */
const joined = (a: Tensor, b: Tensor, axis: number): Tensor => {
  const [none, before, after] = [0, a.shape[axis]!, b.shape[axis]!].map((n) =>
    a.shape.map((_, i) => (i === axis ? n : 0))
  )
  return add(
    pad(a, { before: none!, after: after!, gap: none! }),
    pad(b, { before: before!, after: none!, gap: none! })
  )
}

/** The fold of one long axis: of parts and of what is left over, then of their results. */
const inParts = (fold: Tensor, x: Tensor, axis: number): Tensor => {
  const d = x.shape[axis]!
  const [count, rest] = [Math.floor(d / part), d % part]
  const folded = (y: Tensor, over: number): Tensor => node(fold.row, [over], y)
  const parts: Shape = [...x.shape.slice(0, axis), count, part, ...x.shape.slice(axis + 1)]
  const each = folded(reshape(cutOut(x, axis, 0, count * part), parts), axis + 1)
  const results = reshape(each, [...parts.slice(0, axis + 1), ...parts.slice(axis + 2)])
  const left = rest === 0 ? undefined : folded(cutOut(x, axis, count * part, rest), axis)
  return shortened(folded(store(left ? joined(store(results), store(left), axis) : results), axis))
}

/** A fold of the same value, in stages that are short. */
const shortened = (fold: Tensor): Tensor => {
  const [x] = fold.inputs as readonly [Tensor]
  const axes = fold.attrs as readonly number[]
  if (sizeOf(axes.map((axis) => x.shape[axis]!)) <= mostTerms) return fold
  if (axes.length === 1) return inParts(fold, x, axes[0]!)
  // the shortest axis last: that leaves the fewest partial results
  const last = axes.reduce((a, b) => (x.shape[b]! < x.shape[a]! ? b : a))
  const rest = axes.filter((axis) => axis !== last)
  return shortened(node(fold.row, [last], store(shortened(node(fold.row, rest, x)))))
}

/** Folds of very many terms run in stages. */
export const shorten = (outputs: readonly Tensor[]): readonly Tensor[] => {
  const replaced = new Map<Tensor, Tensor>()
  for (const x of topological(outputs)) {
    const inputs = x.inputs.map((input) => replaced.get(input)!)
    const same = inputs.every((input, i) => input === x.inputs[i]) ? x : node(x.row, x.attrs, ...inputs)
    replaced.set(x, reducesAxes(x.row) ? shortened(same) : same)
  }
  return outputs.map((x) => replaced.get(x)!)
}
