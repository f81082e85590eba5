import { permute, reducesAxes, reshape, sliceAt, store, sumKeep } from '../../core/primitives.ts'
import { sizeOf, type Shape } from '../../core/shape.ts'
import { node, type Tensor } from '../../core/tensor.ts'
import { concat } from '../../ops/movement.ts'
import { storeLeading } from '../kernel/barrier.ts'
import type { Costs } from '../kernel/costs.ts'
import {
  fragmentsForAllCores,
  fragmentsForAllCoresInTiles,
  loopMaxTerms,
  loopPartTerms,
  modelTextureSize,
  partialSumMinTerms,
  termsForTiles,
  twoStageMinCalls,
  twoStageMinTerms
} from '../kernel/heuristics.ts'
import { drawn, layoutOf } from '../kernel/layout.ts'
import { rewrite, withInputs } from './rewrite.ts'

// Reductions in two stages, of the same value.

const subsets = (axes: readonly number[]): readonly (readonly number[])[] =>
  axes.reduce<readonly (readonly number[])[]>((all, axis) => [...all, ...all.map((s) => [...s, axis])], [[]])

/**
 * The axes that the first stage of a long sum keeps: the fewest partial sums that make enough fragments,
 * else the most that leave at least eight terms to each. The leading axis is left to the lanes.
 */
const partialAxes = (shape: Shape, axes: readonly number[], costs: Costs): readonly number[] => {
  const sizes = (of: readonly number[]): number => sizeOf(of.map((axis) => shape[axis]!))
  const fragments = sizeOf(shape) / sizes(axes) / 4
  const isMuch = fragments * sizes(axes) > termsForTiles
  const wanted = isMuch ? fragmentsForAllCoresInTiles : fragmentsForAllCores
  const isShort = sizes(axes) < twoStageMinTerms || atOnce(shape, axes, costs) < twoStageMinCalls * costs.call
  if (fragments >= wanted || isShort) return []
  const candidates = subsets(axes.filter((axis) => axis !== 0 && shape[axis]! > 1)).filter(
    (kept) => kept.length > 0 && sizes(axes) / sizes(kept) >= partialSumMinTerms
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
  return terms * drawn(layoutOf(results, modelTextureSize), cores, block) * fetch
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
export const splitSums = (outputs: readonly Tensor[], costs: Costs): readonly Tensor[] =>
  rewrite(outputs, (x, inputs) => {
    const axes = x.row === sumKeep.row ? (x.attrs as readonly number[]) : []
    const kept = axes.length > 0 ? partialAxes(x.inputs[0]!.shape, axes, costs) : []
    return kept.length > 0 ? staged(inputs[0]!, axes, kept) : withInputs(x, inputs)
  })

const cutOut = (x: Tensor, axis: number, start: number, size: number): Tensor =>
  sliceAt(x, {
    start: x.shape.map((_, i) => (i === axis ? start : 0)),
    size: x.shape.map((d, i) => (i === axis ? size : d)),
    step: x.shape.map(() => 1)
  })

/** The fold of one long axis: of parts and of what is left over, then of their results. */
const inParts = (fold: Tensor, x: Tensor, axis: number): Tensor => {
  const d = x.shape[axis]!
  const [count, rest] = [Math.floor(d / loopPartTerms), d % loopPartTerms]
  const folded = (y: Tensor, over: number): Tensor => node(fold.row, [over], y)
  const parts: Shape = [...x.shape.slice(0, axis), count, loopPartTerms, ...x.shape.slice(axis + 1)]
  const each = folded(reshape(cutOut(x, axis, 0, count * loopPartTerms), parts), axis + 1)
  const results = reshape(each, [...parts.slice(0, axis + 1), ...parts.slice(axis + 2)])
  const left = rest === 0 ? undefined : folded(cutOut(x, axis, count * loopPartTerms, rest), axis)
  return shortened(folded(store(left ? concat([store(results), store(left)], axis) : results), axis))
}

/** A fold of the same value, in stages that are short. */
const shortened = (fold: Tensor): Tensor => {
  const [x] = fold.inputs as readonly [Tensor]
  const axes = fold.attrs as readonly number[]
  if (sizeOf(axes.map((axis) => x.shape[axis]!)) <= loopMaxTerms) return fold
  if (axes.length === 1) return inParts(fold, x, axes[0]!)
  // the shortest axis last: that leaves the fewest partial results
  const last = axes.reduce((a, b) => (x.shape[b]! < x.shape[a]! ? b : a))
  const rest = axes.filter((axis) => axis !== last)
  return shortened(node(fold.row, [last], store(shortened(node(fold.row, rest, x)))))
}

/** Folds of very many terms run in stages. */
export const boundLoops = (outputs: readonly Tensor[]): readonly Tensor[] =>
  rewrite(outputs, (x, inputs) => {
    const same = withInputs(x, inputs)
    return reducesAxes(x.row) ? shortened(same) : same
  })
