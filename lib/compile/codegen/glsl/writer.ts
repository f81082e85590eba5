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
  type Guard,
  type Var
} from '../../../core/affine.ts'
import { raise } from '../../../base/raise.ts'
import { reductions } from '../../../core/reductions.ts'
import type { Shape } from '../../../core/shape.ts'
import type { Costs } from '../../kernel/costs.ts'
import {
  dependsOn,
  foldsOf,
  helpersOf,
  guarded,
  openOf,
  variablesIn,
  type Expr,
  type Fold,
  type Folds,
  type Kernel
} from '../../kernel/ir.ts'
import { dividesInFloats as isHalved, fitsFloats } from '../../kernel/exact.ts'
import { withFunctions } from './prelude.ts'
import { loopsOf, type Loops } from '../../kernel/loops.ts'
import { glslLoops, nested, sumLoops } from '../nest.ts'
import { Memo, type Scope, type Value } from '../scope.ts'
import { Names } from '../names.ts'
import { Block, literal } from '../block.ts'
import { fixed, generic, given, type UniformLimits, type KernelSource } from '../uniforms.ts'
import { placeOf } from './place.ts'
import { divisibleByFour, quarter, TextureReads } from './textures.ts'
import { fragments, offsetsOf, planeLayout } from '../../kernel/planes.ts'
import { accumulated, identityOf, productOf, summed, type Term } from '../terms.ts'
import { tileOf, type Tiling } from '../../kernel/tiling.ts'

/** One of the places that a fragment computes results for: where it lies, and the names of its sums. */
interface Result {
  readonly totals: readonly string[]
  readonly texel: Affine
  /** The four elements of its texel. */
  readonly elements: readonly Affine[]
  readonly at: (v: Var) => Affine | undefined
}

/**
 * The body of a kernel as a GLSL function `vec4 body()` that reads the samplers `user_a0`, `user_a1` … A tiled kernel
 * has one body, and leaves its further results where gpu.js's kernel maps take them.
 */
export const glslOf = (kernel: Kernel, dialect: Dialect, tiling?: Tiling): KernelSource => {
  const folds = foldsOf(kernel)
  const how = tiling ?? (folds && tileOf(kernel, folds, 1, dialect.costs))
  const body = new Writer(kernel, dialect, how).write()
  const { text, numbers } = (how?.heavy ? fixed : generic)(body, dialect.numbers)
  return { text: withFunctions(text, helpersOf(kernel)), numbers }
}

/** What a device's GL allows and how it says it. */
export interface Dialect {
  readonly textureSize: number
  readonly fetch: 'texture' | 'texture2D'
  /** The largest integer. */
  readonly mostCounted: number
  readonly costs: Costs
  readonly numbers: UniformLimits
}

/** A turn of as many terms may well add them up by themselves: that is one addition more, and shorter sums. */
const manyTerms = 8

/** An output of more fragments than this is worth addresses that leave out what is 0. */
const large = 130_000

class Writer {
  readonly #small: boolean
  readonly #counter = { next: 0 }
  readonly #variables = variablesIn()
  readonly #names: Names
  readonly #root: Block
  readonly #textures: TextureReads
  constructor(
    readonly kernel: Kernel,
    readonly dialect: Dialect,
    readonly tiling: Tiling | undefined
  ) {
    this.#root = new Block(this.#counter)
    this.#names = new Names(dialect.mostCounted)
    this.#small = !tiling?.heavy && fragments(kernel.shape) <= large
    this.#textures = new TextureReads(kernel, dialect, this.#names, this.#root, this.#small)
  }

  write(): string {
    const block = this.#root
    const folds = foldsOf(this.kernel)
    const tile = this.tiling?.tile ?? this.kernel.shape.map(() => 1)
    const results = this.#decode(block, tile, folds?.all.length ?? 0)
    if (folds) this.#fold(folds, results, block)
    const values = results.flatMap(({ totals, texel, at }) => {
      const memo = this.#memo(new Map(folds?.all.map((fold, k) => [fold, { text: totals[k]!, wide: true }])))
      const scope: Scope = { block, lanes: this.kernel.out[0], texel, at, memo }
      return this.kernel.bodies.map((body) => this.#wide(this.#value(body, scope)))
    })
    const [result, ...others] = values
    const stores = others.map((text, i) => `subKernelResult_p${i + 1} = ${text};`)
    return [
      'vec4 body() {',
      ...[...block.lines, ...stores].map((line) => `  ${line}`),
      `  return ${result};`,
      '}'
    ].join('\n')
  }

  #memo(fixed?: ReadonlyMap<Expr, Value>): Memo {
    return new Memo(this.#variables, fixed)
  }

  /** The place of each result in the output. */
  #decode(block: Block, tile: readonly number[], folds: number): readonly Result[] {
    const { out, shape } = this.kernel
    const place = placeOf(planeLayout(shape, tile, this.dialect.textureSize), !this.tiling?.heavy, this.#names, block)
    this.#textures.place = place
    const along = place.index.map((at, k) =>
      Array.from({ length: tile[k] ?? 1 }, (_, j) => shift(scale(at, tile[k] ?? 1), j))
    )
    const [texels = [constant(0)]] = along
    const elements = texels.map((texel) => [0, 1, 2, 3].map((lane) => shift(scale(texel, 4), lane)))
    return offsetsOf(tile).map((offset, i): Result => {
      const places = along.map((list, k) => list[offset[k] ?? 0]!)
      const at = (w: Var): Affine | undefined => (out.indexOf(w) > 0 ? places[out.indexOf(w)] : undefined)
      const totals = Array.from({ length: folds }, (_, k) => `total${i * folds + k}`)
      const [first = 0] = offset
      return { totals, texel: texels[first]!, elements: elements[first]!, at }
    })
  }

  #number(a: Affine, block: Block): string {
    return this.#names.number(a, block)
  }

  #wide({ text, wide }: Value): string {
    return wide ? text : `vec4(${text})`
  }

  // ---- folds ----------------------------------------------------------------------------------------------------

  #fold(folds: Folds, results: readonly Result[], outer: Block): void {
    const { tiling } = this
    if (!tiling) return raise('compile', 'a fold without a tiling')
    const start = identityOf(folds.op)
    for (const { totals } of results) for (const total of totals) outer.add(`vec4 ${total} = vec4(${start});`)
    const { counters, twins, steps: all } = loopsOf(folds, tiling, () => `i${this.#counter.next++}`)
    for (const { v, name } of counters) this.#names.set(v, name)
    for (const [v, twin] of twins) this.#textures.twins.set(v, twin)
    const body = new Block(this.#counter, outer)
    const memo = this.#memo()
    const products = !tiling.lanes && folds.all.every(({ op, body: term }) => productOf(op, term))
    const inTurns = products && results.length > 1
    const own = inTurns && all.length >= manyTerms
    const loops = reductions[folds.op].adds
      ? sumLoops(counters, own ? 1 : all.length, tiling.heavy, () => `i${this.#counter.next++}`)
      : counters.map((counter) => ({ ...counter, fresh: false }))
    const totals = results.flatMap((result) => result.totals)
    const { sums, around } = nested(loops, totals, () => `part${this.#counter.next++}`, glslLoops(tiling.heavy))
    const termsOf = (result: Result, steps: Loops['steps']): readonly Term[] =>
      folds.all.flatMap((fold, k) => {
        const total = sums[totals.indexOf(result.totals[k]!)]!
        return steps.flatMap((step) => this.#term(fold, tiling, { ...result, total }, step, body, memo))
      })
    const add = (lines: readonly string[]): void => lines.forEach((line) => body.add(line))
    // dot products and terms that have a name want more registers: each is added up where it is computed
    if (!inTurns) for (const result of results) for (const step of all) add(accumulated(termsOf(result, [step]), body))
    else {
      // all loads come first: each is a call in llvmpipe, which keeps nothing in registers
      const lists = results.map((result) => termsOf(result, all))
      add(summed(lists, body, own))
    }
    outer.add(around(body.lines).join('\n  '))
  }

  #term(
    fold: Fold,
    { lanes }: Tiling,
    result: Result & { readonly total: string },
    steps: ReadonlyMap<Var, Affine>,
    block: Block,
    memo: Memo
  ): readonly Term[] {
    const { op } = fold
    const { total, texel, elements } = result
    const beyond = fold.vars.filter((v) => v !== lanes).map((v) => ({ index: steps.get(v)!, extent: v.extent }))
    const term = guarded(beyond, fold.body)
    const at = (v: Var): Affine | undefined => (v === lanes ? undefined : (steps.get(v) ?? result.at(v)))
    const own = this.kernel.out[0]
    if (!lanes) {
      const scope: Scope = { block, lanes: own, texel, at, memo }
      return this.#products(op, total, term, scope) ?? [{ op, total, value: this.#wide(this.#value(term, scope)) }]
    }
    const count = Math.min(4, own?.extent ?? 1)
    return Array.from({ length: count }, (_, lane) => {
      const place = (v: Var): Affine | undefined => (v === own ? elements[lane] : at(v))
      const scope: Scope = { block, lanes, texel: steps.get(lanes)!, at: place, memo }
      return { op, total: `${total}.${'xyzw'[lane]}`, value: this.#across(op, term, lanes, scope) }
    })
  }

  /** The term of a sum of products, which needs no name (a driver reads a line less); none where it is 0. */
  #products(op: Fold['op'], total: string, term: Expr, scope: Scope): readonly Term[] | undefined {
    const product = productOf(op, term)
    if (!product) return undefined
    const guards = this.#open(product.guards, scope)
    if (!guards) return []
    if (guards.some((g) => this.#inLanes(g, scope))) return undefined
    const [a, b] = product.factors.map((factor) => this.#value(factor, scope))
    const value = `${b!.wide ? a!.text : this.#wide(a!)} * ${b!.text}`
    return [{ op, total, value, condition: this.#condition(guards, scope.block) }]
  }

  /** The fold of the four lanes of a value; lanes past the end do not count. */
  #across(op: Fold['op'], body: Expr, lanes: Var, scope: Scope): string {
    const tail = lanes.extent % 4 !== 0 && boundsOf(scope.texel)[1] >= Math.floor(lanes.extent / 4)
    const product = tail ? undefined : productOf(op, body)
    if (product?.guards.length === 0)
      return `dot(${product.factors.map((factor) => this.#wide(this.#value(factor, scope))).join(', ')})`
    const value = this.#wide(this.#value(body, scope))
    const whole = tail
      ? `select(${this.#within({ index: variable(lanes), extent: lanes.extent }, scope)}, ${value}, vec4(${identityOf(op)}))`
      : value
    const { adds, text } = reductions[op]
    if (adds) return `dot(${whole}, vec4(1.0))`
    const name = scope.block.let('vec4', whole)
    return text(text(`${name}.x`, `${name}.y`), text(`${name}.z`, `${name}.w`))
  }

  // ---- values ---------------------------------------------------------------------------------------------------

  #value(expr: Expr, scope: Scope): Value {
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
        return this.#guard(expr.guards, this.#value(expr.body, scope), scope)
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
    const values = args.map((arg) => this.#value(arg, scope))
    const wide = values.some((value) => value.wide)
    const { kernel } = row
    if (kernel.kind !== 'pointwise') return raise('compile', `${row.name} is not pointwise`)
    return { text: kernel.text(...values.map((value) => (wide ? this.#wide(value) : value.text))), wide }
  }

  /** An index as a number: four of them where it depends on the variable in the lanes. */
  #position(a: Affine, scope: Scope): Value {
    const { lanes, block } = scope
    if (!lanes || !dependsOn(a, lanes)) return { text: this.#number(a, block), wide: false }
    const each = this.#lane(a, scope).map((i) => this.#number(i, block))
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
    const open = this.#open(guards, scope)
    if (!open) return { text: '0.0', wide: false }
    const lanewise = open.filter((g) => this.#inLanes(g, scope))
    const condition = this.#condition(
      open.filter((g) => !lanewise.includes(g)),
      scope.block
    )
    const kept = condition ? `(${condition} ? ${value.text} : ${value.wide ? 'vec4(0.0)' : '0.0'})` : value.text
    return lanewise.reduce<Value>(
      (v, g) => ({ text: `select(${this.#within(g, scope)}, ${this.#wide(v)}, vec4(0.0))`, wide: true }),
      { text: kept, wide: value.wide }
    )
  }

  // lanes past the end may hold anything, so only the indices that exist count
  #open(guards: readonly Guard[], { at }: Scope): readonly Guard[] | undefined {
    return openOf(guards.map((g) => ({ ...g, index: substitute(g.index, at) })))
  }

  #inLanes({ index }: Guard, { lanes }: Scope): boolean {
    return lanes !== undefined && dependsOn(index, lanes)
  }

  /** The name of what guards that are the same in all lanes ask. */
  #condition(guards: readonly Guard[], block: Block): string | undefined {
    if (guards.length === 0) return undefined
    const conditions = guards.flatMap(({ index, extent }) => {
      const [lo, hi] = boundsOf(index)
      const [text, zero, end] = fitsFloats(index)
        ? [this.#number(index, block), '0.0', literal(extent)]
        : [this.#names.integer(index, block), '0', String(extent)]
      return [...(lo < 0 ? [`${text} >= ${zero}`] : []), ...(hi >= extent ? [`${text} < ${end}`] : [])]
    })
    return block.let('bool', [...new Set(conditions)].sort().join(' && '))
  }

  /** 1 in the lanes where 0 ≤ index < extent. */
  #within({ index, extent }: Guard, scope: Scope): string {
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
    const row = this.#value(expr.row, scope)
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
