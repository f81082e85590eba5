import { sameShape } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import { fusionWindow } from '../kernel/heuristics.ts'
import { reductionLoopOf, type Kernel } from '../kernel/ir.ts'
import { kernelKey } from '../kernel/key.ts'
import type { WithLayout, LayoutChange } from '../kernel/layout-change.ts'
import { areTogether, loopAlike } from '../kernel/merge-loops.ts'
import type { Call } from './call.ts'

/** What fusion needs to know about the calls so far. */
export interface FusionContext {
  /** Most results of one kernel, and most buffers that it reads. */
  readonly targets: number
  readonly inputs: number
  /** The number of the call that computes a buffer; -1 for a leaf. */
  madeAt(x: Tensor): number | undefined
  /** The kernel that computes nodes of one shape; it reads the slices of `merged`. */
  lower(roots: readonly Tensor[], merged?: Tensor): Kernel
  /** The layout change that a kernel would run with. */
  layoutChangeOf(kernel: Kernel): LayoutChange | undefined
  readonly withLayout: WithLayout
}

/** A call that also computes `x`, and the position of the call that it replaces. */
export interface Fused {
  readonly at: number
  readonly call: Call
}

/**
 * Fuses `x` with the latest call that computes nodes of the same shape from some of the same buffers, if all inputs of
 * both exist before it. `alone` is the kernel that computes only `x`.
 */
export const fuse = (x: Tensor, alone: Kernel, calls: readonly Call[], context: FusionContext): Fused | undefined => {
  if (alone.inputs.some((y) => context.madeAt(y) === undefined)) return undefined
  const isReady = ({ inputs }: Kernel, at: number): boolean =>
    inputs.every((y) => context.madeAt(y)! < at || calls[at]!.roots.includes(y))
  const first = Math.max(0, calls.length - fusionWindow)
  for (let at = calls.length - 1; at >= first && isReady(alone, at); at--) {
    const call = joined(x, alone, calls[at]!, context)
    if (call && isReady(asRun(call, context.withLayout), at)) return { at, call }
  }
  return undefined
}

/** The kernel of a call with the layout change that it runs with. */
const asRun = (call: Call, withLayout: WithLayout): Kernel =>
  call.kind === 'whole' && call.layoutChange ? call.layoutChange(call.kernel, withLayout) : call.kernel

/** The call with `x` as one more result, if the two can share a kernel. */
const joined = (x: Tensor, alone: Kernel, call: Call, context: FusionContext): Call | undefined => {
  if (call.kind === 'tiled') return undefined
  const { roots, kernel: before } = call
  if (roots.length >= context.targets || !sameShape(roots[0]!.shape, x.shape)) return undefined
  const layoutChange = call.kind === 'whole' ? call.layoutChange : undefined
  const merged = call.kind === 'merge' ? call.of : undefined
  const [own, more] = [reductionLoopOf(before), reductionLoopOf(alone)]
  if (more && !(own && loopAlike(own, more) && context.layoutChangeOf(alone) === layoutChange)) return undefined
  const together = [...roots, x]
  const kernel = context.lower(together, merged)
  const { inputs } = kernel
  // a reduction absorbs only what follows from its result: further inputs would give each use a program of its own
  if (own && !more && inputs.length > before.inputs.length) return undefined
  if (more && !areTogether(reductionLoopOf(kernel)!)) return undefined
  const shares = inputs.length < before.inputs.length + alone.inputs.length
  const isBefore = !inputs.some((y) => roots.includes(y) && y !== merged)
  return shares && isBefore && inputs.length <= context.inputs ? { ...call, roots: together, kernel } : undefined
}

/** Merges calls from `first` on that do the same with different buffers, as many as fit in one kernel. */
export const grouped = (calls: readonly Call[], first: number, context: FusionContext): readonly Call[] => {
  const alike = new Map<string, Call[]>()
  for (const call of calls.slice(first)) {
    const isFree =
      call.kind === 'whole' &&
      !reductionLoopOf(call.kernel) &&
      call.kernel.inputs.every((y) => (context.madeAt(y) ?? first) < first)
    const key = isFree ? kernelKey(call.kernel) : `alone ${alike.size}`
    const before = alike.get(key) ?? []
    const latest = before.at(-1)
    const both = latest && together(latest, call, context)
    alike.set(key, both ? [...before.slice(0, -1), both] : [...before, call])
  }
  return [...calls.slice(0, first), ...[...alike.values()].flat()]
}

const together = (a: Call, b: Call, context: FusionContext): Call | undefined => {
  const roots = [...a.roots, ...b.roots]
  if (roots.length > context.targets) return undefined
  const kernel = context.lower(roots)
  return kernel.inputs.length <= context.inputs ? { kind: 'whole', roots, kernel } : undefined
}
