import { constant, freshVar, scale, shift, variable, type Affine, type Var } from '../../core/affine.ts'
import type { Folds } from './ir.ts'
import { lengthOf } from './lanes.ts'
import type { Tiling } from './tiling.ts'

/** A loop around a fold's terms. */
export interface Counter {
  readonly v: Var
  readonly name: string
  readonly trips: number
}

/** The loops that a tiling leaves, and what it unrolls in each. */
export interface Loops {
  /** From the outermost, which has the fewest trips, to the innermost. */
  readonly counters: readonly Counter[]
  /** The loop that stands beside another one of the same axis. */
  readonly twins: ReadonlyMap<Var, Var>
  /** Where the fold's variables are, at each of the unrolled steps. */
  readonly steps: readonly ReadonlyMap<Var, Affine>[]
}

/** The loops of folds, under names of their own. */
export const loopsOf = ({ vars }: Folds, { unroll, lanes, heavy }: Tiling, fresh: () => string): Loops => {
  const counted = (trips: number, extent = trips): Counter => ({ v: freshVar(extent), name: fresh(), trips })
  const tripsOf = (v: Var): number => Math.ceil(lengthOf(v, lanes) / unroll.get(v)!)
  const looped = vars.filter((v) => tripsOf(v) > 1).sort((a, b) => tripsOf(a) - tripsOf(b))
  // one loop is written as two, so that sums over one axis and over two are one program
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
