import { coefficient, type Affine, type Var } from '../core/affine.ts'
import { sizeOf, type Shape } from '../core/shape.ts'
import { dependsOn, loadsOf, type Expr, type Fold, type Kernel } from './expr.ts'

/** How a fold runs: which variable lies in the four lanes, and how far each variable is unrolled. */
export interface Tiling {
  /** A fold variable that lies in the lanes ("dot mode"), else the output's leading axis does. */
  readonly lanes: Var | undefined
  /** Steps of one loop body, per fold variable (in blocks of four for the one in the lanes). */
  readonly unroll: ReadonlyMap<Var, number>
}

/** Beyond about a hundred terms a body compiles slowly and runs no faster. */
const mostTerms = 100

const leading = (load: Expr): Affine | undefined => (load.kind === 'load' ? load.index[0] : undefined)

/** A load leads with v where consecutive values of v are consecutive lanes. */
const leadsWith = (load: Expr, v: Var): boolean => {
  const first = leading(load)
  return first !== undefined && coefficient(first, v) === 1 && aligned(first, v) && !elsewhere(load, v)
}
const aligned = (a: Affine, v: Var): boolean => a.c % 4 === 0 && a.terms.every(([w, k]) => w === v || k % 4 === 0)
const elsewhere = (load: Expr, v: Var): boolean =>
  load.kind === 'load' && load.index.some((i, axis) => (axis > 0 ? dependsOn(i, v) : dependsOnDefined(i, v)))
const dependsOnDefined = (a: Affine, v: Var): boolean =>
  a.terms.some(([w]) => w !== v && w.def && dependsOn(w.def.of, v))
const uses = (load: Expr, v: Var): boolean =>
  load.kind === 'load' ? load.index.some((i) => dependsOn(i, v)) : load.kind === 'gather'

/** The fold variable that leads every load it occurs in, where the output's own leading axis leads none. */
const laneVariable = (kernel: Kernel, fold: Fold): Var | undefined => {
  const loads = [...loadsOf(fold.body)]
  const own = kernel.out[0]
  if (own && own.extent > 1 && loads.some((load) => leadsWith(load, own))) return undefined
  return fold.vars.find(
    (v) =>
      v.extent >= 4 && loads.some((load) => leadsWith(load, v)) && loads.every((x) => !uses(x, v) || leadsWith(x, v))
  )
}

/** The largest divisor of n that is at most `most`, or n where n is that small. */
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

const preferred = (v: Var, trips: number, budget: number, picks: boolean): number => {
  // a maximum has no neutral element to fill up with, so `picks` is never asked for it
  if (trips <= Math.min(4, budget)) return trips
  if (!picks) return trips <= Math.min(budget, 16) ? trips : divisor(trips, Math.min(8, budget))
  if (trips <= budget && trips <= 12) return trips
  const four = Math.floor(Math.min(budget, 16) / 4) * 4
  for (let k = four; k >= 4; k -= 4) if (trips % k === 0) return k
  return Math.min(4, budget, v.extent)
}

/** Small variables are unrolled whole, then those that pick channels, until the body has enough terms. */
export const tile = (kernel: Kernel, fold: Fold): Tiling => {
  const lanes = laneVariable(kernel, fold)
  const loads = [...loadsOf(fold.body)]
  const unroll = new Map<Var, number>()
  const tripsOf = (v: Var): number => (v === lanes ? Math.ceil(v.extent / 4) : v.extent)
  const picking = (v: Var): boolean => fold.op === 'sum' && v !== lanes && picksChannel(loads, v)
  let budget = lanes ? mostTerms / 4 : mostTerms
  const order = [...fold.vars].sort(
    (a, b) =>
      Number(tripsOf(a) > 4) - Number(tripsOf(b) > 4) ||
      Number(picking(b)) - Number(picking(a)) ||
      tripsOf(a) - tripsOf(b)
  )
  for (const v of order) {
    const k = v === lanes ? 1 : preferred(v, tripsOf(v), budget, picking(v))
    unroll.set(v, k)
    budget = Math.max(1, Math.floor(budget / k))
  }
  return { lanes, unroll }
}

/** Fragments that an output of this shape takes. */
export const fragments = (shape: Shape): number =>
  shape.length === 0 ? 1 : Math.ceil(shape[0]! / 4) * sizeOf(shape.slice(1))
