import { sizeOf } from '../../core/shape.ts'
import { topological, type Tensor } from '../../core/tensor.ts'
import type { KernelSource } from '../codegen/program.ts'
import { flopsOf, type Kernel } from '../kernel/ir.ts'
import { withLayoutOnce } from '../kernel/layout-change.ts'
import { lower } from '../kernel/lower.ts'
import { holdsSlices, sliceShape, targetsOf } from '../kernel/slices.ts'
import type { Tiling } from '../kernel/tiling.ts'
import { nameOf, type Call, type TileSlices, type Step } from './call.ts'
import { choose, type Choice } from './choose.ts'
import { fuse, grouped, type FusionContext } from './fuse.ts'
import { withLifetimes } from './liveness.ts'
import { reductionOf, isMovement, type FusionLimits } from './materialise.ts'

export type { Step } from './call.ts'

/** A graph as kernel calls over numbered buffers. */
export interface Plan {
  readonly steps: readonly Step[]
  /** Leaves: buffers that exist before the first step. */
  readonly leaves: readonly (readonly [buffer: number, leaf: Tensor])[]
  readonly outputs: readonly number[]
}

/** What the compiler needs to know about a backend: its limits, and how to generate a program. */
export interface Target extends FusionLimits {
  /** Most results of a fragment. */
  readonly targets: number
  readonly textureSize: number
  source(kernel: Kernel, tiling?: Tiling): KernelSource
}

/** The decisions of the passes before this one. */
export interface Decisions {
  /** The nodes that become buffers. */
  readonly stored: ReadonlySet<Tensor>
  /** The stored nodes whose kernels read a stored node; without an entry if it is an output. */
  readonly readers: ReadonlyMap<Tensor, ReadonlySet<Tensor>>
  /** The stored nodes to compute last. */
  readonly deferred: ReadonlySet<Tensor>
}

/** The calls that compute a graph, in order. */
export const schedule = (outputs: readonly Tensor[], decisions: Decisions, target: Target): Plan =>
  new Planner(target, decisions).run(outputs)

class Planner {
  #calls: Call[] = []
  readonly #leaves: (readonly [number, Tensor])[] = []
  readonly #buffers = new Map<Tensor, number>()
  /** The number of the call that computes a node; -1 for a leaf. */
  readonly #made = new Map<Tensor, number>()
  readonly #slices = new Map<Tensor, TileSlices>()
  readonly #withLayout = withLayoutOnce()
  readonly #stored: Set<Tensor>
  readonly #context: FusionContext
  #next = 0
  constructor(
    readonly target: Target,
    readonly decisions: Decisions
  ) {
    this.#stored = new Set(decisions.stored)
    this.#context = {
      targets: target.targets,
      inputs: target.inputs,
      madeAt: (x) => this.#made.get(x),
      lower: (roots, merged) => this.#lower(roots, merged),
      layoutChangeOf: (kernel) => this.#choose(kernel, 1).layoutChange,
      withLayout: this.#withLayout
    }
  }

  run(outputs: readonly Tensor[]): Plan {
    const { stored, deferred } = this.decisions
    for (const x of topological(outputs)) if (stored.has(x) && !deferred.has(x)) this.#emit(x)
    const first = this.#calls.length
    deferred.forEach((x) => this.#emit(x))
    this.#calls = [...grouped(this.#calls, first, this.#context)]
    const results = outputs.map((x) => this.#numberOf(x))
    const steps = withLifetimes(this.#calls, results, (call, needed) => this.#step(call, needed))
    const read = new Set([...steps.flatMap((step) => step.inputs), ...results])
    return { steps, leaves: this.#leaves.filter(([buffer]) => read.has(buffer)), outputs: results }
  }

  /** Whether a node is read from its slices: always, or only by the call that merges them if it is stored as well. */
  #inSlices(x: Tensor, merged?: Tensor): boolean {
    return this.#slices.has(x) && (x === merged || !this.#stored.has(x))
  }

  #isBuffer(x: Tensor): boolean {
    return this.#stored.has(x) || this.#slices.has(x)
  }

  #lower(roots: readonly Tensor[], merged?: Tensor, wanted = roots): Kernel {
    const tile = (x: Tensor) => (this.#inSlices(x, merged) ? this.#slices.get(x)!.tile : undefined)
    return lower(roots, (x) => this.#isBuffer(x), tile, wanted)
  }

  #choose(kernel: Kernel, targets: number): Choice {
    return choose(kernel, targets, this.target.costs, this.#withLayout)
  }

  #numberOf(x: Tensor): number {
    const known = this.#buffers.get(x) ?? this.#next++
    this.#buffers.set(x, known)
    return known
  }

  /** Adds the calls that compute a node, after those for the buffers that they read. */
  #emit(x: Tensor): void {
    if (this.#made.has(x)) return
    if (x.row.kernel.kind === 'buffer') {
      this.#made.set(x, -1)
      this.#leaves.push([this.#numberOf(x), x])
      return
    }
    const reduced = this.target.targets > 1 ? this.#reductionBelow(x) : undefined
    const whole = reduced && sizeOf(reduced.shape) === sizeOf(x.shape) && this.decisions.readers.get(x)?.size === 1
    if (whole && this.#tiled(x)) this.#stored.delete(x)
    else if (reduced && this.#tiled(reduced) && reduced === x) this.#merge(x)
    else this.#place(x)
  }

  /** Adds a call, after those for the buffers that it reads. */
  #push(x: Tensor, call: Call, reads: readonly Tensor[]): void {
    reads.forEach((y) => this.#emit(y))
    this.#made.set(x, this.#calls.push(call) - 1)
  }

  /** Adds a tiled call for a reduction and what follows from it; false if several results a fragment do not pay. */
  #tiled(x: Tensor): boolean {
    const { kernel, tiling, needs } = this.#choose(this.#lower([x]), this.target.targets)
    if (!tiling || targetsOf(tiling.tile) === 1 || kernel.inputs.length > this.target.inputs) return false
    if (!holdsSlices(kernel.shape, tiling.tile, this.target.textureSize)) return false
    needs.forEach((y) => this.#stored.add(y))
    kernel.inputs.forEach((y) => this.#emit(y))
    const slices = { tile: tiling.tile, buffer: this.#next++ }
    this.#slices.set(x, slices)
    this.#push(x, { kind: 'tiled', roots: [x], kernel, tiling, slices }, [])
    return true
  }

  #merge(x: Tensor): void {
    const kernel = this.#lower([x], x)
    this.#push(x, { kind: 'merge', roots: [x], kernel, of: x }, kernel.inputs)
  }

  /** Computes a node in a call nearby that reads the same buffers, else in a call of its own. */
  #place(x: Tensor): void {
    const alone = this.#lower([x])
    const fused = fuse(x, alone, this.#calls, this.#context)
    if (fused) {
      this.#calls[fused.at] = fused.call
      this.#made.set(x, fused.at)
      return
    }
    const { kernel, layoutChange, needs } = this.#choose(alone, 1)
    needs.forEach((y) => this.#stored.add(y))
    this.#push(x, { kind: 'whole', roots: [x], kernel: alone, layoutChange }, kernel.inputs)
  }

  /** The highest node at or below x that is a reduction under nothing but movements. */
  #reductionBelow(x: Tensor, seen = new Set<Tensor>()): Tensor | undefined {
    if (seen.has(x)) return undefined
    seen.add(x)
    let at = x
    while (isMovement(at) && (at === x || !this.#isBuffer(at))) at = at.inputs[0]!
    if (reductionOf(at) && (at === x || !this.#isBuffer(at))) return x
    for (const input of x.inputs) {
      const found = this.#isBuffer(input) ? undefined : this.#reductionBelow(input, seen)
      if (found) return found
    }
    return undefined
  }

  #step(call: Call, needed: ReadonlySet<number>): Omit<Step, 'free'> | undefined {
    if (call.kind === 'tiled') return needed.has(call.slices.buffer) ? this.#tiledStep(call) : undefined
    const merged = call.kind === 'merge' ? call.of : undefined
    const wanted = call.roots.filter((x) => needed.has(this.#numberOf(x)))
    if (wanted.length === 0) return undefined
    const lowered = wanted.length === call.roots.length ? call.kernel : this.#lower(call.roots, merged, wanted)
    const kernel = call.kind === 'whole' && call.layoutChange ? call.layoutChange(lowered, this.#withLayout) : lowered
    return {
      source: once(() => this.target.source(kernel)),
      shape: kernel.shape,
      inputs: kernel.inputs.map((x) => this.#bufferOf(x, merged)),
      outputs: wanted.map((x) => this.#numberOf(x)),
      targets: wanted.length,
      flops: flopsOf(kernel),
      name: `${wanted.map(nameOf).join(' + ')}${kernel.tiles ? ' of slices' : ''}`
    }
  }

  #tiledStep({ roots, kernel, tiling, slices }: Extract<Call, { kind: 'tiled' }>): Omit<Step, 'free'> {
    return {
      source: once(() => this.target.source(kernel, tiling)),
      shape: sliceShape(kernel.shape, tiling.tile),
      inputs: kernel.inputs.map((x) => this.#bufferOf(x)),
      outputs: [slices.buffer],
      targets: targetsOf(tiling.tile),
      flops: flopsOf(kernel),
      name: `${nameOf(roots[0])} tiled`
    }
  }

  #bufferOf(x: Tensor, merged?: Tensor): number {
    return this.#inSlices(x, merged) ? this.#slices.get(x)!.buffer : this.#numberOf(x)
  }
}

/** Calls `make` on first use, keeps the result, and lets go of `make`. */
const once = <T>(make: () => T): (() => T) => {
  let state: { readonly make: () => T } | { readonly made: T } = { make }
  return () => {
    if ('make' in state) state = { made: state.make() }
    return state.made
  }
}
