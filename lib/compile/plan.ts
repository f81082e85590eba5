import { variable } from '../core/affine.ts'
import type { Shape } from '../core/shape.ts'
import { topological, type Tensor } from '../core/tensor.ts'
import { cut, foldKind, isMovement, type Limits } from './cut.ts'
import { foldOf, lower, type Kernel } from './expr.ts'
import { relaidOnce, relayout } from './relayout.ts'
import { shorten } from './shorten.ts'
import { simplify } from './simplify.ts'
import { split } from './split.ts'
import { planeShape, targetsOf } from './planes.ts'
import { tileOf, type Tiling } from './tile.ts'

/** One kernel call: the buffers it reads, those it writes, and those that nobody reads afterwards. */
export interface Step {
  readonly source: string
  /** Of each output. */
  readonly shape: Shape
  readonly inputs: readonly number[]
  /** One, or as many as the tiling has targets. */
  readonly outputs: readonly number[]
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
}

/** What a backend adds to planning: its limits, and the text of a kernel in its language. */
export interface Target extends Limits {
  /** Results that one fragment may write. */
  readonly targets: number
  source(kernel: Kernel, tiling?: Tiling): string
}

export const plan = (outputs: readonly Tensor[], target: Target): Plan => new Planner(target).run(outputs)

type Call = Omit<Step, 'free'>

/** A tiled fold's result: every k-th element in a buffer of its own. */
interface Planes {
  readonly tile: readonly number[]
  readonly buffers: readonly number[]
}

class Planner {
  readonly #calls: Call[] = []
  readonly #leaves: (readonly [number, Tensor])[] = []
  readonly #numbers = new Map<Tensor, number>()
  readonly #relaid = relaidOnce()
  readonly #done = new Set<Tensor>()
  #stored: ReadonlySet<Tensor> = new Set()
  #next = 0
  constructor(readonly target: Target) {}

  run(outputs: readonly Tensor[]): Plan {
    const simple = simplify(shorten(split(simplify(outputs))))
    this.#stored = cut(simple, this.target)
    for (const x of topological(simple)) if (this.#stored.has(x)) this.#emit(x)
    const results = simple.map((x) => this.#numberOf(x))
    const steps = withLastUses(this.#calls, results)
    const read = new Set([...steps.flatMap((step) => step.inputs), ...results])
    return { steps, leaves: this.#leaves.filter(([buffer]) => read.has(buffer)), outputs: results }
  }

  readonly #isStored = (x: Tensor): boolean => this.#stored.has(x) || x.row.name === 'store'

  #numberOf(x: Tensor): number {
    const known = this.#numbers.get(x) ?? this.#next++
    this.#numbers.set(x, known)
    return known
  }

  #emit(x: Tensor): void {
    if (this.#done.has(x)) return
    this.#done.add(x)
    if (x.row.kernel.kind === 'buffer') {
      this.#leaves.push([this.#numberOf(x), x])
      return
    }
    const folded = this.target.targets > 1 ? this.#foldBelow(x) : undefined
    const planes = folded && this.#tiled(folded)
    if (folded && planes) {
      const merged = folded === x ? mergeOf(x) : lower(x, (y) => y === folded || this.#isStored(y))
      const tiles = merged.inputs.map((y) => (y === folded ? planes.tile : undefined))
      this.#call(x, { ...merged, tiles }, `${nameOf(x)} of planes`, (y) => (y === folded ? planes.buffers : undefined))
    } else this.#call(x, this.#best(lower(x, this.#isStored)).kernel, nameOf(x))
  }

  /** Emits a fold that is worth several results a fragment, into several buffers; nothing where it is not. */
  #tiled(x: Tensor): Planes | undefined {
    const { kernel, tiling } = this.#best(lower(x, (y) => y !== x && this.#isStored(y)))
    if (!tiling || kernel.body.kind !== 'fold' || targetsOf(tiling.tile) === 1) return undefined
    kernel.inputs.forEach((input) => this.#emit(input))
    const buffers = Array.from({ length: targetsOf(tiling.tile) }, () => this.#next++)
    const inputs = kernel.inputs.map((input) => this.#numberOf(input))
    const shape = planeShape(x.shape, tiling.tile)
    this.#calls.push({
      source: this.target.source(kernel, tiling),
      shape,
      inputs,
      outputs: buffers,
      name: `${nameOf(x)} tiled`
    })
    return { tile: tiling.tile, buffers }
  }

  #call(
    x: Tensor,
    kernel: Kernel,
    name: string,
    planes: (y: Tensor) => readonly number[] | undefined = () => undefined
  ): void {
    for (const input of kernel.inputs) if (!planes(input)) this.#emit(input)
    const inputs = kernel.inputs.flatMap((input) => planes(input) ?? [this.#numberOf(input)])
    this.#calls.push({ source: this.target.source(kernel), shape: x.shape, inputs, outputs: [this.#numberOf(x)], name })
  }

  /** The kernel as it is or with a weight laid out anew, whichever is expected to run faster. */
  #best(kernel: Kernel): { readonly kernel: Kernel; readonly tiling?: Tiling } {
    const fold = foldOf(kernel.body)
    if (!fold) return { kernel }
    const targets = kernel.body.kind === 'fold' ? this.target.targets : 1
    const plain = { kernel, tiling: tileOf(kernel, fold, targets) }
    const moved = relayout(kernel, this.#relaid)
    if (moved === kernel) return plain
    const other = { kernel: moved, tiling: tileOf(moved, foldOf(moved.body)!, targets) }
    return other.tiling.ms < plain.tiling.ms ? other : plain
  }

  /** The highest node at or below x that is a fold but for movements on top of it. */
  #foldBelow(x: Tensor, seen = new Set<Tensor>()): Tensor | undefined {
    if (seen.has(x)) return undefined
    seen.add(x)
    let at = x
    while (isMovement(at) && (at === x || !this.#isStored(at))) at = at.inputs[0]!
    if (foldKind(at) && (at === x || !this.#isStored(at))) return x
    for (const input of x.inputs) {
      const found = this.#isStored(input) ? undefined : this.#foldBelow(input, seen)
      if (found) return found
    }
    return undefined
  }
}

/** Reads a tiled result back as one. */
const mergeOf = (x: Tensor): Kernel => {
  const { out } = lower(x, () => true)
  return { shape: x.shape, out, inputs: [x], body: { kind: 'load', slot: 0, shape: x.shape, index: out.map(variable) } }
}

/** The rows that a kernel was made for, outermost first. */
const nameOf = (x: Tensor): string => {
  const at = x.row.name === 'reshape' || x.row.name === 'store' || x.row.name === 'permute' ? x.inputs[0] : undefined
  return at && at.row.kernel.kind !== 'buffer' ? `${x.row.name} ${nameOf(at)}` : x.row.name
}

/** The calls that the results need, in order, each with the buffers that nobody reads after it. */
const withLastUses = (calls: readonly Call[], results: readonly number[]): readonly Step[] => {
  const needed = new Set(results)
  return [...calls]
    .reverse()
    .flatMap((call): readonly Step[] => {
      if (!call.outputs.some((buffer) => needed.has(buffer))) return []
      const free = [...new Set(call.inputs)].filter((buffer) => !needed.has(buffer))
      free.forEach((buffer) => needed.add(buffer))
      return [{ ...call, free }]
    })
    .reverse()
}
