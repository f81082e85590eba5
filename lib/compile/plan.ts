import type { Shape } from '../core/shape.ts'
import { topological, type Tensor } from '../core/tensor.ts'
import { cut, type Limits } from './cut.ts'
import { lower, type Kernel } from './expr.ts'
import { relaidOnce, relayout } from './relayout.ts'
import { shorten } from './shorten.ts'
import { simplify } from './simplify.ts'
import { split } from './split.ts'

/** One kernel call: the buffers it reads, the one it writes, and those that nobody reads afterwards. */
export interface Step {
  readonly source: string
  readonly shape: Shape
  readonly inputs: readonly number[]
  readonly output: number
  /** What the step computes, for `show`. */
  readonly name: string
  readonly free: readonly number[]
}

/** A graph as kernel calls over numbered buffers. */
export interface Plan {
  readonly steps: readonly Step[]
  /** Leaves: buffers that are there before the first step. */
  readonly leaves: readonly (readonly [buffer: number, leaf: Tensor])[]
  readonly outputs: readonly number[]
  readonly shapes: readonly Shape[]
}

/** What a backend adds to planning: its limits, and the text of a kernel in its language. */
export interface Target extends Limits {
  source(kernel: Kernel): string
}

export const plan = (outputs: readonly Tensor[], target: Target): Plan => {
  const simple = simplify(split(shorten(simplify(outputs))))
  const stored = cut(simple, target)
  const isStored = (x: Tensor): boolean => stored.has(x) || x.row.name === 'store'
  const numbers = new Map<Tensor, number>()
  const shapes: Shape[] = []
  const numberOf = (x: Tensor): number => {
    const known = numbers.get(x)
    if (known !== undefined) return known
    numbers.set(x, shapes.length)
    return shapes.push(x.shape) - 1
  }
  const relaid = relaidOnce()
  const leaves: (readonly [number, Tensor])[] = []
  const calls: Omit<Step, 'free'>[] = []
  const done = new Set<Tensor>()
  const emit = (x: Tensor): void => {
    if (done.has(x)) return
    done.add(x)
    if (x.row.kernel.kind === 'buffer') {
      leaves.push([numberOf(x), x])
      return
    }
    const kernel = relayout(lower(x, isStored), relaid)
    kernel.inputs.forEach(emit)
    const inputs = kernel.inputs.map(numberOf)
    calls.push({ source: target.source(kernel), shape: x.shape, inputs, output: numberOf(x), name: nameOf(x) })
  }
  for (const x of topological(simple)) if (stored.has(x)) emit(x)
  const results = simple.map(numberOf)
  const steps = withLastUses(calls, results)
  const read = new Set([...steps.flatMap((step) => step.inputs), ...results])
  return { steps, leaves: leaves.filter(([buffer]) => read.has(buffer)), outputs: results, shapes }
}

/** The rows that a kernel was made for, outermost first. */
const nameOf = (x: Tensor): string => {
  const at = x.row.name === 'reshape' || x.row.name === 'store' || x.row.name === 'permute' ? x.inputs[0] : undefined
  return at && at.row.kernel.kind !== 'buffer' ? `${x.row.name} ${nameOf(at)}` : x.row.name
}

/** The calls that the results need, in order, each with the buffers that nobody reads after it. */
const withLastUses = (calls: readonly Omit<Step, 'free'>[], results: readonly number[]): readonly Step[] => {
  const needed = new Set(results)
  return calls
    .map((call) => call)
    .reverse()
    .flatMap((call): readonly Step[] => {
      if (!needed.has(call.output)) return []
      const free = [...new Set(call.inputs)].filter((buffer) => !needed.has(buffer))
      free.forEach((buffer) => needed.add(buffer))
      return [{ ...call, free }]
    })
    .reverse()
}
