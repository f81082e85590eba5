import { endless, given } from './uniforms.ts'

/** A loop of a fold, from the outermost to the innermost. */
export interface NestLoop {
  readonly name: string
  readonly trips: number
  /** Each of its turns adds up in sums of its own, which are added to the outer ones at its end. */
  readonly fresh: boolean
  /** It is a block of a longer loop, whose turn this is; undefined where the block is the whole loop. */
  readonly turn?: Turn
  /** Its turns are blocks of `by` turns, up to `end`; how many those of one are has this name. */
  readonly blocks?: { readonly size: string; readonly by: number; readonly end: number }
  /** The name of how many turns it has, where that is reckoned. */
  readonly size?: string
}

/** A turn of a loop that runs in blocks: `outer` blocks of `by` turns, up to `end`. */
export interface Turn {
  readonly name: string
  readonly outer: string
  readonly by: number
  readonly end: number
}

/** What a fold loops over. */
interface Counted {
  readonly name: string
  readonly trips: number
}

/** Blocks of at most so many turns: equally long ones if they are not short, else as even as can be. */
const blockOf = (trips: number, most: number): number => {
  const even = Array.from({ length: most }, (_, i) => most - i).find((by) => trips % by === 0) ?? 1
  return even * 4 > most ? even : Math.ceil(trips / Math.ceil(trips / most))
}

/**
 * The loops of a fold over some counters, nested so that no sum adds up more than `most` numbers one after the other:
 * rounding grows with their number. A turn of the innermost loop adds `terms` of them.
 */
export const nestOf = (
  counters: readonly Counted[],
  terms: number,
  most: number,
  fresh: () => string
): readonly NestLoop[] => {
  /** A loop whose every turn has sums of its own, so that its trips are what is added up. */
  const apart = ({ name, trips }: Counted): readonly NestLoop[] => {
    if (trips <= most) return [{ name, trips, fresh: true }]
    const by = blockOf(trips, most)
    const [outer, inner] = [fresh(), fresh()]
    const blocks = apart({ name: outer, trips: Math.ceil(trips / by) })
    return [...blocks, { name: inner, trips: by, fresh: true, turn: { name, outer, by, end: trips } }]
  }
  /** The loops of a counter whose turns add so many numbers each. */
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
 * The same for two counters as loops that are written alike whatever the counters' trips, so that many sizes share a
 * program; undefined where these are too many for that.
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

/** The longest running sum, in numbers. Heavy kernels loop so tightly that shorter blocks cost them time. */
const longestSum = { light: 32, heavy: 256 } as const

/** The loops of a kernel's sums, an innermost turn of which adds so many numbers each. */
export const sumLoops = (
  counters: readonly Counted[],
  terms: number,
  heavy: boolean,
  fresh: () => string
): readonly NestLoop[] => {
  const shared = heavy ? undefined : sharedNest(counters, terms, longestSum.light, fresh)
  return shared ?? nestOf(counters, terms, longestSum[heavy ? 'heavy' : 'light'], fresh)
}

/** How a language writes loops, sums and what stands in a loop of blocks. */
export interface Syntax {
  readonly open: (loop: NestLoop) => readonly string[]
  /** The first lines of a turn of a loop. */
  readonly turn: (turn: Turn, loop: NestLoop) => readonly string[]
  readonly sum: (name: string) => string
  readonly add: (total: string, part: string) => string
}

/** The names of the innermost sums of a nest, and its lines around those of its body. */
export const nested = (
  loops: readonly NestLoop[],
  totals: readonly string[],
  fresh: () => string,
  { open, turn, sum, add }: Syntax
): { readonly sums: readonly string[]; readonly around: (body: readonly string[]) => readonly string[] } => {
  const [loop, ...inside] = loops
  if (!loop) return { sums: totals, around: (body) => body }
  const parts = loop.fresh ? totals.map(() => fresh()) : totals
  const inner = nested(inside, parts, fresh, { open, turn, sum, add })
  const starts = [...(loop.turn ? turn(loop.turn, loop) : []), ...(loop.fresh ? parts.map(sum) : [])]
  const ends = loop.fresh ? totals.map((total, i) => add(total, parts[i]!)) : []
  const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`)
  return {
    sums: inner.sums,
    around: (body) => [...open(loop), ...indented([...starts, ...inner.around(body), ...ends]), '}']
  }
}

/**
 * GLSL's loops. A turn of a block is broken off if the last block is not whole. A kernel of fixed sizes (`fixed`) asks
 * only then; one that serves many sizes always does.
 */
export const glslLoops = (fixed: boolean): Syntax => ({
  open: ({ name, trips, blocks, size }) => {
    if (blocks) {
      const { by, end } = blocks
      const left = `  float ${blocks.size} = min(${given(end)} - ${by}.0 * ${name}, ${by}.0);`
      return [endless(name), left, `  if (${blocks.size} <= 0.0) break;`]
    }
    return size
      ? [endless(name), `  if (${name} >= ${size}) break;`]
      : [`for (float ${name} = 0.0; ${name} < ${trips}.0; ${name} += 1.0) {`]
  },
  turn: ({ name, outer, by, end }, { name: counter, size }) =>
    size
      ? [`float ${name} = ${outer} * ${by}.0 + ${counter};`]
      : [
          `float ${name} = ${outer} * ${given(by)} + ${counter};`,
          ...(fixed && end % by === 0 ? [] : [`if (${name} >= ${given(end)}) break;`])
        ],
  sum: (name) => `vec4 ${name} = vec4(0.0);`,
  add: (total, part) => `${total} += ${part};`
})
