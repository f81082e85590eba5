import { coefficient, type Var } from '../../core/affine.ts'
import { Recent } from '../../base/recent.ts'
import { reductions } from '../../core/reductions.ts'
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
import { dependsOn, loadsOf, type Expr, type Folds, type Kernel } from './ir.ts'
import { kernelKey } from './key.ts'
import { laneVariable, leading, lengthOf } from './lanes.ts'
import { fragments } from './planes.ts'

/** How a fold runs: what lies in the lanes, how far each variable is unrolled, how many results a fragment computes. */
export interface Tiling {
  /** A fold variable that lies in the lanes ("dot mode"), else the output's leading axis does. */
  readonly lanes: Var | undefined
  /** Steps of one loop body, per fold variable (in blocks of four for the one in the lanes). */
  readonly unroll: ReadonlyMap<Var, number>
  /** Results per fragment along each output axis (the leading one counts texels); their product is the targets. */
  readonly tile: readonly number[]
  /** What the cost model expects, in milliseconds. */
  readonly ms: number
  /** Whether the fold is so much work that it deserves a program of its own, with all numbers known to the compiler. */
  readonly heavy: boolean
}

// ---- unrolling ----------------------------------------------------------------------------------------------------

/** The largest divisor of n that is at most `most`. */
const divisor = (n: number, most: number): number => {
  for (let k = Math.min(n, most); k > 1; k--) if (n % k === 0) return k
  return 1
}

/** Whether a load that all lanes share picks its channel by v: unrolling by four makes the choice static. */
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

/** Small variables are unrolled whole, then those that pick channels, until the body has enough terms. */
const unrolled = (folds: Folds, lanes: Var | undefined, terms: number): ReadonlyMap<Var, number> => {
  const loads = [...loadsOf(folds.bodies)]
  const tripsOf = (v: Var): number => lengthOf(v, lanes)
  // a maximum has no neutral element to fill an incomplete step with, so it is never unrolled past the end
  const picking = (v: Var): boolean => reductions[folds.op].adds && v !== lanes && picksChannel(loads, v)
  const order = [...folds.vars].sort(
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

/** All ways to give the axes factors that divide them, with a product of at most `targets`. */
const tiles = (extents: readonly number[], targets: number): readonly (readonly number[])[] =>
  extents.reduce<readonly (readonly number[])[]>(
    (all, d) =>
      all.flatMap((sofar) =>
        sides.flatMap((k) => (d % k === 0 && sizeOf(sofar) * k <= targets ? [[...sofar, k]] : []))
      ),
    [[]]
  )

interface Known extends Pick<Tiling, 'tile' | 'ms' | 'heavy'> {
  readonly unroll: readonly number[]
}
const known = new WeakMap<Costs, Recent<Known>>()
/** The tiling that the cost model finds cheapest. */
export const tileOf = (kernel: Kernel, folds: Folds, targets: number, costs: Costs): Tiling => {
  const lanes = laneVariable(kernel, folds)
  const key = `${targets} ${kernelKey(kernel)}`
  const before = known.get(costs) ?? new Recent<Known>(mostTilings)
  known.set(costs, before)
  const found = before.of(key, () => cheapest(candidates(kernel, folds, lanes, targets, costs)))
  return tilingOf(folds, lanes, found)
}

/** All tilings that come into question, with what the cost model expects of each. */
export const tilingsOf = (kernel: Kernel, folds: Folds, targets: number, costs: Costs): readonly Tiling[] => {
  const lanes = laneVariable(kernel, folds)
  return candidates(kernel, folds, lanes, targets, costs).map((found) => tilingOf(folds, lanes, found))
}

const tilingOf = (folds: Folds, lanes: Var | undefined, { tile, ms, heavy, unroll }: Known): Tiling => ({
  lanes,
  tile,
  ms,
  heavy,
  unroll: new Map(folds.vars.map((v, i) => [v, unroll[i]!]))
})

const cheapest = (all: readonly Known[]): Known => all.reduce((best, next) => (next.ms < best.ms ? next : best))

const candidates = (
  kernel: Kernel,
  folds: Folds,
  lanes: Var | undefined,
  targets: number,
  costs: Costs
): readonly Known[] => {
  const extents = kernel.shape.map((d, axis) => (axis > 0 ? d : lanes ? 1 : Math.ceil(d / 4)))
  const model = new CostModel(kernel, folds, lanes, costs)
  const perLane = lanes ? Math.min(4, kernel.shape[0] ?? 1) : 1
  const work = workOf(kernel, folds)
  const least = isContraction(kernel, folds) ? tiledContractionMinTerms : tiledMinTerms
  const heavy = reductions[folds.op].adds && work > least
  const tiled = work > longBodyMinTerms ? longBodyMaxTerms : tiledBodyMaxTerms
  const short = folds.vars.some((v) => v !== lanes && picksChannel([...loadsOf(folds.bodies)], v))
    ? lightBodyMaxTerms
    : 1
  return tiles(extents, heavy ? targets : 1).map((tile): Known => {
    const most = sizeOf(tile) > 1 ? tiled : heavy ? untiledBodyMaxTerms : short * perLane
    const unroll = unrolled(folds, lanes, Math.max(1, Math.floor(most / sizeOf(tile) / perLane)))
    return { tile, heavy, unroll: folds.vars.map((v) => unroll.get(v)!), ms: model.ms(tile, unroll) }
  })
}

/** Whether each load serves several results, as those of a convolution and a matrix product do. */
const isContraction = ({ out }: Kernel, { bodies }: Folds): boolean =>
  [...loadsOf(bodies)].every(
    (load) => load.kind === 'load' && out.some((v) => v.extent > 1 && !load.index.some((i) => dependsOn(i, v)))
  )

/** How many terms a fold has in all, four at a time. */
const workOf = (kernel: Kernel, folds: Folds): number =>
  fragments(kernel.shape) * sizeOf(folds.vars.map((v) => v.extent))
