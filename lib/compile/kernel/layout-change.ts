import { addAffine, coefficient, constant, divMod, scale, type Affine, type Var } from '../../core/affine.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import { dependsOn, foldsOf, loadsOf, mapLoads, type Kernel, type Load } from './ir.ts'
import { layoutChangeMinReads } from './heuristics.ts'
import { storeLeading, storePairs } from './barrier.ts'

/** A kernel with a weight laid out anew, or the kernel itself where that gains nothing. */
export type Relayout = (kernel: Kernel, relaid: Relaid) => Kernel

/** A buffer laid out anew: with one axis in front, or with the pairs of two. */
export type Relaid = (x: Tensor, axes: readonly number[]) => Tensor

type Read = Extract<Load, { readonly kind: 'load' }>

/** Lays out anew what all lanes share and read often, where `axesOf` finds axes for it that serve all its loads. */
const relayout =
  (axesOf: (load: Read, vars: readonly Var[], out: readonly Var[]) => readonly number[]): Relayout =>
  (kernel, relaid) => {
    const [lanes, ...out] = kernel.out
    const { vars = [], bodies = [] } = foldsOf(kernel) ?? {}
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
    const inputs = kernel.inputs.map((x, slot) => (axes(slot).length > 0 ? relaid(x, axes(slot)) : x))
    return { ...mapLoads(kernel, (load) => (load.kind === 'load' ? moved(load, axes(load.slot)) : load)), inputs }
  }

const isVariable = (i: Affine, among: readonly Var[]): boolean =>
  i.c === 0 && i.terms.length === 1 && i.terms[0]![1] === 1 && among.includes(i.terms[0]![0])

/**
 * A load that all lanes share takes one channel of a texel. Where an output axis leads it, the channel is known
 * only when the kernel runs; with a fold variable in front that is unrolled by four it is known beforehand.
 */
export const oneInFront = relayout(({ index, shape }, vars, out) => {
  const [first] = index
  if (!first || shape.length < 2 || !out.some((v) => coefficient(first, v) % 4 !== 0)) return []
  const folded = index.map((i, axis) => (axis > 0 && isVariable(i, vars) ? shape[axis]! : 0))
  const longest = Math.max(...folded)
  return longest >= 4 ? [folded.indexOf(longest)] : []
})

/**
 * Where neither axis of a weight can be unrolled by four without waste (10 channels to 10), two steps along one and two
 * results along the other share a texel.
 */
export const pairsInFront = relayout(({ index, shape }, vars, out) => {
  const axisOf = (among: readonly Var[]): number =>
    index.findIndex((i, axis) => isVariable(i, among) && shape[axis]! % 4 === 2)
  const axes = [axisOf(vars), axisOf(out)]
  return axes.includes(-1) ? [] : axes.sort((a, b) => a - b)
})

/** A load of a buffer that is laid out anew. */
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

/** Relaid buffers, each made once. */
export const relaidOnce = (): Relaid => {
  const made = new Map<Tensor, Map<string, Tensor>>()
  return (x, axes) => {
    const known = made.get(x) ?? new Map<string, Tensor>()
    made.set(x, known)
    const [a, b] = axes as readonly [number, number?]
    const found = known.get(String(axes)) ?? (b === undefined ? storeLeading(x, a)[0] : storePairs(x, a, b))
    known.set(String(axes), found)
    return found
  }
}
