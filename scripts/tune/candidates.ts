import type { Costs } from '../../lib/compile/kernel/costs.ts'
import { targetsOf } from '../../lib/compile/kernel/slices.ts'
import { tilingsOf } from '../../lib/compile/kernel/tiling.ts'
import type { Tiling } from '../../lib/compile/kernel/tiling.ts'
import { expected, fitted } from './fit.ts'
import type { Fitted } from './fit.ts'
import type { Subject } from './kernels.ts'

/** A way to run a sum, and how much of each cost it takes. */
export interface Candidate {
  readonly tiling: Tiling
  readonly amounts: Fitted
}

const nothing: Fitted = { fetch: 0, madd: 0, loop: 0, write: 0, call: 0 }

/** The cost model is linear in its constants: with one of them 1 and the others 0 it gives the amount of that one. */
const amountsOf = (tilings: ReadonlyMap<keyof Fitted, readonly Tiling[]>, i: number): Fitted => {
  const amount = (name: keyof Fitted): number => tilings.get(name)![i]!.ms
  return {
    fetch: amount('fetch'),
    madd: amount('madd'),
    loop: amount('loop'),
    write: amount('write'),
    call: amount('call')
  }
}

/** All candidates of a sum on a number of render targets. */
export const candidatesOf = (
  { kernel, fold }: Subject,
  targets: number,
  { cores, block }: Pick<Costs, 'cores' | 'block'>
): readonly Candidate[] => {
  const under = (name: keyof Fitted): readonly Tiling[] =>
    tilingsOf(kernel, fold, targets, { ...nothing, [name]: 1, cores, block })
  const tilings = new Map(fitted.map((name) => [name, under(name)]))
  return tilings.get('call')!.map((tiling, i) => ({ tiling, amounts: amountsOf(tilings, i) }))
}

/** The candidate that the cost model would choose. */
export const chosen = (candidates: readonly Candidate[], costs: Fitted): Candidate =>
  candidates.reduce((best, next) => (expected(next.amounts, costs) < expected(best.amounts, costs) ? next : best))

/** Times the best time beyond which a candidate says little about the choice. */
const hopeless = 6

/** `n` evenly spread entries of a list, the first and the last among them. */
const spread = <T>(list: readonly T[], n: number): readonly T[] =>
  list.length <= n ? list : Array.from({ length: n }, (_, i) => list[Math.round((i * (list.length - 1)) / (n - 1))]!)

/** The two best by the model, the best with 1, 2, 4 and 8 targets, and a spread of the rest. */
export const worthMeasuring = (candidates: readonly Candidate[], costs: Fitted, most: number): readonly Candidate[] => {
  const ranked = candidates.toSorted((a, b) => expected(a.amounts, costs) - expected(b.amounts, costs))
  const best = expected(ranked[0]!.amounts, costs)
  const bestWith = [8, 4, 2, 1].flatMap((n) => ranked.find(({ tiling }) => targetsOf(tiling.tile) === n) ?? [])
  const first = [...new Set([...ranked.slice(0, 2), ...bestWith])].slice(0, most)
  const rest = ranked.filter((one) => !first.includes(one) && expected(one.amounts, costs) < hopeless * best)
  return most > first.length ? [...first, ...spread(rest, Math.max(2, most - first.length))].slice(0, most) : first
}
