import { group } from 'fp-ts/ReadonlyNonEmptyArray'
import { chunksOf } from 'fp-ts/ReadonlyArray'
import { mul } from '../../core/primitives.ts'
import { reductions } from '../../core/reductions.ts'
import type { Guard } from '../../core/affine.ts'
import type { Expr, Fold } from '../kernel/ir.ts'
import { literal, type Block } from './block.ts'
import { given } from './uniforms.ts'

/** A term of a fold. */
export interface Term {
  readonly op: Fold['op']
  /** The name of the sum or maximum. */
  readonly total: string
  readonly value: string
  /** The name of the condition under which the term counts, if any; the value is of four numbers then. */
  readonly condition?: string | undefined
}

/** So many sums are added up side by side: a processor's registers hold no more, and one waits for itself. */
const together = 2

/** The factors of a product that is summed up, and the guards around it. */
export const productOf = (
  op: Fold['op'],
  expr: Expr
): { readonly factors: readonly Expr[]; readonly guards: readonly Guard[] } | undefined => {
  const [guards, body] = expr.kind === 'guard' ? [expr.guards, expr.body] : [[], expr]
  return reductions[op].adds && body.kind === 'apply' && body.row === mul.row
    ? { factors: body.args, guards }
    : undefined
}

/** The lines that fold terms, one after the other. Neighbours under one condition are chosen together. */
export const accumulated = (terms: readonly Term[], block: Block): readonly string[] =>
  alike(terms).flatMap(([{ op, total, value, condition }, ...others]) => {
    if (!condition) return [accumulate(op, total, value)]
    // named where it is used, as no register keeps it for long; and named, as a choice of more is a branch
    const sum = `v${block.counter.next++}`
    const values = [value, ...others.map((term) => term.value)]
    return [`vec4 ${sum} = ${values.join(' + ')};`, accumulate(op, total, `(${condition} ? ${sum} : vec4(0.0))`)]
  })

/** The lines that add terms up in sums of their own, and these to the totals. */
const apart = (terms: readonly Term[], block: Block): readonly string[] => {
  const parts = new Map(terms.map(({ total }) => [total, `part${block.counter.next++}`]))
  const within = accumulated(
    terms.map((term) => ({ ...term, total: parts.get(term.total)! })),
    block
  )
  const first = new Set([...parts.values()].map((part) => within.findIndex((line) => line.startsWith(`${part} += `))))
  return [
    ...within.map((line, i) => (first.has(i) ? `vec4 ${line.replace('+=', '=')}` : line)),
    ...[...parts].map(([total, part]) => accumulate('sum', total, part))
  ]
}

/**
 * The lines that add up the terms of several sums, if `own` in sums of their own first. Choices want registers: such
 * sums come one after the other.
 */
export const summed = (sums: readonly (readonly Term[])[], block: Block, own = false): readonly string[] => {
  const count = sums.flat().some(({ condition }) => condition) ? 1 : together
  const lines = own ? apart : accumulated
  return chunksOf(count)(sums).flatMap((some) => inTurns(some.map((terms) => lines(terms, block))))
}

const inTurns = (lists: readonly (readonly string[])[]): readonly string[] =>
  Array.from({ length: Math.max(...lists.map((list) => list.length)) }, (_, i) =>
    lists.flatMap((list) => list[i] ?? [])
  ).flat()

const alike = group<Term>({
  equals: (a, b) => a.condition !== undefined && a.condition === b.condition && a.total === b.total
})

const accumulate = (op: Fold['op'], total: string, value: string): string =>
  reductions[op].adds ? `${total} += ${value};` : `${total} = ${reductions[op].text(total, value)};`

/** What a reduction starts from: a number that is not finite comes as data. */
export const identityOf = (op: Fold['op']): string => {
  const { identity } = reductions[op]
  return Number.isFinite(identity) ? literal(identity) : given(identity)
}
