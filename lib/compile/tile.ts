import { coefficient, freshVar, keyOf, scale, shift, substitute, variable, type Affine, type Var } from '../core/affine.ts'
import { sizeOf, type Shape } from '../core/shape.ts'
import { dependsOn, loadsOf, type Expr, type Fold, type Kernel } from './expr.ts'
import { layoutOf } from './layout.ts'

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
}

/** Fragments that an output of this shape takes. */
export const fragments = (shape: Shape): number =>
  shape.length === 0 ? 1 : Math.ceil(shape[0]! / 4) * sizeOf(shape.slice(1))

export const targetsOf = (tile: readonly number[]): number => sizeOf(tile)

/** The shape of one of the textures that a tiled kernel writes: each holds every k-th element. */
export const planeShape = (shape: Shape, tile: readonly number[]): Shape =>
  shape.map((d, axis) => {
    const k = tile[axis] ?? 1
    return k === 1 ? d : axis === 0 ? (Math.ceil(d / 4) / k) * 4 : d / k
  })

/** More terms than this compile slowly and run no faster. */
const mostTerms = 320
/** Without tiles every term is a fetch of its own; a shorter body serves. */
const mostUntiled = 100

// ---- lanes --------------------------------------------------------------------------------------------------------

const leading = (load: Expr): Affine | undefined => (load.kind === 'load' ? load.index[0] : undefined)

/** A load leads with v where consecutive values of v are consecutive lanes. */
const leadsWith = (load: Expr, v: Var): boolean => {
  const first = leading(load)
  return first !== undefined && coefficient(first, v) === 1 && aligned(first, v) && !elsewhere(load, v)
}
const aligned = (a: Affine, v: Var): boolean => a.c % 4 === 0 && a.terms.every(([w, k]) => w === v || k % 4 === 0)
const elsewhere = (load: Expr, v: Var): boolean =>
  load.kind === 'load' && load.index.some((i, axis) => (axis > 0 ? dependsOn(i, v) : dependsOnDefined(i, v)))
const dependsOnDefined = (a: Affine, v: Var): boolean => a.terms.some(([w]) => w !== v && w.def && dependsOn(w.def.of, v))
const uses = (load: Expr, v: Var): boolean =>
  load.kind === 'load' ? load.index.some((i) => dependsOn(i, v)) : load.kind === 'gather'

/** The fold variable that leads every load it occurs in, where the output's own leading axis leads none. */
const laneVariable = (kernel: Kernel, fold: Fold): Var | undefined => {
  const loads = [...loadsOf(fold.body)]
  const own = kernel.out[0]
  if (own && own.extent > 1 && loads.some((load) => leadsWith(load, own))) return undefined
  return fold.vars.find(
    (v) => v.extent >= 4 && loads.some((load) => leadsWith(load, v)) && loads.every((x) => !uses(x, v) || leadsWith(x, v))
  )
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
  if (!picks) return trips <= Math.min(budget, 14) ? trips : divisor(trips, Math.min(14, budget))
  if (trips <= budget && trips <= 12) return trips
  for (let k = Math.floor(Math.min(budget, 16) / 4) * 4; k >= 4; k -= 4) if (trips % k === 0) return k
  return Math.min(4, budget, trips)
}

/** Small variables are unrolled whole, then those that pick channels, until the body has enough terms. */
const unrolled = (fold: Fold, lanes: Var | undefined, terms: number): ReadonlyMap<Var, number> => {
  const loads = [...loadsOf(fold.body)]
  const tripsOf = (v: Var): number => (v === lanes ? Math.ceil(v.extent / 4) : v.extent)
  // a maximum has no neutral element to fill an incomplete step with, so it is never unrolled past the end
  const picking = (v: Var): boolean => fold.op === 'sum' && v !== lanes && picksChannel(loads, v)
  const order = [...fold.vars].sort(
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

// ---- the cost model -----------------------------------------------------------------------------------------------

/** Milliseconds of one core: a fetch, a multiply-add of four numbers, a loop's start, a texel written; and of a call. */
const cost = { fetch: 1.27e-6, madd: 0.26e-6, loop: 1e-4, write: 2.2e-6, call: 0.05 }
const cores = 2

/** Distinct values of an index over the offsets of tile and unrolled steps. */
const distinct = (a: Affine, offsets: ReadonlyMap<Var, readonly Affine[]>): number => {
  const own = [...offsets].filter(([v]) => dependsOn(a, v))
  let all: readonly Affine[] = [a]
  for (const [v, places] of own)
    all = all.flatMap((b) => places.map((at) => substitute(b, (w) => (w === v ? at : undefined))))
  return new Set(all.map(keyOf)).size
}

const blocksOf = (v: Var, lanes: Var | undefined): number => (v === lanes ? Math.ceil(v.extent / 4) : v.extent)

const estimate = (kernel: Kernel, fold: Fold, tiling: Omit<Tiling, 'ms'>): number => {
  const { lanes, unroll, tile } = tiling
  const own = kernel.out[0]
  const inLanes = lanes ?? own
  const targets = sizeOf(tile)
  const offsets = new Map<Var, readonly Affine[]>()
  kernel.out.forEach((v, axis) => {
    if (v.extent > 1 && tile[axis]! > 1 && v !== own) offsets.set(v, spreadOf(v, tile[axis]!))
  })
  for (const v of fold.vars) if (v !== lanes && unroll.get(v)! > 1) offsets.set(v, spreadOf(v, unroll.get(v)!))
  const steps = sizeOf(fold.vars.map((v) => unroll.get(v)!))
  const trips = sizeOf(fold.vars.map((v) => Math.ceil(blocksOf(v, lanes) / unroll.get(v)!)))
  const perLane = lanes ? Math.min(4, own?.extent ?? 1) : 1
  let fetches = 0
  for (const load of loadsOf(fold.body)) {
    const index = load.kind === 'load' ? load.index : []
    const wide = inLanes !== undefined && index.some((i) => dependsOn(i, inLanes))
    const scattered = wide && !leadsWith(load, inLanes) ? 4 : 1
    const rest = index.slice(1).reduce((n, i) => n * distinct(i, offsets), 1)
    const first = index[0] ? distinct(index[0], offsets) : 1
    const texels = wide || dynamic(index[0], offsets) ? first : Math.ceil(first / 4)
    const lead = own && tile[0]! > 1 && index.some((i) => dependsOn(i, own)) ? tile[0]! : 1
    const ownLanes = lanes && own && index.some((i) => dependsOn(i, own)) ? perLane : 1
    fetches += rest * texels * scattered * lead * ownLanes
  }
  const terms = steps * targets * perLane
  const inner = Math.max(1, ...fold.vars.map((v) => Math.ceil(blocksOf(v, lanes) / unroll.get(v)!)))
  const plane = planeShape(kernel.shape, tile)
  const perFragment = trips * (fetches * cost.fetch + terms * cost.madd) + (trips / inner) * cost.loop + targets * cost.write
  const merge = targets > 1 ? (fragments(kernel.shape) * (targets * cost.fetch + cost.write)) / cores + cost.call : 0
  return cost.call + perFragment * busiest(plane) + merge
}

/** A channel that depends on an output axis whose tile does not make it static has a texel to itself. */
const dynamic = (first: Affine | undefined, offsets: ReadonlyMap<Var, readonly Affine[]>): boolean =>
  first !== undefined && first.terms.some(([v, k]) => k % 4 !== 0 && (k * (offsets.get(v)?.length ?? 1)) % 4 !== 0)

const spreadOf = (v: Var, k: number): readonly Affine[] => {
  const block = freshVar(Math.ceil(v.extent / k))
  return Array.from({ length: k }, (_, j) => shift(scale(variable(block), k), j))
}

/** A software rasteriser deals blocks of 64×64 fragments to its cores. */
const busiest = (plane: Shape): number => {
  const { width, height } = layoutOf(plane, 8192)
  const blocks = Math.ceil(width / 64) * Math.ceil(height / 64)
  return (width * height * Math.ceil(blocks / cores)) / blocks
}

// ---- choosing -----------------------------------------------------------------------------------------------------

/** All ways to give the axes factors that divide them, with a product of at most `targets`. */
const tiles = (extents: readonly number[], targets: number): readonly (readonly number[])[] =>
  extents.reduce<readonly (readonly number[])[]>(
    (all, d) =>
      all.flatMap((sofar) =>
        [1, 2, 3, 4, 5, 6, 7, 8].flatMap((k) => (d % k === 0 && sizeOf(sofar) * k <= targets ? [[...sofar, k]] : []))
      ),
    [[]]
  )

const known = new Map<string, { readonly unroll: readonly number[]; readonly tile: readonly number[]; readonly ms: number }>()

/** Kernels that differ only in their variables' numbers have one tiling. */
const keyOfKernel = (kernel: Kernel, fold: Fold, targets: number): string => {
  const names = new Map<Var, Var>()
  const named = (v: Var): Var => {
    const found = names.get(v) ?? { id: names.size, extent: v.extent }
    names.set(v, found)
    return found
  }
  const text = (a: Affine): string =>
    `${a.c}${a.terms.map(([v, k]) => `+${k}*${v.def ? `${v.def.kind}(${text(v.def.of)},${v.def.by})` : named(v).id}`).join('')}`
  kernel.out.forEach(named)
  fold.vars.forEach(named)
  const loads = [...loadsOf(fold.body)].map((x) => (x.kind === 'load' ? x.index.map(text).join() : x.kind))
  return `${targets} ${kernel.shape.join()} ${fold.op} ${fold.vars.map((v) => v.extent).join()} ${loads.join(';')}`
}

/** The tiling that the cost model finds cheapest. */
export const tileOf = (kernel: Kernel, fold: Fold, targets: number): Tiling => {
  const lanes = laneVariable(kernel, fold)
  const key = keyOfKernel(kernel, fold, targets)
  const found = known.get(key) ?? cheapest(kernel, fold, lanes, targets)
  known.set(key, found)
  return { lanes, tile: found.tile, ms: found.ms, unroll: new Map(fold.vars.map((v, i) => [v, found.unroll[i]!])) }
}

const cheapest = (kernel: Kernel, fold: Fold, lanes: Var | undefined, targets: number) => {
  const extents = kernel.shape.map((d, axis) => (axis > 0 ? d : lanes ? 1 : Math.ceil(d / 4)))
  let best = { ms: Infinity, unroll: [] as readonly number[], tile: [] as readonly number[] }
  for (const tile of tiles(extents, worthTiling(kernel, fold) ? targets : 1)) {
    const perLane = lanes ? Math.min(4, kernel.shape[0] ?? 1) : 1
    const most = sizeOf(tile) > 1 ? mostTerms : mostUntiled
    const unroll = unrolled(fold, lanes, Math.max(1, Math.floor(most / sizeOf(tile) / perLane)))
    const ms = estimate(kernel, fold, { lanes, unroll, tile })
    if (ms < best.ms) best = { ms, unroll: fold.vars.map((v) => unroll.get(v)!), tile }
  }
  return best
}

/** Below this many terms in all a second kernel to merge the planes costs more than it saves. */
const worthTiling = (kernel: Kernel, fold: Fold): boolean =>
  fold.op === 'sum' && fragments(kernel.shape) * sizeOf(fold.vars.map((v) => v.extent)) > 1e6
