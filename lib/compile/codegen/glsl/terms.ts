import { group } from 'fp-ts/ReadonlyNonEmptyArray'
import { chunksOf } from 'fp-ts/ReadonlyArray'
import { mul } from '../../../core/primitives.ts'
import { adding } from '../../../core/reductions.ts'
import type { Guard } from '../../../core/affine.ts'
import { sumsSideBySide } from '../../kernel/heuristics.ts'
import type { Expr, ReductionExpr } from '../../kernel/ir.ts'
import type { Block } from '../block.ts'
import { code, joined, shown, type Code } from '../code.ts'
import { accumulate } from '../language.ts'
import { glsl } from './language.ts'

/** A term of a reduction. */
export interface Term {
  readonly op: ReductionExpr['op']
  /** The name of the total. */
  readonly total: string
  readonly value: Code
  /** The condition under which the term counts, if there is one; the value is a vec4 then. */
  readonly condition?: Code | undefined
}

/** A statement that takes a value into a total; or a line of another kind. */
type Statement = Omit<Term, 'condition'> | { readonly line: Code }

/** Accumulation is the same for fixed and for shared programs. */
const language = glsl(false)

/** The factors of a product under a sum, and the guards around it; undefined for anything else. */
export const productOf = (
  op: ReductionExpr['op'],
  expr: Expr
): { readonly factors: readonly Expr[]; readonly guards: readonly Guard[] } | undefined => {
  const [guards, body] = expr.kind === 'guard' ? [expr.guards, expr.body] : [[], expr]
  return op.adds && body.kind === 'apply' && body.row === mul.row ? { factors: body.args, guards } : undefined
}

const lineOf = (statement: Statement): Code => {
  if ('line' in statement) return statement.line
  const { op, total, value } = statement
  return accumulate(op, total, value, language)
}

/** The statements that accumulate terms one by one. Neighbours under the same condition share one choice. */
const statementsOf = (terms: readonly Term[], block: Block): readonly Statement[] =>
  alike(terms).flatMap(([first, ...others]): readonly Statement[] => {
    const { op, total, value, condition } = first
    if (!condition) return [first]
    // the sum is named right here, so that no register holds it for long; unnamed, the choice would be a branch
    const sum = block.fresh('v')
    const line = code`vec4 ${sum} = ${joined([value, ...others.map((term) => term.value)], ' + ')};`
    return [{ line }, { op, total, value: code`(${condition} ? ${sum} : vec4(0.0))` }]
  })

/** The lines that accumulate terms one by one. */
export const accumulated = (terms: readonly Term[], block: Block): readonly Code[] =>
  statementsOf(terms, block).map(lineOf)

/** The lines that add terms to sums of their own, and those sums to the totals. */
const apart = (terms: readonly Term[], block: Block): readonly Code[] => {
  const parts = new Map(terms.map(({ total }) => [total, block.fresh('part')]))
  const started = new Set<string>()
  const within = statementsOf(terms, block).map((statement): Code => {
    if ('line' in statement) return statement.line
    const part = parts.get(statement.total)!
    const isFirst = !started.has(part)
    started.add(part)
    return isFirst ? code`vec4 ${part} = ${statement.value};` : lineOf({ ...statement, total: part })
  })
  return [...within, ...[...parts].map(([total, part]) => accumulate(adding, total, code`${part}`, language))]
}

/**
 * The lines that add up the terms of several sums; with `own`, in sums of their own first. Choices take registers, so
 * sums with conditions are not interleaved.
 */
export const summed = (sums: readonly (readonly Term[])[], block: Block, own = false): readonly Code[] => {
  const count = sums.flat().some(({ condition }) => condition) ? 1 : sumsSideBySide
  const lines = own ? apart : accumulated
  return chunksOf(count)(sums).flatMap((some) => inTurns(some.map((terms) => lines(terms, block))))
}

const inTurns = (lists: readonly (readonly Code[])[]): readonly Code[] =>
  Array.from({ length: Math.max(...lists.map((list) => list.length)) }, (_, i) =>
    lists.flatMap((list) => (list[i] ? [list[i]] : []))
  ).flat()

const alike = group<Term>({
  equals: (a, b) =>
    a.condition !== undefined &&
    b.condition !== undefined &&
    shown(a.condition) === shown(b.condition) &&
    a.total === b.total
})
