import { permute, sumKeep } from '../../core/primitives.ts'
import { sizeOf, type Shape } from '../../core/shape.ts'
import { node, topological, type Tensor } from '../../core/tensor.ts'
import type { Costs } from '../kernel/costs.ts'
import { drawn, layoutOf } from '../kernel/layout.ts'
import { storeLeading } from '../kernel/barrier.ts'

/** Fewer fragments than this leave cores idle; a sum of much work shares it out among tiles besides. */
const enough = 1024
const enoughForTiles = 4096
const much = 1e6
/** A sum of fewer terms than this is not worth a second kernel, nor one that takes no longer than so many calls. */
const short = 64
const calls = 3

const subsets = (axes: readonly number[]): readonly (readonly number[])[] =>
  axes.reduce<readonly (readonly number[])[]>((all, axis) => [...all, ...all.map((s) => [...s, axis])], [[]])

/**
 * The axes that the first stage of a long sum keeps: the fewest partial sums that make enough fragments,
 * else the most that leave at least eight terms to each. The leading axis is left to the lanes.
 */
const partialAxes = (shape: Shape, axes: readonly number[], costs: Costs): readonly number[] => {
  const sizes = (of: readonly number[]): number => sizeOf(of.map((axis) => shape[axis]!))
  const fragments = sizeOf(shape) / sizes(axes) / 4
  const wanted = fragments * sizes(axes) > much ? enoughForTiles : enough
  if (fragments >= wanted || sizes(axes) < short || atOnce(shape, axes, costs) < calls * costs.call) return []
  const candidates = subsets(axes.filter((axis) => axis !== 0 && shape[axis]! > 1)).filter(
    (kept) => kept.length > 0 && sizes(axes) / sizes(kept) >= 8
  )
  const count = (kept: readonly number[]): number => fragments * sizes(kept)
  const reach = candidates.filter((kept) => count(kept) >= wanted).sort((a, b) => count(a) - count(b))
  return reach[0] ?? [...candidates].sort((a, b) => count(b) - count(a))[0] ?? []
}

/** Milliseconds of a sum in one kernel, if fetches are what it does. */
const atOnce = (shape: Shape, axes: readonly number[], { fetch, cores, block }: Costs): number => {
  const [lead = 1] = shape
  const lanes = axes.includes(0) ? Math.ceil(lead / 4) / lead : 1
  const terms = sizeOf(axes.map((axis) => shape[axis]!)) * lanes
  const results = shape.map((d, axis) => (axes.includes(axis) ? 1 : d))
  return terms * drawn(layoutOf(results, 8192), cores, block) * fetch
}

/** Σ over `axes` as a sum of partial sums, which lie with their longest kept axis in front. */
const staged = (x: Tensor, axes: readonly number[], kept: readonly number[]): Tensor => {
  const first = sumKeep(
    x,
    axes.filter((axis) => !kept.includes(axis))
  )
  const lead = leadingAxis(first.shape, kept)
  const [partial, order] = storeLeading(first, lead)
  const whole = sumKeep(
    partial,
    kept.map((axis) => order.indexOf(axis))
  )
  return permute(
    whole,
    order.map((_, axis) => order.indexOf(axis))
  )
}

/**
 * The leading axis where it has elements, else the longest one: of those that are no part of the sum if possible,
 * since only some of the loads depend on such an axis.
 */
const leadingAxis = (shape: Shape, partial: readonly number[]): number => {
  if (shape[0]! > 1) return 0
  const results = shape.map((d, axis) => (partial.includes(axis) ? 1 : d))
  const from = Math.max(...results) >= 4 ? results : shape
  return from.indexOf(Math.max(...from))
}

/** Long sums with few results run in two stages, so that all cores have work. */
export const split = (outputs: readonly Tensor[], costs: Costs): readonly Tensor[] => {
  const replaced = new Map<Tensor, Tensor>()
  for (const x of topological(outputs)) {
    const inputs = x.inputs.map((input) => replaced.get(input)!)
    const same = inputs.every((input, i) => input === x.inputs[i])
    const axes = x.row === sumKeep.row ? (x.attrs as readonly number[]) : []
    const kept = axes.length > 0 ? partialAxes(x.inputs[0]!.shape, axes, costs) : []
    const at = kept.length > 0 ? staged(inputs[0]!, axes, kept) : same ? x : node(x.row, x.attrs, ...inputs)
    replaced.set(x, at)
  }
  return outputs.map((x) => replaced.get(x)!)
}
