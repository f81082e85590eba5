import { substitute, type Affine, type Guard } from '../../core/affine.ts'
import { raise } from '../../base/raise.ts'
import type { Shape } from '../../core/shape.ts'
import type { Expr } from '../kernel/ir.ts'
import { appliedRow, literal } from './code.ts'
import { widened, type Scope, type Value } from './scope.ts'

/** How a language writes indices, conditions and loads. */
export interface Accesses {
  /** An index as a value. */
  index(at: Affine, scope: Scope): Value
  /** The value if all guards hold, else 0. */
  guard(guards: readonly Guard[], value: Value, scope: Scope): Value
  load(slot: number, shape: Shape, index: readonly Affine[], scope: Scope): Value
  /** An element of the table's row with a computed number; NaN if there is no such row. */
  gather(from: Extract<Expr, { kind: 'gather' }>, row: Value, rest: readonly Affine[], scope: Scope): Value
}

/** Writes expressions as statements: each part gets a name in its block, once. */
export class ValueWriter {
  readonly #accesses: Accesses
  constructor(accesses: Accesses) {
    this.#accesses = accesses
  }

  value(expr: Expr, scope: Scope): Value {
    const where = scope.memo.where(expr, scope)
    const known = scope.memo.get(expr, where)
    if (known) return known
    const value = this.#fresh(expr, scope)
    const name = { ...value, code: scope.block.let(value.wide ? 'vec4' : 'float', value.code) }
    scope.memo.set(expr, where, name)
    return name
  }

  #fresh(expr: Expr, scope: Scope): Value {
    const moved = (i: Affine): Affine => substitute(i, scope.at)
    switch (expr.kind) {
      case 'constant':
        return { code: literal(expr.value), wide: false }
      case 'index':
        return this.#accesses.index(moved(expr.at), scope)
      case 'apply':
        return this.#apply(expr, scope)
      case 'guard':
        return this.#accesses.guard(expr.guards, this.value(expr.body, scope), scope)
      case 'load':
        return this.#accesses.load(expr.slot, expr.shape, expr.index.map(moved), scope)
      case 'gather':
        return this.#accesses.gather(expr, this.value(expr.row, scope), expr.rest.map(moved), scope)
      case 'reduction':
        return raise('compile', 'a reduction inside a reduction was not materialised')
    }
  }

  #apply({ row, args }: Extract<Expr, { kind: 'apply' }>, scope: Scope): Value {
    const values = args.map((arg) => this.value(arg, scope))
    const wide = values.some((value) => value.wide)
    const operands = values.map((value) => (wide ? widened(value) : value.code))
    return { code: appliedRow(row, operands), wide }
  }
}
