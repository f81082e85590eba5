import { freshVar, keyOf, scale, shift, substitute, variable, type Affine, type Var } from '../../core/affine.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Costs } from './costs.ts'
import { modelTextureSize } from './heuristics.ts'
import { dependsOn, loadsOf, type Expr, type ReductionLoop, type Kernel } from './ir.ts'
import { leadsWith, lengthOf } from './lanes.ts'
import { busiestCoreFragments } from './layout.ts'
import { fragments, sliceLayout } from './slices.ts'

/** An index of a load, and the variables that take several values in a fragment under a tiling. */
interface Index {
  readonly at: Affine
  readonly vars: readonly Var[]
  readonly counts: Map<string, number>
}

interface Traffic {
  readonly indices: readonly Index[]
  /** One fetch gives numbers for all lanes; else each lane has its own. */
  readonly wide: boolean
  readonly scattered: boolean
  readonly usesOwn: boolean
}

/** What a kernel does under a tiling. The costs of a device turn these counts into time. */
export interface Counts {
  readonly fetches: number
  readonly madds: number
  readonly loops: number
  readonly targets: number
  readonly fragments: number
  readonly merged: number
}

/** Estimates what a reduction loop costs under a tiling. */
export class CostModel {
  readonly #kernel: Kernel
  readonly #loop: ReductionLoop
  readonly #lanes: Var | undefined
  readonly #loads: readonly Traffic[]

  constructor(
    kernel: Kernel,
    loop: ReductionLoop,
    lanes: Var | undefined,
    readonly costs: Costs
  ) {
    this.#kernel = kernel
    this.#loop = loop
    this.#lanes = lanes
    this.#loads = [...loadsOf(loop.bodies)].map((load) => this.#traffic(load))
  }

  #traffic(load: Expr): Traffic {
    const own = this.#kernel.out[0]
    const inLanes = this.#lanes ?? own
    const spread = [...this.#kernel.out.slice(1), ...this.#loop.vars].filter((v) => v !== this.#lanes && v.extent > 1)
    const index = load.kind === 'load' ? load.index : []
    const uses = (v: Var | undefined): boolean => v !== undefined && index.some((i) => dependsOn(i, v))
    return {
      indices: index.map((at) => ({ at, vars: spread.filter((v) => dependsOn(at, v)), counts: new Map() })),
      wide: uses(inLanes),
      scattered: uses(inLanes) && !leadsWith(load, inLanes!),
      usesOwn: uses(own)
    }
  }

  /** Milliseconds with a tile of the output axes and an unrolling of the reduction's variables. */
  ms(tile: readonly number[], unroll: ReadonlyMap<Var, number>): number {
    const { costs } = this
    const counts = this.counts(tile, unroll)
    const merge = counts.merged > 0 ? (counts.merged * (costs.fetch + costs.write)) / costs.cores : 0
    const calls = counts.merged > 0 ? 2 : 1
    const own = counts.fetches * costs.fetch + counts.madds * costs.madd + counts.loops * costs.loop
    return calls * costs.call + (own + counts.targets * costs.write) * counts.fragments + merge
  }

  /** What a fragment does, how many fragments the busiest core draws, and how many texels are merged afterwards. */
  counts(tile: readonly number[], unroll: ReadonlyMap<Var, number>): Counts {
    const { shape, out } = this.#kernel
    const factor = (v: Var): number => unroll.get(v) ?? tile[out.indexOf(v)] ?? 1
    const trips = this.#loop.vars.map((v) => Math.ceil(lengthOf(v, this.#lanes) / factor(v)))
    const targets = sizeOf(tile)
    const terms = sizeOf([...unroll.values()]) * targets * this.#perLane() * this.#loop.bodies.length
    const fetches = this.#loads.reduce((sum, load) => sum + this.#fetches(load, factor, tile[0] ?? 1), 0)
    return {
      fetches: sizeOf(trips) * fetches,
      madds: sizeOf(trips) * terms,
      loops: sizeOf(trips) / Math.max(1, ...trips),
      targets,
      fragments: busiestCoreFragments(sliceLayout(shape, tile, modelTextureSize), this.costs.cores, this.costs.block),
      merged: targets > 1 ? fragments(shape) : 0
    }
  }

  /** Terms per step in one fragment: with a reduction variable in the lanes, each lane of the output has its own. */
  #perLane(): number {
    return this.#lanes ? Math.min(4, this.#kernel.shape[0] ?? 1) : 1
  }

  #fetches(load: Traffic, factor: (v: Var) => number, lead: number): number {
    const [first, ...rest] = load.indices
    const leads = first ? distinct(first, factor) : 1
    const texels = load.wide || (first && picks(first, factor)) ? leads : Math.ceil(leads / 4)
    const own = load.usesOwn ? lead * this.#perLane() : 1
    return rest.reduce((n, index) => n * distinct(index, factor), texels) * (load.scattered ? 4 : 1) * own
  }
}

/** Whether the channel of a load changes from step to step, so that each element is fetched by itself. */
const picks = ({ at }: Index, factor: (v: Var) => number): boolean =>
  at.terms.some(([v, k]) => (k * (v.def?.kind === 'mod' ? stepOf(v.def, factor) : factor(v))) % 4 !== 0)

/** The step of a remainder modulo 4: 4 if unrolling makes it the same at each step. */
const stepOf = ({ of, by }: NonNullable<Var['def']>, factor: (v: Var) => number): number =>
  of.terms.every(([v, k]) => (k * factor(v)) % by === 0) ? 4 : 1

/** How many distinct values an index has in one step of a fragment. */
const distinct = ({ at, vars, counts }: Index, factor: (v: Var) => number): number => {
  const spread = vars.filter((v) => factor(v) > 1)
  const key = spread.map((v) => `${v.id}:${factor(v)}`).join()
  const known = counts.get(key) ?? count(at, spread, factor)
  counts.set(key, known)
  return known
}

const count = (at: Affine, vars: readonly Var[], factor: (v: Var) => number): number => {
  const values = vars.reduce<readonly Affine[]>(
    (all, v) => {
      const block = freshVar(Math.ceil(v.extent / factor(v)))
      const places = Array.from({ length: factor(v) }, (_, j) => shift(scale(variable(block), factor(v)), j))
      return all.flatMap((a) => places.map((place) => substitute(a, (w) => (w === v ? place : undefined))))
    },
    [at]
  )
  return new Set(values.map(keyOf)).size
}
