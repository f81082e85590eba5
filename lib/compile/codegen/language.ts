import type { Affine } from '../../core/affine.ts'
import type { Reducing } from '../../core/reductions.ts'
import type { Block } from './block.ts'
import { applied, code, literal, type Code } from './code.ts'

/** A loop of a reduction; nests are listed from the outermost loop to the innermost. */
export interface NestLoop {
  readonly name: string
  readonly trips: number
  /** Whether each turn has sums of its own, which it adds to the outer sums at its end. */
  readonly fresh: boolean
  /** The turn of the longer loop that this loop is a block of; undefined if it is a whole loop. */
  readonly turn?: Turn
  /** If its turns are blocks of `by` turns, up to `end`: `size` names how many turns a block has. */
  readonly blocks?: { readonly size: string; readonly by: number; readonly end: number }
  /** The name of its number of turns, if the program computes that. */
  readonly size?: string
}

/** A turn of a loop that runs in blocks: `outer` blocks of `by` turns, up to `end`. */
export interface Turn {
  readonly name: string
  readonly outer: string
  readonly by: number
  readonly end: number
}

/** What GLSL and JavaScript write differently; the rest of a kernel is written once for both. */
export interface Language {
  /** Whether indices that are too large for floats can be integers. */
  readonly hasIntegers: boolean
  /** The quotient and the remainder of a whole number that is a float; `of` bounds it. */
  divided(dividend: Code, by: number, of: Affine, block: Block): readonly [quotient: Code, remainder: Code]
  /** A number that is not finite: neither language has a literal for it. */
  nonFinite(value: number): Code
  /** Declares the total of a reduction, with its first value. */
  total(name: string, start: Code): Code
  /** Adds to the total of a sum. */
  add(total: string, part: Code): Code
  /** The lines that open a loop. */
  open(loop: NestLoop): readonly Code[]
  /** The first lines of a turn of a loop that runs in blocks. */
  turn(turn: Turn, loop: NestLoop): readonly Code[]
}

/** The first value of a reduction: its identity. */
export const identityOf = (op: Reducing, language: Language): Code => {
  const { identity } = op
  return Number.isFinite(identity) ? literal(identity) : language.nonFinite(identity)
}

/** The statement that combines a total with one more value. */
export const accumulate = (op: Reducing, total: string, value: Code, language: Language): Code =>
  op.adds ? language.add(total, value) : code`${total} = ${applied(op, [code`${total}`, value])};`
