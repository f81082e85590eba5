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

/** Where an expression is evaluated. */
export interface Scope {
  readonly block: Block
  /** The variable in the lanes: its value is 4 · `texel` + lane. */
  readonly lanes: Var | undefined
  readonly texel: Affine
  readonly at: (v: Var) => Affine | undefined
  readonly memo: Memo
}

/**
 * Values of one block: by expression and by where its variables are, which of a tile's many results and steps some
 * share.
 */
export class Memo {
  readonly #known = new Map<Expr, Map<string, Value>>()
  readonly #places = new Map<Affine | undefined, number>()
  constructor(
    readonly variablesOf: (expr: Expr) => readonly Var[],
    /** What has a value wherever it is evaluated. */
    readonly fixed: ReadonlyMap<Expr, Value> = new Map()
  ) {}

  get(expr: Expr, where: string): Value | undefined {
    return this.fixed.get(expr) ?? this.#known.get(expr)?.get(where)
  }

  set(expr: Expr, where: string, value: Value): void {
    const places = this.#known.get(expr) ?? new Map<string, Value>()
    this.#known.set(expr, places.set(where, value))
  }

  /** Text that two scopes share where an expression has one value in both. */
  where(expr: Expr, { at, texel }: Scope): string {
    return this.variablesOf(expr).reduce((key, v) => `${key},${this.#place(at(v))}`, `${this.#place(texel)}`)
  }

  /** Places are told apart by who they are: a tile makes each once. */
  #place(at: Affine | undefined): number {
    const known = this.#places.get(at) ?? this.#places.size
    this.#places.set(at, known)
    return known
  }
}
