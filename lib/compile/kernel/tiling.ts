import { coefficient, type Var } from '../../core/affine.ts'
import { Recent } from '../../base/recent.ts'
import { sizeOf } from '../../core/shape.ts'
import { CostModel } from './cost-model.ts'
import type { Costs } from './costs.ts'
import {
  lightBodyMaxTerms,
  longBodyMaxTerms,
  longBodyMinTerms,
  mostTilings,
  tileMaxSide,
  tiledBodyMaxTerms,
  tiledContractionMinTerms,
  tiledMinTerms,
  unrolledMaxSteps,
  unrolledPickingMaxBlock,
  unrolledPickingMaxSteps,
  untiledBodyMaxTerms
} from './heuristics.ts'
import { dependsOn, loadsOf, type Expr, type ReductionLoop, type Kernel } from './ir.ts'
import { kernelKey } from './key.ts'
import { laneVariable, leading, lengthOf } from './lanes.ts'
import { fragments } from './slices.ts'

/** How a reduction runs: what lies in the lanes, how variables are unrolled, how many results a fragment computes. */
export interface Tiling {
  /** The reduction variable in the lanes ("dot mode"); if undefined, the output's leading axis lies there. */
  readonly lanes: Var | undefined
  /** Unrolled steps of each reduction variable (in blocks of four for the one in the lanes). */
  readonly unroll: ReadonlyMap<Var, number>
  /** Results per fragment along each output axis (the leading one counts texels); their product is the targets. */
  readonly tile: readonly number[]
  /** What the cost model expects, in milliseconds. */
  readonly ms: number
  /** Whether the work is worth a program of its own, in which the compiler knows all numbers. */
  readonly heavy: boolean
}

// ---- unrolling ----------------------------------------------------------------------------------------------------

/** The largest divisor of n that is at most `most`. */
const divisor = (n: number, most: number): number => {
  for (let k = Math.min(n, most); k > 1; k--) if (n % k === 0) return k
  return 1
}

/** Whether v selects the channel of a load that all lanes share: unrolling by four makes the choice static. */
const picksChannel = (loads: readonly Expr[], v: Var): boolean =>
  loads.some((load) => {
    const first = leading(load)
    return first !== undefined && coefficient(first, v) % 4 !== 0
  })

const preferred = (trips: number, budget: number, picks: boolean): number => {
  if (trips <= Math.min(4, budget)) return trips
  if (!picks)
    return trips <= Math.min(budget, unrolledMaxSteps) ? trips : divisor(trips, Math.min(unrolledMaxSteps, budget))
  if (trips <= budget && trips <= unrolledPickingMaxSteps) return trips
  for (let k = Math.floor(Math.min(budget, unrolledPickingMaxBlock) / 4) * 4; k >= 4; k -= 4)
    if (trips % k === 0) return k
  return Math.min(4, budget, trips)
}

/** Unrolls short loops completely, then variables that select channels, until the body has `terms` terms. */
const unrolled = (loop: ReductionLoop, lanes: Var | undefined, terms: number): ReadonlyMap<Var, number> => {
  const loads = [...loadsOf(loop.bodies)]
  const tripsOf = (v: Var): number => lengthOf(v, lanes)
  // only sums can fill an incomplete step (with 0), so others are never unrolled past the end
  const picking = (v: Var): boolean => loop.op.adds && v !== lanes && picksChannel(loads, v)
  const order = [...loop.vars].sort(
    (a, b) =>
      Number(tripsOf(a) > 4) - Number(tripsOf(b) > 4) ||
      Number(picking(b)) - Number(picking(a)) ||
      tripsOf(a) - tripsOf(b)
  )
  const unroll = new Map<Var, number>()
  let budget = terms
  for (const v of order) {
    const k = v === lanes ? 1 : preferred(tripsOf(v), budget, picking(v))
    unroll.set(v, k)
    budget = Math.max(1, Math.floor(budget / k))
  }
  return unroll
}

// ---- choosing -----------------------------------------------------------------------------------------------------

const sides = Array.from({ length: tileMaxSide }, (_, i) => i + 1)

/** All tiles: a factor per axis that divides it, with a product of at most `targets`. */
const tiles = (extents: readonly number[], targets: number): readonly (readonly number[])[] =>
  extents.reduce<readonly (readonly number[])[]>(
    (all, d) =>
      all.flatMap((factors) =>
        sides.flatMap((k) => (d % k === 0 && sizeOf(factors) * k <= targets ? [[...factors, k]] : []))
      ),
    [[]]
  )

interface CachedTiling extends Pick<Tiling, 'tile' | 'ms' | 'heavy'> {
  readonly unroll: readonly number[]
}
const known = new WeakMap<Costs, Recent<CachedTiling>>()
/** The tiling that the cost model finds cheapest. */
export const tileOf = (kernel: Kernel, loop: ReductionLoop, targets: number, costs: Costs): Tiling => {
  const lanes = laneVariable(kernel, loop)
  const key = `${targets} ${kernelKey(kernel)}`
  const before = known.get(costs) ?? new Recent<CachedTiling>(mostTilings)
  known.set(costs, before)
  const found = before.of(key, () => cheapest(candidates(kernel, loop, lanes, targets, costs)))
  return tilingOf(loop, lanes, found)
}

/** All candidate tilings, each with its expected time. */
export const tilingsOf = (kernel: Kernel, loop: ReductionLoop, targets: number, costs: Costs): readonly Tiling[] => {
  const lanes = laneVariable(kernel, loop)
  return candidates(kernel, loop, lanes, targets, costs).map((found) => tilingOf(loop, lanes, found))
}

const tilingOf = (loop: ReductionLoop, lanes: Var | undefined, { tile, ms, heavy, unroll }: CachedTiling): Tiling => ({
  lanes,
  tile,
  ms,
  heavy,
  unroll: new Map(loop.vars.map((v, i) => [v, unroll[i]!]))
})

const cheapest = (all: readonly CachedTiling[]): CachedTiling =>
  all.reduce((best, next) => (next.ms < best.ms ? next : best))

const candidates = (
  kernel: Kernel,
  loop: ReductionLoop,
  lanes: Var | undefined,
  targets: number,
  costs: Costs
): readonly CachedTiling[] => {
  const extents = kernel.shape.map((d, axis) => (axis > 0 ? d : lanes ? 1 : Math.ceil(d / 4)))
  const model = new CostModel(kernel, loop, lanes, costs)
  const perLane = lanes ? Math.min(4, kernel.shape[0] ?? 1) : 1
  const work = workOf(kernel, loop)
  const least = isContraction(kernel, loop) ? tiledContractionMinTerms : tiledMinTerms
  const heavy = loop.op.adds && work > least
  const tiled = work > longBodyMinTerms ? longBodyMaxTerms : tiledBodyMaxTerms
  const short = loop.vars.some((v) => v !== lanes && picksChannel([...loadsOf(loop.bodies)], v)) ? lightBodyMaxTerms : 1
  return tiles(extents, heavy ? targets : 1).map((tile): CachedTiling => {
    const most = sizeOf(tile) > 1 ? tiled : heavy ? untiledBodyMaxTerms : short * perLane
    const unroll = unrolled(loop, lanes, Math.max(1, Math.floor(most / sizeOf(tile) / perLane)))
    return { tile, heavy, unroll: loop.vars.map((v) => unroll.get(v)!), ms: model.ms(tile, unroll) }
  })
}

/** Whether each load serves several results, as those of a convolution and a matrix product do. */
const isContraction = ({ out }: Kernel, { bodies }: ReductionLoop): boolean =>
  [...loadsOf(bodies)].every(
    (load) => load.kind === 'load' && out.some((v) => v.extent > 1 && !load.index.some((i) => dependsOn(i, v)))
  )

/** How many terms a reduction has in all, counting four lanes as one. */
const workOf = (kernel: Kernel, loop: ReductionLoop): number =>
  fragments(kernel.shape) * sizeOf(loop.vars.map((v) => v.extent))
