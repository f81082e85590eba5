import { code, type Code } from './code.ts'
import { runningSumMaxTerms } from '../kernel/heuristics.ts'
import type { Language, NestLoop } from './language.ts'

/** A loop of a reduction before it is split. */
interface Counted {
  readonly name: string
  readonly trips: number
}

/**
 * The turns of a block, at most `most`: a divisor of all turns unless it is under a quarter of that, else nearly
 * even.
 */
const blockOf = (trips: number, most: number): number => {
  const even = Array.from({ length: most }, (_, i) => most - i).find((by) => trips % by === 0) ?? 1
  return even * 4 > most ? even : Math.ceil(trips / Math.ceil(trips / most))
}

/**
 * The loops of a sum, nested so that no running sum adds more than `most` terms: rounding grows with their number. A turn
 * of the innermost loop adds `terms` of them.
 */
export const nestOf = (
  counters: readonly Counted[],
  terms: number,
  most: number,
  fresh: () => string
): readonly NestLoop[] => {
  /** A loop with a new running sum in each turn, so that the outer sum adds up one number per turn. */
  const apart = ({ name, trips }: Counted): readonly NestLoop[] => {
    if (trips <= most) return [{ name, trips, fresh: true }]
    const by = blockOf(trips, most)
    const [outer, inner] = [fresh(), fresh()]
    const blocks = apart({ name: outer, trips: Math.ceil(trips / by) })
    return [...blocks, { name: inner, trips: by, fresh: true, turn: { name, outer, by, end: trips } }]
  }
  /** The loops of a counter whose turns add `each` terms. */
  const split = ({ name, trips }: Counted, each: number): readonly NestLoop[] => {
    if (each * trips <= most) return [{ name, trips, fresh: false }]
    const by = blockOf(trips, Math.max(1, Math.floor(most / each)))
    if (by === 1) return apart({ name, trips })
    const [outer, inner] = [fresh(), fresh()]
    const blocks = apart({ name: outer, trips: Math.ceil(trips / by) })
    return [...blocks, { name: inner, trips: by, fresh: false, turn: { name, outer, by, end: trips } }]
  }
  return counters.reduceRight<readonly [loops: readonly NestLoop[], each: number]>(
    ([inside, each], counter) => {
      const loops = split(counter, each)
      const [outermost] = loops as readonly [NestLoop]
      return [[...loops, ...inside], outermost.fresh ? outermost.trips : each * outermost.trips]
    },
    [[], terms]
  )[0]
}

/**
 * The same for two counters, with text that does not depend on how many turns they have, so that many sizes share a
 * program; undefined if there are too many turns for that.
 */
const sharedNest = (
  counters: readonly Counted[],
  terms: number,
  most: number,
  fresh: () => string
): readonly NestLoop[] | undefined => {
  const [first, second, ...others] = counters
  const by = Math.max(1, Math.floor(most / terms))
  if (!first || !second || others.length > 0 || first.trips > most || second.trips > by * most) return undefined
  const [outer, inner, size] = [fresh(), fresh(), fresh()]
  const { name, trips: end } = second
  return [
    { ...first, fresh: true },
    { name: outer, trips: Math.ceil(end / by), fresh: true, blocks: { size, by, end } },
    { name: inner, trips: by, fresh: false, turn: { name, outer, by, end }, size }
  ]
}

/** The loops of a kernel's sums; a turn of the innermost one adds `terms` terms to each. */
export const sumLoops = (
  counters: readonly Counted[],
  terms: number,
  heavy: boolean,
  fresh: () => string
): readonly NestLoop[] => {
  const shared = heavy ? undefined : sharedNest(counters, terms, runningSumMaxTerms.light, fresh)
  return shared ?? nestOf(counters, terms, runningSumMaxTerms[heavy ? 'heavy' : 'light'], fresh)
}

/**
 * The names of the innermost sums of a loop nest, and a function that puts the nest's lines around those of its body.
 */
export const nested = (
  loops: readonly NestLoop[],
  totals: readonly string[],
  fresh: () => string,
  language: Language
): { readonly sums: readonly string[]; readonly around: (body: readonly Code[]) => readonly Code[] } => {
  const [loop, ...inside] = loops
  if (!loop) return { sums: totals, around: (body) => body }
  const parts = loop.fresh ? totals.map(() => fresh()) : totals
  const inner = nested(inside, parts, fresh, language)
  const turn = loop.turn ? language.turn(loop.turn, loop) : []
  const starts = loop.fresh ? parts.map((part) => language.total(part, code`0.0`)) : []
  const ends = loop.fresh ? totals.map((total, i) => language.add(total, code`${parts[i]!}`)) : []
  return {
    sums: inner.sums,
    around: (body) => [
      ...language.open(loop),
      ...[...turn, ...starts, ...inner.around(body), ...ends].map((line) => code`  ${line}`),
      code`}`
    ]
  }
}
