import { coefficient, type Affine, type Var } from '../core/affine.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { dependsOn, foldOf, loadsOf, mapLoads, type Kernel, type Load } from './expr.ts'
import { storeLeading } from './store.ts'

/**
 * A load that all lanes share takes one channel of a texel. Where an output axis leads it, the channel is known
 * only when the kernel runs; with a fold variable in front that is unrolled by four it is known beforehand.
 * So such a buffer (a weight: small, read often) is laid out anew first.
 */
export const relayout = (kernel: Kernel, relaid: (x: Tensor, axis: number) => Tensor): Kernel => {
  const fold = foldOf(kernel)
  if (!fold) return kernel
  const axes = new Map<number, number>()
  for (const load of loadsOf(fold.body)) {
    if (load.kind !== 'load' || kernel.tiles?.[load.slot]) continue
    const axis = betterAxis(kernel, fold.vars, load)
    const before = axes.get(load.slot)
    axes.set(load.slot, before === undefined || before === axis ? axis : 0)
  }
  const moved = [...axes].filter(([, axis]) => axis > 0)
  if (moved.length === 0) return kernel
  const inputs = kernel.inputs.map((x, slot) => {
    const axis = axes.get(slot) ?? 0
    return axis > 0 ? relaid(x, axis) : x
  })
  return { ...mapLoads(kernel, (load) => permuted(load, axes.get(load.slot) ?? 0)), inputs }
}

const betterAxis = (kernel: Kernel, vars: readonly Var[], load: Extract<Load, { kind: 'load' }>): number => {
  const [first] = load.index
  const lanes = kernel.out[0]
  if (!first || load.shape.length < 2) return 0
  if (lanes && load.index.some((i) => dependsOn(i, lanes))) return 0
  const ledByOutput = kernel.out.some((v) => v !== lanes && coefficient(first, v) % 4 !== 0)
  const reads = sizeOf(kernel.shape) * sizeOf(vars.map((v) => v.extent))
  if (!ledByOutput || reads < 16 * sizeOf(load.shape)) return 0
  const folded = load.index.map((i, axis) => (axis > 0 && isFoldVariable(i, vars) ? load.shape[axis]! : 0))
  const longest = Math.max(...folded)
  return longest >= 4 ? folded.indexOf(longest) : 0
}

const isFoldVariable = (i: Affine, vars: readonly Var[]): boolean =>
  i.c === 0 && i.terms.length === 1 && i.terms[0]![1] === 1 && vars.includes(i.terms[0]![0])

/** A load of a buffer whose axes lie in another order. */
const permuted = (load: Load, axis: number): Load => {
  const front = <T>(list: readonly T[]): readonly T[] => [list[axis]!, ...list.filter((_, i) => i !== axis)]
  return load.kind === 'load' && axis > 0 ? { ...load, shape: front(load.shape), index: front(load.index) } : load
}

/** Relaid buffers, each made once; `onNew` hears of them. */
export const relaidOnce = (onNew: (x: Tensor) => void): ((x: Tensor, axis: number) => Tensor) => {
  const made = new Map<Tensor, Map<number, Tensor>>()
  return (x, axis) => {
    const known = made.get(x) ?? new Map<number, Tensor>()
    made.set(x, known)
    const found = known.get(axis) ?? storeLeading(x, axis)[0]
    known.set(axis, found)
    onNew(found)
    return found
  }
}
