import { sameShape } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import { fusionWindow } from '../kernel/heuristics.ts'
import { foldsOf, type Kernel } from '../kernel/ir.ts'
import { kernelKey } from '../kernel/key.ts'
import type { Relaid, Relayout } from '../kernel/layout-change.ts'
import { areTogether, loopAlike } from '../kernel/merge-loops.ts'
import type { Call } from './call.ts'

/** What fusion asks of the plan so far. */
export interface Sofar {
  /** Results, and buffers read, that one kernel may have. */
  readonly targets: number
  readonly inputs: number
  /** The number of the call that computes a buffer; -1 for a leaf. */
  madeAt(x: Tensor): number | undefined
  /** The kernel that computes nodes of one shape; of one of them it reads the planes. */
  lower(roots: readonly Tensor[], merged?: Tensor): Kernel
  /** The layout change that a kernel would run with. */
  relayoutOf(kernel: Kernel): Relayout | undefined
  readonly relaid: Relaid
}

/** A call that computes `x`, too, in the place of another one. */
export interface Fused {
  readonly at: number
  readonly call: Call
}

/**
 * The latest call that computes something of the shape of `x` from some of the same, before which all inputs are there.
 * `alone` is the kernel that computes only `x`.
 */
export const fuse = (x: Tensor, alone: Kernel, calls: readonly Call[], sofar: Sofar): Fused | undefined => {
  if (alone.inputs.some((y) => sofar.madeAt(y) === undefined)) return undefined
  const isReady = ({ inputs }: Kernel, at: number): boolean =>
    inputs.every((y) => sofar.madeAt(y)! < at || calls[at]!.roots.includes(y))
  const first = Math.max(0, calls.length - fusionWindow)
  for (let at = calls.length - 1; at >= first && isReady(alone, at); at--) {
    const call = joined(x, alone, calls[at]!, sofar)
    if (call && isReady(asRun(call, sofar.relaid), at)) return { at, call }
  }
  return undefined
}

/** The kernel of a call with the layout change that it runs with. */
const asRun = (call: Call, relaid: Relaid): Kernel =>
  call.kind === 'whole' && call.relayout ? call.relayout(call.kernel, relaid) : call.kernel

/** A call that computes `x` besides, if the two go together. */
const joined = (x: Tensor, alone: Kernel, call: Call, sofar: Sofar): Call | undefined => {
  if (call.kind === 'tiled') return undefined
  const { roots, kernel: before } = call
  if (roots.length >= sofar.targets || !sameShape(roots[0]!.shape, x.shape)) return undefined
  const relayout = call.kind === 'whole' ? call.relayout : undefined
  const merged = call.kind === 'merge' ? call.of : undefined
  const [own, more] = [foldsOf(before), foldsOf(alone)]
  if (more && !(own && loopAlike(own, more) && sofar.relayoutOf(alone) === relayout)) return undefined
  const together = [...roots, x]
  const kernel = sofar.lower(together, merged)
  const { inputs } = kernel
  // a fold's kernel takes in what follows from it alone: with more it would be a program of its own for each use
  if (own && !more && inputs.length > before.inputs.length) return undefined
  if (more && !areTogether(foldsOf(kernel)!)) return undefined
  const shares = inputs.length < before.inputs.length + alone.inputs.length
  const isBefore = !inputs.some((y) => roots.includes(y) && y !== merged)
  return shares && isBefore && inputs.length <= sofar.inputs ? { ...call, roots: together, kernel } : undefined
}

/** Calls, of which those from one on that do the same with other buffers are one, as many as fit. */
export const grouped = (calls: readonly Call[], first: number, sofar: Sofar): readonly Call[] => {
  const alike = new Map<string, Call[]>()
  for (const call of calls.slice(first)) {
    const isFree =
      call.kind === 'whole' &&
      !foldsOf(call.kernel) &&
      call.kernel.inputs.every((y) => (sofar.madeAt(y) ?? first) < first)
    const key = isFree ? kernelKey(call.kernel) : `alone ${alike.size}`
    const before = alike.get(key) ?? []
    const latest = before.at(-1)
    const both = latest && together(latest, call, sofar)
    alike.set(key, both ? [...before.slice(0, -1), both] : [...before, call])
  }
  return [...calls.slice(0, first), ...[...alike.values()].flat()]
}

const together = (a: Call, b: Call, sofar: Sofar): Call | undefined => {
  const roots = [...a.roots, ...b.roots]
  if (roots.length > sofar.targets) return undefined
  const kernel = sofar.lower(roots)
  return kernel.inputs.length <= sofar.inputs ? { kind: 'whole', roots, kernel } : undefined
}
