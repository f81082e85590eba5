import { add, maximum, reshape, sliceAt } from '../../core/primitives.ts'
import { sizeOf, type Shape } from '../../core/shape.ts'
import { node, topological, type Tensor } from '../../core/tensor.ts'
import { store } from './barrier.ts'

/**
 * A driver may end the loops of a kernel after 65,535 rounds in all, without a word: no fold has more than half as many
 * terms, for those that count blocks are rounds too.
 */
export const mostTerms = 1 << 15
/** How long the parts are: a multiple of the four lanes. */
const part = 1 << 12

const isFold = (x: Tensor): boolean => x.row.name === 'sum' || x.row.name === 'max'

const cutOut = (x: Tensor, axis: number, start: number, size: number): Tensor =>
  sliceAt(x, {
    start: x.shape.map((_, i) => (i === axis ? start : 0)),
    size: x.shape.map((d, i) => (i === axis ? size : d)),
    step: x.shape.map(() => 1)
  })

/** The fold of one long axis: of parts, then of their results and of what is left over. */
const inParts = (fold: Tensor, x: Tensor, axis: number): Tensor => {
  const d = x.shape[axis]!
  const [count, rest] = [Math.floor(d / part), d % part]
  const folded = (y: Tensor, over: number): Tensor => node(fold.row, [over], y)
  const parts: Shape = [...x.shape.slice(0, axis), count, part, ...x.shape.slice(axis + 1)]
  const first = folded(reshape(cutOut(x, axis, 0, count * part), parts), axis + 1)
  const whole = shortened(folded(store(reshape(first, [...parts.slice(0, axis + 1), ...parts.slice(axis + 2)])), axis))
  if (rest === 0) return whole
  const left = store(folded(cutOut(x, axis, count * part, rest), axis))
  return (fold.row.name === 'sum' ? add : maximum)(whole, left)
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
    replaced.set(x, isFold(x) ? shortened(same) : same)
  }
  return outputs.map((x) => replaced.get(x)!)
}
