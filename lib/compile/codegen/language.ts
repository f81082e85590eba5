import type { Affine } from '../../core/affine.ts'
import type { ReductionName } from '../../core/reductions.ts'
import { reductions } from '../../core/reductions.ts'
import type { Block } from './block.ts'
import { applied, code, literal, type Code } from './code.ts'

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

/** What GLSL and JavaScript say differently: the rest of a kernel is written once for both. */
export interface Language {
  /** Whether indices that are too large for floats can be integers. */
  readonly hasIntegers: boolean
  /** The quotient and the remainder of a whole number that is a float; `of` bounds it. */
  divided(dividend: Code, by: number, of: Affine, block: Block): readonly [quotient: Code, remainder: Code]
  /** A number that is not finite: no literal of either language. */
  nonFinite(value: number): Code
  /** Declares what a reduction accumulates in, with what it starts from. */
  total(name: string, start: Code): Code
  /** Adds to what a sum accumulates in. */
  add(total: string, part: Code): Code
  /** The lines that open a loop. */
  open(loop: NestLoop): readonly Code[]
  /** The first lines of a turn of a loop that runs in blocks. */
  turn(turn: Turn, loop: NestLoop): readonly Code[]
}

/** What a reduction starts from. */
export const identityOf = (op: ReductionName, language: Language): Code => {
  const { identity } = reductions[op]
  return Number.isFinite(identity) ? literal(identity) : language.nonFinite(identity)
}

/** The statement that takes one more value into a total. */
export const accumulate = (op: ReductionName, total: string, value: Code, language: Language): Code =>
  reductions[op].adds
    ? language.add(total, value)
    : code`${total} = ${applied(reductions[op], [code`${total}`, value])};`
