import { sizeOf } from '../../core/shape.ts'
import { topological, type Tensor } from '../../core/tensor.ts'
import type { KernelSource } from '../codegen/program.ts'
import { flopsOf, type Kernel } from '../kernel/ir.ts'
import { relaidOnce } from '../kernel/layout-change.ts'
import { lower } from '../kernel/lower.ts'
import { holdsPlanes, planeShape, targetsOf } from '../kernel/planes.ts'
import type { Tiling } from '../kernel/tiling.ts'
import { nameOf, type Call, type TilePlanes, type Step } from './call.ts'
import { choose, type Choice } from './choose.ts'
import { fuse, grouped, type Sofar } from './fuse.ts'
import { withLifetimes } from './liveness.ts'
import { foldKind, isMovement, type FusionLimits } from './materialise.ts'

export type { Step } from './call.ts'

/** A graph as kernel calls over numbered buffers. */
export interface Plan {
  readonly steps: readonly Step[]
  /** Leaves: buffers that are there before the first step. */
  readonly leaves: readonly (readonly [buffer: number, leaf: Tensor])[]
  readonly outputs: readonly number[]
}

/** What a backend adds to planning: its limits, and the text of a kernel in its language. */
export interface Target extends FusionLimits {
  /** Results that one fragment may write. */
  readonly targets: number
  readonly textureSize: number
  source(kernel: Kernel, tiling?: Tiling): KernelSource
}

/** What the passes before it decided of a graph. */
export interface Decided {
  /** The nodes that become buffers. */
  readonly stored: ReadonlySet<Tensor>
  /** The kernels that read a stored node; none where it is a result. */
  readonly readers: ReadonlyMap<Tensor, ReadonlySet<Tensor>>
  /** The stored nodes that are computed last. */
  readonly deferred: ReadonlySet<Tensor>
}

/** The calls that compute a graph, in order. */
export const schedule = (outputs: readonly Tensor[], decided: Decided, target: Target): Plan =>
  new Planner(target, decided).run(outputs)

class Planner {
  #calls: Call[] = []
  readonly #leaves: (readonly [number, Tensor])[] = []
  readonly #numbers = new Map<Tensor, number>()
  /** The number of the call that computes a node; -1 for a leaf. */
  readonly #made = new Map<Tensor, number>()
  readonly #planes = new Map<Tensor, TilePlanes>()
  readonly #relaid = relaidOnce()
  readonly #stored: Set<Tensor>
  readonly #sofar: Sofar
  #next = 0
  constructor(
    readonly target: Target,
    readonly decided: Decided
  ) {
    this.#stored = new Set(decided.stored)
    this.#sofar = {
      targets: target.targets,
      inputs: target.inputs,
      madeAt: (x) => this.#made.get(x),
      lower: (roots, merged) => this.#lower(roots, merged),
      relayoutOf: (kernel) => this.#choose(kernel, 1).relayout,
      relaid: this.#relaid
    }
  }

  run(outputs: readonly Tensor[]): Plan {
    const { stored, deferred } = this.decided
    for (const x of topological(outputs)) if (stored.has(x) && !deferred.has(x)) this.#emit(x)
    const first = this.#calls.length
    deferred.forEach((x) => this.#emit(x))
    this.#calls = [...grouped(this.#calls, first, this.#sofar)]
    const results = outputs.map((x) => this.#numberOf(x))
    const steps = withLifetimes(this.#calls, results, (call, needed) => this.#step(call, needed))
    const read = new Set([...steps.flatMap((step) => step.inputs), ...results])
    return { steps, leaves: this.#leaves.filter(([buffer]) => read.has(buffer)), outputs: results }
  }

  /** Whether a node is read from its planes: by all, or (where it is stored too) by the call that merges them. */
  #inPlanes(x: Tensor, merged?: Tensor): boolean {
    return this.#planes.has(x) && (x === merged || !this.#stored.has(x))
  }

  #isBuffer(x: Tensor): boolean {
    return this.#stored.has(x) || this.#planes.has(x)
  }

  #lower(roots: readonly Tensor[], merged?: Tensor, wanted = roots): Kernel {
    const tile = (x: Tensor) => (this.#inPlanes(x, merged) ? this.#planes.get(x)!.tile : undefined)
    return lower(roots, (x) => this.#isBuffer(x), tile, wanted)
  }

  #choose(kernel: Kernel, targets: number): Choice {
    return choose(kernel, targets, this.target.costs, this.#relaid)
  }

  #numberOf(x: Tensor): number {
    const known = this.#numbers.get(x) ?? this.#next++
    this.#numbers.set(x, known)
    return known
  }

  /** Adds the calls that compute a node, and before it what they read. */
  #emit(x: Tensor): void {
    if (this.#made.has(x)) return
    if (x.row.kernel.kind === 'buffer') {
      this.#made.set(x, -1)
      this.#leaves.push([this.#numberOf(x), x])
      return
    }
    const folded = this.target.targets > 1 ? this.#foldBelow(x) : undefined
    const whole = folded && sizeOf(folded.shape) === sizeOf(x.shape) && this.decided.readers.get(x)?.size === 1
    if (whole && this.#tiled(x)) this.#stored.delete(x)
    else if (folded && this.#tiled(folded) && folded === x) this.#merge(x)
    else this.#place(x)
  }

  /** Adds a call and the buffers that it reads. */
  #push(x: Tensor, call: Call, reads: readonly Tensor[]): void {
    reads.forEach((y) => this.#emit(y))
    this.#made.set(x, this.#calls.push(call) - 1)
  }

  /** Emits a fold, with what follows from it, in planes; or says that it is not worth several results a fragment. */
  #tiled(x: Tensor): boolean {
    const { kernel, tiling, needs } = this.#choose(this.#lower([x]), this.target.targets)
    if (!tiling || targetsOf(tiling.tile) === 1 || kernel.inputs.length > this.target.inputs) return false
    if (!holdsPlanes(kernel.shape, tiling.tile, this.target.textureSize)) return false
    needs.forEach((y) => this.#stored.add(y))
    kernel.inputs.forEach((y) => this.#emit(y))
    const planes = { tile: tiling.tile, buffer: this.#next++ }
    this.#planes.set(x, planes)
    this.#push(x, { kind: 'tiled', roots: [x], kernel, tiling, planes }, [])
    return true
  }

  #merge(x: Tensor): void {
    const kernel = this.#lower([x], x)
    this.#push(x, { kind: 'merge', roots: [x], kernel, of: x }, kernel.inputs)
  }

  /** Computes a node together with others, where a call nearby has what it takes, else in a call of its own. */
  #place(x: Tensor): void {
    const alone = this.#lower([x])
    const fused = fuse(x, alone, this.#calls, this.#sofar)
    if (fused) {
      this.#calls[fused.at] = fused.call
      this.#made.set(x, fused.at)
      return
    }
    const { kernel, relayout, needs } = this.#choose(alone, 1)
    needs.forEach((y) => this.#stored.add(y))
    this.#push(x, { kind: 'whole', roots: [x], kernel: alone, relayout }, kernel.inputs)
  }

  /** The highest node at or below x that is a fold but for movements on top of it. */
  #foldBelow(x: Tensor, seen = new Set<Tensor>()): Tensor | undefined {
    if (seen.has(x)) return undefined
    seen.add(x)
    let at = x
    while (isMovement(at) && (at === x || !this.#isBuffer(at))) at = at.inputs[0]!
    if (foldKind(at) && (at === x || !this.#isBuffer(at))) return x
    for (const input of x.inputs) {
      const found = this.#isBuffer(input) ? undefined : this.#foldBelow(input, seen)
      if (found) return found
    }
    return undefined
  }

  #step(call: Call, needed: ReadonlySet<number>): Omit<Step, 'free'> | undefined {
    if (call.kind === 'tiled') return needed.has(call.planes.buffer) ? this.#tiledStep(call) : undefined
    const merged = call.kind === 'merge' ? call.of : undefined
    const wanted = call.roots.filter((x) => needed.has(this.#numberOf(x)))
    if (wanted.length === 0) return undefined
    const lowered = wanted.length === call.roots.length ? call.kernel : this.#lower(call.roots, merged, wanted)
    const kernel = call.kind === 'whole' && call.relayout ? call.relayout(lowered, this.#relaid) : lowered
    return {
      source: once(() => this.target.source(kernel)),
      shape: kernel.shape,
      inputs: kernel.inputs.map((x) => this.#bufferOf(x, merged)),
      outputs: wanted.map((x) => this.#numberOf(x)),
      targets: wanted.length,
      flops: flopsOf(kernel),
      name: `${wanted.map(nameOf).join(' + ')}${kernel.tiles ? ' of planes' : ''}`
    }
  }

  #tiledStep({ roots, kernel, tiling, planes }: Extract<Call, { kind: 'tiled' }>): Omit<Step, 'free'> {
    return {
      source: once(() => this.target.source(kernel, tiling)),
      shape: planeShape(kernel.shape, tiling.tile),
      inputs: kernel.inputs.map((x) => this.#bufferOf(x)),
      outputs: [planes.buffer],
      targets: targetsOf(tiling.tile),
      flops: flopsOf(kernel),
      name: `${nameOf(roots[0])} tiled`
    }
  }

  #bufferOf(x: Tensor, merged?: Tensor): number {
    return this.#inPlanes(x, merged) ? this.#planes.get(x)!.buffer : this.#numberOf(x)
  }
}

/** Made when it is first asked for; what it is made of is held until then. */
const once = <T>(make: () => T): (() => T) => {
  let state: { readonly make: () => T } | { readonly made: T } = { make }
  return () => {
    if ('make' in state) state = { made: state.make() }
    return state.made
  }
}
