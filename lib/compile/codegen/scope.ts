import type { Affine, Var } from '../../core/affine.ts'
import type { Expr } from '../kernel/ir.ts'
import type { Block } from './block.ts'
import { code, type Code } from './code.ts'

/** A value in the kernel: one number for all lanes, or one per lane. */
export interface Value {
  readonly code: Code
  readonly wide: boolean
}

/** A value as one number per lane. */
export const widened = ({ code: of, wide }: Value): Code => (wide ? of : code`vec4(${of})`)

/** The place where an expression is evaluated. */
export interface Scope {
  readonly block: Block
  /** The variable in the lanes: its value is 4 · `texel` + lane. */
  readonly lanes: Var | undefined
  readonly texel: Affine
  readonly at: (v: Var) => Affine | undefined
  readonly memo: Memo
}

/**
 * The values of one block, by expression and by the indices that its variables stand for: results and steps of a tile
 * share some of them.
 */
export class Memo {
  readonly #known = new Map<Expr, Map<string, Value>>()
  readonly #places = new Map<Affine | undefined, number>()
  constructor(
    readonly variablesOf: (expr: Expr) => readonly Var[],
    /** Expressions with one value everywhere. */
    readonly fixed: ReadonlyMap<Expr, Value> = new Map()
  ) {}

  get(expr: Expr, where: string): Value | undefined {
    return this.fixed.get(expr) ?? this.#known.get(expr)?.get(where)
  }

  set(expr: Expr, where: string, value: Value): void {
    const places = this.#known.get(expr) ?? new Map<string, Value>()
    this.#known.set(expr, places.set(where, value))
  }

  /** Text that is equal for two scopes if an expression has the same value in both. */
  where(expr: Expr, { at, texel }: Scope): string {
    return this.variablesOf(expr).reduce((key, v) => `${key},${this.#place(at(v))}`, `${this.#place(texel)}`)
  }

  /** Places are compared by identity: a tile makes each of them once. */
  #place(at: Affine | undefined): number {
    const known = this.#places.get(at) ?? this.#places.size
    this.#places.set(at, known)
    return known
  }
}
