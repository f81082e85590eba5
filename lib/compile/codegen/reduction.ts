import type { Reducing } from '../../core/reductions.ts'
import { Block } from './block.ts'
import { identityOf, type Language, type NestLoop } from './language.ts'
import { nested } from './nest.ts'

/**
 * Writes reductions that share a loop nest into `outer`: declares their totals, and puts the loops around what `body`
 * writes for one turn, given the names of the innermost totals.
 */
export const writeReduction = (
  { op, totals, loops }: { readonly op: Reducing; readonly totals: readonly string[]; readonly loops: Loops },
  language: Language,
  outer: Block,
  body: (innermost: readonly string[], block: Block) => void
): void => {
  const start = identityOf(op, language)
  outer.add(...totals.map((total) => language.total(total, start)))
  const nest = loops(() => outer.fresh('i'))
  const { sums, around } = nested(nest, totals, () => outer.fresh('part'), language)
  const block = new Block(outer.counter, outer)
  body(sums, block)
  outer.add(...around(block.lines))
}

/** The loops of a reduction, under names of their own. */
type Loops = (fresh: () => string) => readonly NestLoop[]
