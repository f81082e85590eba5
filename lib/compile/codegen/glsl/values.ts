import {
  addAffine,
  boundsOf,
  coefficient,
  constant,
  scale,
  shift,
  substitute,
  variable,
  type Affine,
  type Guard
} from '../../../core/affine.ts'
import { raise } from '../../../base/raise.ts'
import type { Shape } from '../../../core/shape.ts'
import { dependsOn, openOf, type Expr } from '../../kernel/ir.ts'
import { dividesInFloats as isHalved, fitsFloats } from '../../kernel/exact.ts'
import { type Scope, type Value, wideText } from '../scope.ts'
import type { Names } from '../names.ts'
import type { Block } from '../block.ts'
import { literal } from '../block.ts'
import { given } from '../uniforms.ts'
import type { TextureReads } from './textures.ts'
import { divisibleByFour, quarter } from './textures.ts'

/** Writes expressions down as values of GLSL: one number for all lanes, or one for each. */
export class ValueWriter {
  readonly #names: Names
  readonly #textures: TextureReads
  constructor(names: Names, textures: TextureReads) {
    this.#names = names
    this.#textures = textures
  }

  value(expr: Expr, scope: Scope): Value {
    const where = scope.memo.where(expr, scope)
    const known = scope.memo.get(expr, where)
    if (known) return known
    const value = this.#fresh(expr, scope)
    const named = { ...value, text: scope.block.let(value.wide ? 'vec4' : 'float', value.text) }
    scope.memo.set(expr, where, named)
    return named
  }

  #fresh(expr: Expr, scope: Scope): Value {
    switch (expr.kind) {
      case 'constant':
        return { text: literal(expr.value), wide: false }
      case 'index':
        return this.#position(substitute(expr.at, scope.at), scope)
      case 'apply':
        return this.#apply(expr, scope)
      case 'guard':
        return this.#guard(expr.guards, this.value(expr.body, scope), scope)
      case 'load':
        return this.#load(
          expr.slot,
          expr.shape,
          expr.index.map((i) => substitute(i, scope.at)),
          scope
        )
      case 'gather':
        return this.#gather(expr, scope)
      case 'fold':
        return raise('compile', 'a fold inside a fold was not cut')
    }
  }

  #apply({ row, args }: Extract<Expr, { kind: 'apply' }>, scope: Scope): Value {
    const values = args.map((arg) => this.value(arg, scope))
    const wide = values.some((value) => value.wide)
    const { kernel } = row
    if (kernel.kind !== 'pointwise') return raise('compile', `${row.name} is not pointwise`)
    return { text: kernel.text(...values.map((value) => (wide ? wideText(value) : value.text))), wide }
  }

  /** An index as a number: four of them where it depends on the variable in the lanes. */
  #position(a: Affine, scope: Scope): Value {
    const { lanes, block } = scope
    if (!lanes || !dependsOn(a, lanes)) return { text: this.#names.number(a, block), wide: false }
    const each = this.#lane(a, scope).map((i) => this.#names.number(i, block))
    const k = coefficient(a, lanes)
    const simple = !dependsOn(addAffine(a, scale(variable(lanes), -k)), lanes)
    return simple
      ? { text: `(${each[0]} + ${literal(k)} * vec4(0.0, 1.0, 2.0, 3.0))`, wide: true }
      : { text: `vec4(${each.join(', ')})`, wide: true }
  }

  /** An index at each of the four lanes. */
  #lane(a: Affine, { lanes, texel }: Scope): readonly Affine[] {
    return [0, 1, 2, 3].map((l) => substitute(a, (v) => (v === lanes ? shift(scale(texel, 4), l) : undefined)))
  }

  #guard(guards: readonly Guard[], value: Value, scope: Scope): Value {
    const open = this.open(guards, scope)
    if (!open) return { text: '0.0', wide: false }
    const lanewise = open.filter((g) => this.inLanes(g, scope))
    const condition = this.condition(
      open.filter((g) => !lanewise.includes(g)),
      scope.block
    )
    const kept = condition ? `(${condition} ? ${value.text} : ${value.wide ? 'vec4(0.0)' : '0.0'})` : value.text
    return lanewise.reduce<Value>(
      (v, g) => ({ text: `select(${this.within(g, scope)}, ${wideText(v)}, vec4(0.0))`, wide: true }),
      { text: kept, wide: value.wide }
    )
  }

  // lanes past the end may hold anything, so only the indices that exist count
  open(guards: readonly Guard[], { at }: Scope): readonly Guard[] | undefined {
    return openOf(guards.map((g) => ({ ...g, index: substitute(g.index, at) })))
  }

  inLanes({ index }: Guard, { lanes }: Scope): boolean {
    return lanes !== undefined && dependsOn(index, lanes)
  }

  /** The name of what guards that are the same in all lanes ask. */
  condition(guards: readonly Guard[], block: Block): string | undefined {
    if (guards.length === 0) return undefined
    const conditions = guards.flatMap(({ index, extent }) => {
      const [lo, hi] = boundsOf(index)
      const [text, zero, end] = fitsFloats(index)
        ? [this.#names.number(index, block), '0.0', literal(extent)]
        : [this.#names.integer(index, block), '0', String(extent)]
      return [...(lo < 0 ? [`${text} >= ${zero}`] : []), ...(hi >= extent ? [`${text} < ${end}`] : [])]
    })
    return block.let('bool', [...new Set(conditions)].sort().join(' && '))
  }

  /** 1 in the lanes where 0 ≤ index < extent. */
  within({ index, extent }: Guard, scope: Scope): string {
    if (!isHalved(index) || !isHalved({ c: extent, terms: [] })) {
      const each = this.#lane(index, scope).map((i) => this.#names.integer(i, scope.block))
      return scope.block.let('vec4', `vec4(${each.map((i) => `${i} >= 0 && ${i} < ${extent} ? 1.0 : 0.0`).join(', ')})`)
    }
    const { text } = this.#position(index, scope)
    const name = scope.block.let('vec4', text)
    return scope.block.let('vec4', `step(vec4(-0.5), ${name}) * step(${name}, vec4(${literal(extent - 0.5)}))`)
  }

  // ---- loads ----------------------------------------------------------------------------------------------------

  #load(slot: number, shape: Shape, index: readonly Affine[], scope: Scope): Value {
    const { lanes, texel, block } = scope
    const [first = constant(0), ...rest] = index
    // alone in its texel, an element is as good as the texel, and the program the same as for longer axes
    const alone = lanes?.extent === 1 && shape.length > 0 && first.terms.length === 0 && first.c === 0
    if (alone && this.#textures.isHere(slot, index))
      return { text: this.#textures.texel(slot, index, block), wide: true }
    if (!lanes || !index.some((i) => dependsOn(i, lanes))) {
      return { text: this.#textures.element(slot, shape, index, block), wide: false }
    }
    const others = addAffine(first, scale(variable(lanes), -1))
    const consecutive =
      coefficient(first, lanes) === 1 && divisibleByFour(others) && ![others, ...rest].some((i) => dependsOn(i, lanes))
    if (consecutive) {
      const at = addAffine(texel, quarter(others))
      return { text: this.#textures.texel(slot, [at, ...rest], block), wide: true }
    }
    const each = [0, 1, 2, 3].map((l) => {
      const lane = index.map((i) => this.#lane(i, scope)[l]!)
      return this.#textures.element(slot, shape, lane, block)
    })
    return { text: `vec4(${each.join(', ')})`, wide: true }
  }

  #gather(expr: Extract<Expr, { kind: 'gather' }>, scope: Scope): Value {
    const row = this.value(expr.row, scope)
    const rest = expr.rest.map((i) => substitute(i, scope.at))
    const { lanes, block } = scope
    const rows = row.wide ? [0, 1, 2, 3].map((l) => `${row.text}.${'xyzw'[l]}`) : [row.text]
    const wide = row.wide || (lanes !== undefined && rest.some((i) => dependsOn(i, lanes)))
    const read = (text: string, at: readonly Affine[]): string => {
      const position = block.let('float', `floor(${text})`)
      const inside = block.let('bool', `${position} >= 0.0 && ${position} < ${literal(expr.shape[0]!)}`)
      return block.let(
        'float',
        `${inside} ? ${this.#textures.dynamic(expr.slot, position, expr.shape, at, block)} : ${given(NaN)}`
      )
    }
    if (!wide) return { text: read(rows[0]!, rest), wide: false }
    const each = [0, 1, 2, 3].map((l) => {
      const at = rest.map((i) => this.#lane(i, scope)[l]!)
      return read(rows[l] ?? rows[0]!, at)
    })
    return { text: `vec4(${each.join(', ')})`, wide: true }
  }
}
