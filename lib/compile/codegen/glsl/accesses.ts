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
import type { Shape } from '../../../core/shape.ts'
import { dependsOn, openOf, type Expr } from '../../kernel/ir.ts'
import { dividesInFloats as isHalved, fitsFloats } from '../../kernel/exact.ts'
import type { Block } from '../block.ts'
import { call, channel, code, joined, literal, shown, size, type Code } from '../code.ts'
import type { Names } from '../names.ts'
import { widened, type Scope, type Value } from '../scope.ts'
import type { Accesses } from '../values.ts'
import { divisibleByFour, quarter, type TextureReads } from './textures.ts'

type Gather = Extract<Expr, { kind: 'gather' }>

/** GLSL's indices, guards and loads: one number for all lanes, or one for each. */
export class LaneAccesses implements Accesses {
  readonly #names: Names
  readonly #textures: TextureReads
  constructor(names: Names, textures: TextureReads) {
    this.#names = names
    this.#textures = textures
  }

  /** An index as a number, or as four numbers if it depends on the variable in the lanes. */
  index(a: Affine, scope: Scope): Value {
    const { lanes, block } = scope
    if (!lanes || !dependsOn(a, lanes)) return { code: this.#names.number(a, block), wide: false }
    const each = this.#lane(a, scope).map((i) => this.#names.number(i, block))
    const k = coefficient(a, lanes)
    const simple = !dependsOn(addAffine(a, scale(variable(lanes), -k)), lanes)
    return simple
      ? { code: code`(${each[0]!} + ${literal(k)} * vec4(0.0, 1.0, ${literal(2)}, ${literal(3)}))`, wide: true }
      : { code: code`vec4(${joined(each, ', ')})`, wide: true }
  }

  /** An index at each of the four lanes. */
  #lane(a: Affine, { lanes, texel }: Scope): readonly Affine[] {
    return [0, 1, 2, 3].map((l) => substitute(a, (v) => (v === lanes ? shift(scale(texel, 4), l) : undefined)))
  }

  guard(guards: readonly Guard[], value: Value, scope: Scope): Value {
    const open = this.open(guards, scope)
    if (!open) return { code: literal(0), wide: false }
    const lanewise = open.filter((g) => this.inLanes(g, scope))
    const condition = this.condition(
      open.filter((g) => !lanewise.includes(g)),
      scope.block
    )
    const kept = condition ? code`(${condition} ? ${value.code} : ${value.wide ? 'vec4(0.0)' : '0.0'})` : value.code
    return lanewise.reduce<Value>(
      (v, g) => ({ code: code`${call('select')}(${this.within(g, scope)}, ${widened(v)}, vec4(0.0))`, wide: true }),
      { code: kept, wide: value.wide }
    )
  }

  /** The guards that do not always hold; lanes past the end may hold anything, so only existing indices count. */
  open(guards: readonly Guard[], { at }: Scope): readonly Guard[] | undefined {
    return openOf(guards.map((g) => ({ ...g, index: substitute(g.index, at) })))
  }

  /** Whether a guard differs from lane to lane. */
  inLanes({ index }: Guard, { lanes }: Scope): boolean {
    return lanes !== undefined && dependsOn(index, lanes)
  }

  /** The name of a condition: that guards which are the same in all lanes hold. */
  condition(guards: readonly Guard[], block: Block): Code | undefined {
    if (guards.length === 0) return undefined
    const conditions = guards.flatMap(({ index, extent }) => {
      const [lo, hi] = boundsOf(index)
      const [at, zero, end] = fitsFloats(index)
        ? [this.#names.number(index, block), '0.0', literal(extent)]
        : [this.#names.integer(index, block), '0', String(extent)]
      return [...(lo < 0 ? [code`${at} >= ${zero}`] : []), ...(hi >= extent ? [code`${at} < ${end}`] : [])]
    })
    return block.let('bool', joined(inOrder(conditions), ' && '))
  }

  /** 1 in each lane with 0 ≤ index < extent, else 0. */
  within({ index, extent }: Guard, scope: Scope): Code {
    if (!isHalved(index) || !isHalved({ c: extent, terms: [] })) {
      const each = this.#lane(index, scope).map((i) => this.#names.integer(i, scope.block))
      const inside = each.map((i) => code`${i} >= 0 && ${i} < ${String(extent)} ? 1.0 : 0.0`)
      return scope.block.let('vec4', code`vec4(${joined(inside, ', ')})`)
    }
    const name = scope.block.let('vec4', this.index(index, scope).code)
    return scope.block.let('vec4', code`step(vec4(-0.5), ${name}) * step(${name}, vec4(${literal(extent - 0.5)}))`)
  }

  // ---- loads ----------------------------------------------------------------------------------------------------

  load(slot: number, shape: Shape, index: readonly Affine[], scope: Scope): Value {
    const { lanes, texel, block } = scope
    const [first = constant(0), ...rest] = index
    // an element alone in its texel is read as the texel, so that the program is the same as for longer axes
    const alone = lanes?.extent === 1 && shape.length > 0 && first.terms.length === 0 && first.c === 0
    if (alone && this.#textures.isHere(slot, index))
      return { code: this.#textures.texel(slot, index, block), wide: true }
    if (!lanes || !index.some((i) => dependsOn(i, lanes))) {
      return { code: this.#textures.element(slot, shape, index, block), wide: false }
    }
    const others = addAffine(first, scale(variable(lanes), -1))
    const consecutive =
      coefficient(first, lanes) === 1 && divisibleByFour(others) && ![others, ...rest].some((i) => dependsOn(i, lanes))
    if (consecutive) {
      const at = addAffine(texel, quarter(others))
      return { code: this.#textures.texel(slot, [at, ...rest], block), wide: true }
    }
    const each = [0, 1, 2, 3].map((l) => {
      const lane = index.map((i) => this.#lane(i, scope)[l]!)
      return this.#textures.element(slot, shape, lane, block)
    })
    return { code: code`vec4(${joined(each, ', ')})`, wide: true }
  }

  gather({ slot, shape }: Gather, row: Value, rest: readonly Affine[], scope: Scope): Value {
    const { lanes, block } = scope
    const read = (number: Code, at: readonly Affine[]): Code => {
      const position = block.let('float', code`floor(${number})`)
      const inside = block.let('bool', code`${position} >= 0.0 && ${position} < ${literal(shape[0]!)}`)
      const element = this.#textures.dynamic(slot, position, shape, at, block)
      return block.let('float', code`${inside} ? ${element} : ${size(NaN)}`)
    }
    const wide = row.wide || (lanes !== undefined && rest.some((i) => dependsOn(i, lanes)))
    if (!wide) return { code: read(row.code, rest), wide: false }
    const each = [0, 1, 2, 3].map((l) => {
      const at = rest.map((i) => this.#lane(i, scope)[l]!)
      return read(row.wide ? channel(row.code, l) : row.code, at)
    })
    return { code: code`vec4(${joined(each, ', ')})`, wide: true }
  }
}

/** Conditions, each once and in an order of their own, so that equal ones have one name. */
const inOrder = (conditions: readonly Code[]): readonly Code[] => {
  const distinct = new Map(conditions.map((condition) => [shown(condition), condition]))
  return [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, condition]) => condition)
}
