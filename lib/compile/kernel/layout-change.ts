import { addAffine, coefficient, constant, divMod, scale, type Affine, type Var } from '../../core/affine.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import { dependsOn, reductionLoopOf, loadsOf, mapLoads, type Kernel, type Load } from './ir.ts'
import { layoutChangeMinReads } from './heuristics.ts'
import { barrierLeading, barrierPairs } from './barrier.ts'

/**
 * Changes the layout of an operand that a kernel reads often, a weight; gives back the same kernel if nothing is
 * gained.
 */
export type LayoutChange = (kernel: Kernel, withLayout: WithLayout) => Kernel

/** A buffer in another layout: with one axis first, or with pairs of elements along two axes first. */
export type WithLayout = (x: Tensor, axes: readonly number[]) => Tensor

type Read = Extract<Load, { readonly kind: 'load' }>

/**
 * Stores an operand that all lanes read in another layout, if it is read often and `axesOf` finds the same axes for all its
 * loads.
 */
const layoutChange =
  (axesOf: (load: Read, vars: readonly Var[], out: readonly Var[]) => readonly number[]): LayoutChange =>
  (kernel, withLayout) => {
    const [lanes, ...out] = kernel.out
    const { vars = [], bodies = [] } = reductionLoopOf(kernel) ?? {}
    const found = new Map<number, readonly number[]>()
    for (const load of loadsOf(bodies)) {
      if (load.kind !== 'load' || kernel.tiles?.[load.slot]) continue
      const reads = sizeOf(kernel.shape) * sizeOf(vars.map((v) => v.extent))
      const shared = !lanes || !load.index.some((i) => dependsOn(i, lanes))
      const axes = shared && reads >= layoutChangeMinReads * sizeOf(load.shape) ? axesOf(load, vars, out) : []
      found.set(load.slot, String(found.get(load.slot) ?? axes) === String(axes) ? axes : [])
    }
    const axes = (slot: number): readonly number[] => found.get(slot) ?? []
    if (kernel.inputs.every((_, slot) => axes(slot).length === 0)) return kernel
    const inputs = kernel.inputs.map((x, slot) => (axes(slot).length > 0 ? withLayout(x, axes(slot)) : x))
    return { ...mapLoads(kernel, (load) => (load.kind === 'load' ? moved(load, axes(load.slot)) : load)), inputs }
  }

const isVariable = (i: Affine, among: readonly Var[]): boolean =>
  i.c === 0 && i.terms.length === 1 && i.terms[0]![1] === 1 && among.includes(i.terms[0]![0])

/**
 * A load that all lanes share takes one channel of a texel. If an output axis leads the load, only the running kernel
 * knows the channel. With a reduction variable first, unrolled by four, the compiler knows it.
 */
export const oneInFront = layoutChange(({ index, shape }, vars, out) => {
  const [first] = index
  if (!first || shape.length < 2 || !out.some((v) => coefficient(first, v) % 4 !== 0)) return []
  const reduced = index.map((i, axis) => (axis > 0 && isVariable(i, vars) ? shape[axis]! : 0))
  const longest = Math.max(...reduced)
  return longest >= 4 ? [reduced.indexOf(longest)] : []
})

/**
 * If neither axis of a weight can be unrolled by four without waste (10 channels to 10), two steps along one axis and two
 * results along the other share a texel.
 */
export const pairsInFront = layoutChange(({ index, shape }, vars, out) => {
  const axisOf = (among: readonly Var[]): number =>
    index.findIndex((i, axis) => isVariable(i, among) && shape[axis]! % 4 === 2)
  const axes = [axisOf(vars), axisOf(out)]
  return axes.includes(-1) ? [] : axes.sort((a, b) => a - b)
})

/** A load of a buffer whose layout changed. */
const moved = (load: Read, axes: readonly number[]): Read => {
  const [a, b] = axes
  if (a === undefined) return load
  if (b === undefined) {
    const front = <T>(list: readonly T[]): readonly T[] => [list[a]!, ...list.filter((_, i) => i !== a)]
    return { ...load, shape: front(load.shape), index: front(load.index) }
  }
  const parts = load.index.map((i, axis) => (axes.includes(axis) ? divMod(i, 2) : ([i, constant(0)] as const)))
  return {
    ...load,
    shape: [4, ...load.shape.map((d, axis) => (axes.includes(axis) ? d / 2 : d))],
    index: [addAffine(scale(parts[a]![1], 2), parts[b]![1]), ...parts.map(([at]) => at)]
  }
}

/** Makes each buffer in another layout once. */
export const withLayoutOnce = (): WithLayout => {
  const made = new Map<Tensor, Map<string, Tensor>>()
  return (x, axes) => {
    const known = made.get(x) ?? new Map<string, Tensor>()
    made.set(x, known)
    const [a, b] = axes as readonly [number, number?]
    const found = known.get(String(axes)) ?? (b === undefined ? barrierLeading(x, a)[0] : barrierPairs(x, a, b))
    known.set(String(axes), found)
    return found
  }
}
