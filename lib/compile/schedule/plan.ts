import { permute, reshape, store } from '../../core/primitives.ts'
import { sameShape, sizeOf, type Shape } from '../../core/shape.ts'
import { topological, type Tensor } from '../../core/tensor.ts'
import { foldKind, isMovement, type FusionLimits } from './materialise.ts'
import { flopsOf, foldsOf, type Kernel } from '../kernel/ir.ts'
import { lower } from '../kernel/lower.ts'
import { areTogether, loopAlike } from '../kernel/merge-loops.ts'
import { kernelKey } from '../kernel/key.ts'
import type { KernelSource } from '../codegen/uniforms.ts'
import { holdsPlanes, planeShape, targetsOf } from '../kernel/planes.ts'
import { oneInFront, pairsInFront, relaidOnce, type Relayout } from '../kernel/layout-change.ts'
import { tileOf, type Tiling } from '../kernel/tiling.ts'

/** One kernel call: the buffers it reads, those it writes, and those that nobody reads afterwards. */
export interface Step {
  /** Its program, written when it is first asked for. */
  readonly source: () => KernelSource
  /** Of each output. */
  readonly shape: Shape
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** Results of a fragment: one per output, or the planes of the only one. */
  readonly targets: number
  /** What the step computes, for `show`. */
  readonly name: string
  /** Floating-point operations that the values take, for `profile`. */
  readonly flops: number
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

/** A tiled fold's result: a buffer with a plane for every k-th element. */
interface Planes {
  readonly tile: readonly number[]
  readonly buffer: number
}

/** A kernel call to be: the nodes of one shape that it computes, or the planes of one. */
interface Call {
  readonly roots: readonly Tensor[]
  readonly tiled?: { readonly tiling: Tiling; readonly planes: Planes }
  /** The root whose planes this call puts together. */
  readonly merges?: Tensor | undefined
  /** What computes all of the roots. */
  readonly kernel: Kernel
  /** How a weight is laid out anew for it. */
  readonly relayout?: Relayout | undefined
}

/** A call looks this far back for one that it can be part of: further, and its results would wait for their use. */
const nearby = 32

class Planner {
  readonly #calls: Call[] = []
  readonly #leaves: (readonly [number, Tensor])[] = []
  readonly #numbers = new Map<Tensor, number>()
  /** The number of the call that computes a node; -1 for a leaf. */
  readonly #made = new Map<Tensor, number>()
  readonly #planes = new Map<Tensor, Planes>()
  readonly #relaid = relaidOnce((x) => this.#stored.add(x))
  readonly #stored: Set<Tensor>
  #next = 0
  constructor(
    readonly target: Target,
    readonly decided: Decided
  ) {
    this.#stored = new Set(decided.stored)
  }

  run(outputs: readonly Tensor[]): Plan {
    const { stored, deferred } = this.decided
    for (const x of topological(outputs)) if (stored.has(x) && !deferred.has(x)) this.#emit(x)
    const first = this.#calls.length
    deferred.forEach((x) => this.#emit(x))
    this.#group(first)
    const results = outputs.map((x) => this.#numberOf(x))
    const steps = this.#steps(results)
    const read = new Set([...steps.flatMap((step) => step.inputs), ...results])
    return { steps, leaves: this.#leaves.filter(([buffer]) => read.has(buffer)), outputs: results }
  }

  /** Whether a node is read from its planes: by all, or (where it is stored too) by the call that merges them. */
  #inPlanes(x: Tensor, merges?: Tensor): boolean {
    return this.#planes.has(x) && (x === merges || !this.#stored.has(x))
  }

  #isBuffer(x: Tensor): boolean {
    return this.#stored.has(x) || this.#planes.has(x)
  }

  #lower(roots: readonly Tensor[], merges?: Tensor, wanted = roots): Kernel {
    const tile = (x: Tensor) => (this.#inPlanes(x, merges) ? this.#planes.get(x)!.tile : undefined)
    return lower(roots, (x) => this.#isBuffer(x), tile, wanted)
  }

  #numberOf(x: Tensor): number {
    const known = this.#numbers.get(x) ?? this.#next++
    this.#numbers.set(x, known)
    return known
  }

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
    else this.#place(x, folded && this.#tiled(folded) && folded === x ? x : undefined)
  }

  /** Emits a fold, with what follows from it, in planes; or says that it is not worth several results a fragment. */
  #tiled(x: Tensor): boolean {
    const { kernel, tiling } = this.#best(this.#lower([x]), this.target.targets)
    if (!tiling || targetsOf(tiling.tile) === 1 || kernel.inputs.length > this.target.inputs) return false
    if (!holdsPlanes(kernel.shape, tiling.tile, this.target.textureSize)) return false
    kernel.inputs.forEach((input) => this.#emit(input))
    const planes = { tile: tiling.tile, buffer: this.#next++ }
    this.#planes.set(x, planes)
    this.#made.set(x, this.#calls.push({ roots: [x], kernel, tiled: { tiling, planes } }) - 1)
    return true
  }

  /** Of the calls from one on, lets those that do the same with other buffers be one, as many as fit. */
  #group(first: number): void {
    const alike = new Map<string, Call[]>()
    this.#calls.splice(first).forEach((call) => {
      const isFree =
        !call.tiled &&
        !call.merges &&
        !foldsOf(call.kernel) &&
        call.kernel.inputs.every((y) => this.#made.get(y)! < first)
      const key = isFree ? kernelKey(call.kernel) : `alone ${alike.size}`
      const before = alike.get(key) ?? []
      alike.set(key, before)
      const latest = before.at(-1)
      const both = latest && this.#both(latest, call)
      if (both) before[before.length - 1] = both
      else before.push(call)
    })
    for (const calls of alike.values()) this.#calls.push(...calls)
  }

  #both(a: Call, b: Call): Call | undefined {
    const roots = [...a.roots, ...b.roots]
    if (roots.length > this.target.targets) return undefined
    const kernel = this.#lower(roots)
    return kernel.inputs.length <= this.target.inputs ? { roots, kernel } : undefined
  }

  /** Computes a node together with others, where a call nearby has what it takes, else in a call of its own. */
  #place(x: Tensor, merges?: Tensor): void {
    const alone = this.#lower([x], merges)
    const company = merges ? undefined : this.#company(x, alone)
    if (company) {
      const [at, call] = company
      this.#calls[at] = call
      this.#made.set(x, at)
      return
    }
    const { kernel, relayout } = this.#best(alone, 1)
    kernel.inputs.forEach((input) => this.#emit(input))
    this.#made.set(x, this.#calls.push({ roots: [x], kernel: alone, relayout, merges }) - 1)
  }

  /**
   * The latest call that computes something of this shape from some of the same, before which all inputs are there,
   * and what becomes of it.
   */
  #company(x: Tensor, alone: Kernel): readonly [at: number, call: Call] | undefined {
    if (alone.inputs.some((y) => !this.#made.has(y))) return undefined
    const ready = ({ inputs }: Kernel, at: number): boolean =>
      inputs.every((y) => this.#made.get(y)! < at || this.#calls[at]!.roots.includes(y))
    for (let at = this.#calls.length - 1; at >= Math.max(0, this.#calls.length - nearby) && ready(alone, at); at--) {
      const call = this.#joined(x, alone, this.#calls[at]!)
      if (call && ready(call.relayout?.(call.kernel, this.#relaid) ?? call.kernel, at)) return [at, call]
    }
    return undefined
  }

  #joined(x: Tensor, alone: Kernel, call: Call): Call | undefined {
    const { roots, tiled, merges, relayout, kernel: before } = call
    if (tiled || roots.length >= this.target.targets || !sameShape(roots[0]!.shape, x.shape)) return undefined
    const folds = [foldsOf(before), foldsOf(alone)] as const
    if (folds[1] && !(folds[0] && loopAlike(folds[0], folds[1]))) return undefined
    if (folds[1] && this.#best(alone, 1).relayout !== relayout) return undefined
    const together = [...roots, x]
    const kernel = this.#lower(together, merges)
    const { inputs } = kernel
    const shares = inputs.length < before.inputs.length + alone.inputs.length
    // a fold's kernel takes in what follows from it alone: with more it would be a program of its own for each use
    if (folds[0] && !folds[1] && inputs.length > before.inputs.length) return undefined
    if (folds[1] && !areTogether(foldsOf(kernel)!)) return undefined
    const joins =
      shares && !inputs.some((y) => roots.includes(y) && y !== merges) && inputs.length <= this.target.inputs
    return joins ? { ...call, roots: together, kernel } : undefined
  }

  /** The kernel as it is or with a weight laid out anew, whichever is expected to run faster. */
  #best(
    kernel: Kernel,
    targets: number
  ): { readonly kernel: Kernel; readonly tiling?: Tiling; readonly relayout?: Relayout } {
    const folds = foldsOf(kernel)
    if (!folds) return { kernel }
    const plain = { kernel, tiling: tileOf(kernel, folds, targets, this.target.costs) }
    const others = [oneInFront, pairsInFront].flatMap((relayout) => {
      const moved = relayout(kernel, this.#relaid)
      if (moved === kernel) return []
      return [{ kernel: moved, tiling: tileOf(moved, foldsOf(moved)!, targets, this.target.costs), relayout }]
    })
    return [plain, ...others].reduce((best, next) => (next.tiling.ms < best.tiling.ms ? next : best))
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

  /** The calls that the results need, in order, each with the buffers that nobody reads after it. */
  #steps(results: readonly number[]): readonly Step[] {
    const needed = new Set(results)
    return [...this.#calls]
      .reverse()
      .flatMap((call): readonly Step[] => {
        const step = this.#step(call, needed)
        if (!step) return []
        const free = [...new Set(step.inputs)].filter((buffer) => !needed.has(buffer))
        free.forEach((buffer) => needed.add(buffer))
        return [{ ...step, free }]
      })
      .reverse()
  }

  #step(
    { roots, kernel: all, tiled, merges, relayout }: Call,
    needed: ReadonlySet<number>
  ): Omit<Step, 'free'> | undefined {
    const bufferOf = (x: Tensor): number =>
      this.#inPlanes(x, merges) ? this.#planes.get(x)!.buffer : this.#numberOf(x)
    if (tiled) {
      const { tiling, planes } = tiled
      if (!needed.has(planes.buffer)) return undefined
      return {
        source: once(() => this.target.source(all, tiling)),
        shape: planeShape(all.shape, tiling.tile),
        inputs: all.inputs.map(bufferOf),
        outputs: [planes.buffer],
        targets: targetsOf(tiling.tile),
        flops: flopsOf(all),
        name: `${nameOf(roots[0]!)} tiled`
      }
    }
    const wanted = roots.filter((x) => needed.has(this.#numberOf(x)))
    if (wanted.length === 0) return undefined
    const lowered = wanted.length === roots.length ? all : this.#lower(roots, merges, wanted)
    const kernel = relayout ? relayout(lowered, this.#relaid) : lowered
    return {
      source: once(() => this.target.source(kernel)),
      shape: kernel.shape,
      inputs: kernel.inputs.map(bufferOf),
      outputs: wanted.map((x) => this.#numberOf(x)),
      targets: wanted.length,
      flops: flopsOf(kernel),
      name: `${wanted.map(nameOf).join(' + ')}${kernel.tiles ? ' of planes' : ''}`
    }
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

/** Rows that show what they are made from: of themselves they say little. */
const thin: ReadonlySet<unknown> = new Set([reshape.row, permute.row, store.row])

/** The rows that a kernel was made for, outermost first. */
const nameOf = ({ row, inputs: [at] }: Tensor): string =>
  thin.has(row) && at && at.row.kernel.kind !== 'buffer' ? `${row.name} ${nameOf(at)}` : row.name
