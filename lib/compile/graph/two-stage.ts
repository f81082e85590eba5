import { permute, reducesAxes, reshape, sliceAt, barrier, sumKeep } from '../../core/primitives.ts'
import { sizeOf, type Shape } from '../../core/shape.ts'
import { node, type Tensor } from '../../core/tensor.ts'
import { concat } from '../../ops/movement.ts'
import { barrierLeading } from '../kernel/barrier.ts'
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
import { busiestCoreFragments, layoutOf } from '../kernel/layout.ts'
import { rewrite, withInputs } from './rewrite.ts'

// Rewrites long reductions as two stages with the same value.

const subsets = (axes: readonly number[]): readonly (readonly number[])[] =>
  axes.reduce<readonly (readonly number[])[]>((all, axis) => [...all, ...all.map((s) => [...s, axis])], [[]])

/**
 * The axes that the first stage of a long sum keeps: the fewest partial sums that give enough fragments, else the most
 * that still have `partialSumMinTerms` terms each. The leading axis is never kept: it lies in the lanes.
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

/** Milliseconds that a sum takes in one kernel, counting its fetches alone. */
const atOnce = (shape: Shape, axes: readonly number[], { fetch, cores, block }: Costs): number => {
  const [lead = 1] = shape
  const lanes = axes.includes(0) ? Math.ceil(lead / 4) / lead : 1
  const terms = sizeOf(axes.map((axis) => shape[axis]!)) * lanes
  const results = shape.map((d, axis) => (axes.includes(axis) ? 1 : d))
  return terms * busiestCoreFragments(layoutOf(results, modelTextureSize), cores, block) * fetch
}

/** Σ over `axes` as a sum of partial sums. These are stored with their longest kept axis first. */
const twoStageSum = (x: Tensor, axes: readonly number[], kept: readonly number[]): Tensor => {
  const first = sumKeep(
    x,
    axes.filter((axis) => !kept.includes(axis))
  )
  const lead = leadingAxis(first.shape, kept)
  const [partial, order] = barrierLeading(first, lead)
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
 * The leading axis if it is longer than 1, else the longest axis. Axes outside the sum come first: only some of the loads
 * depend on them.
 */
const leadingAxis = (shape: Shape, partial: readonly number[]): number => {
  if (shape[0]! > 1) return 0
  const results = shape.map((d, axis) => (partial.includes(axis) ? 1 : d))
  const from = Math.max(...results) >= 4 ? results : shape
  return from.indexOf(Math.max(...from))
}

/** Splits long sums with few results into two stages, so that all cores have work. */
export const twoStageSums = (outputs: readonly Tensor[], costs: Costs): readonly Tensor[] =>
  rewrite(outputs, (x, inputs) => {
    const axes = x.row === sumKeep.row ? (x.attrs as readonly number[]) : []
    const kept = axes.length > 0 ? partialAxes(x.inputs[0]!.shape, axes, costs) : []
    return kept.length > 0 ? twoStageSum(inputs[0]!, axes, kept) : withInputs(x, inputs)
  })

const sliceAlong = (x: Tensor, axis: number, start: number, size: number): Tensor =>
  sliceAt(x, {
    start: x.shape.map((_, i) => (i === axis ? start : 0)),
    size: x.shape.map((d, i) => (i === axis ? size : d)),
    step: x.shape.map(() => 1)
  })

/** Reduces one long axis: first equal parts and the remainder, then their results. */
const inParts = (reduction: Tensor, x: Tensor, axis: number): Tensor => {
  const d = x.shape[axis]!
  const [count, rest] = [Math.floor(d / loopPartTerms), d % loopPartTerms]
  const reduced = (y: Tensor, over: number): Tensor => node(reduction.row, [over], y)
  const parts: Shape = [...x.shape.slice(0, axis), count, loopPartTerms, ...x.shape.slice(axis + 1)]
  const each = reduced(reshape(sliceAlong(x, axis, 0, count * loopPartTerms), parts), axis + 1)
  const results = reshape(each, [...parts.slice(0, axis + 1), ...parts.slice(axis + 2)])
  const left = rest === 0 ? undefined : reduced(sliceAlong(x, axis, count * loopPartTerms, rest), axis)
  return inStages(reduced(barrier(left ? concat([barrier(results), barrier(left)], { axis }) : results), axis))
}

/** The same reduction in stages of at most `loopMaxTerms` terms. */
const inStages = (reduction: Tensor): Tensor => {
  const [x] = reduction.inputs as readonly [Tensor]
  const axes = reduction.attrs as readonly number[]
  if (sizeOf(axes.map((axis) => x.shape[axis]!)) <= loopMaxTerms) return reduction
  if (axes.length === 1) return inParts(reduction, x, axes[0]!)
  // the shortest axis last: that leaves the fewest partial results
  const last = axes.reduce((a, b) => (x.shape[b]! < x.shape[a]! ? b : a))
  const rest = axes.filter((axis) => axis !== last)
  return inStages(node(reduction.row, [last], barrier(inStages(node(reduction.row, rest, x)))))
}

/** Splits reductions whose loops would have too many turns for a driver. */
export const twoStageLoops = (outputs: readonly Tensor[]): readonly Tensor[] =>
  rewrite(outputs, (x, inputs) => {
    const same = withInputs(x, inputs)
    return reducesAxes(x.row) ? inStages(same) : same
  })
