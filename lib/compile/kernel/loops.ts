import { constant, freshVar, scale, shift, variable, type Affine, type Var } from '../../core/affine.ts'
import type { ReductionLoop } from './ir.ts'
import { lengthOf } from './lanes.ts'
import type { Tiling } from './tiling.ts'

/** A loop around the terms of a reduction. */
export interface Counter {
  readonly v: Var
  readonly name: string
  readonly trips: number
}

/** The loops of a tiling, and the steps that it unrolls. */
export interface Loops {
  /** From the outermost, which has the fewest trips, to the innermost. */
  readonly counters: readonly Counter[]
  /** For a loop's variable, that of the extra loop of one turn beside it. */
  readonly twins: ReadonlyMap<Var, Var>
  /** The indices of the reduction's variables at each unrolled step. */
  readonly steps: readonly ReadonlyMap<Var, Affine>[]
}

/** The loops of reductions under a tiling. */
export const loopsOf = ({ vars }: ReductionLoop, { unroll, lanes, heavy }: Tiling, fresh: () => string): Loops => {
  const counted = (trips: number, extent = trips): Counter => ({ v: freshVar(extent), name: fresh(), trips })
  const tripsOf = (v: Var): number => Math.ceil(lengthOf(v, lanes) / unroll.get(v)!)
  const looped = vars.filter((v) => tripsOf(v) > 1).sort((a, b) => tripsOf(a) - tripsOf(b))
  // a single loop gets a second one, so that sums over one axis and over two share a program
  const twin = looped.length === 1 && !heavy ? [counted(1, 2)] : []
  const own = new Map(looped.map((v) => [v, counted(tripsOf(v))]))
  const counters = [...twin, ...own.values()]
  const steps = vars.reduce<readonly ReadonlyMap<Var, Affine>[]>(
    (all, v) => {
      const k = unroll.get(v)!
      const block = own.get(v)
      const at = block ? scale(variable(block.v), k) : constant(0)
      const offsets = Array.from({ length: k }, (_, j) => shift(at, j))
      return all.flatMap((step) => offsets.map((place) => new Map([...step, [v, place]])))
    },
    [new Map()]
  )
  return { counters, twins: new Map(twin.map(({ v }) => [counters[1]!.v, v])), steps }
}
