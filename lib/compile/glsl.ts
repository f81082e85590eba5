import {
  addAffine,
  boundsOf,
  coefficient,
  constant,
  freshVar,
  scale,
  shift,
  substitute,
  variable,
  type Affine,
  type Guard,
  type Var
} from '../core/affine.ts'
import { raise } from '../core/raise.ts'
import type { Shape } from '../core/shape.ts'
import type { Costs } from './costs.ts'
import { dependsOn, foldsOf, variablesIn, type Expr, type Fold, type Folds, type Kernel } from './expr.ts'
import { withFunctions } from './prelude.ts'
import { Memo, type Scope, type Value } from './memo.ts'
import { Names } from './names.ts'
import { Block, literal } from './text.ts'
import { fixed, generic, given, type Numbers, type Source } from './numbers.ts'
import { placeOf } from './place.ts'
import { divisibleByFour, quarter, Textures } from './textures.ts'
import { fragments, offsetsOf, planeLayout } from './planes.ts'
import { tileOf, type Tiling } from './tile.ts'

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
export const glslOf = (kernel: Kernel, dialect: Dialect, tiling?: Tiling): Source => {
  const folds = foldsOf(kernel)
  const how = tiling ?? (folds && tileOf(kernel, folds, 1, dialect.costs))
  const body = new Writer(kernel, dialect, how).write()
  const { text, numbers } = (how?.heavy ? fixed : generic)(body, dialect.numbers)
  return { text: withFunctions(text), numbers }
}

/** What a device's GL allows and how it says it. */
export interface Dialect {
  readonly textureSize: number
  readonly fetch: 'texture' | 'texture2D'
  readonly costs: Costs
  readonly numbers: Numbers
}

/** An output of more fragments than this is worth addresses that leave out what is 0. */
const large = 130_000
/** So many sums of a tile are added up side by side: a processor's registers hold no more, and one waits for itself. */
const together = 2

class Writer {
  readonly #small: boolean
  readonly #counter = { next: 0 }
  readonly #variables = variablesIn()
  readonly #names = new Names()
  readonly #root: Block
  readonly #textures: Textures
  constructor(
    readonly kernel: Kernel,
    readonly dialect: Dialect,
    readonly tiling: Tiling | undefined
  ) {
    this.#root = new Block(this.#counter)
    this.#small = !tiling?.heavy && fragments(kernel.shape) <= large
    this.#textures = new Textures(kernel, dialect, this.#names, this.#root, this.#small)
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
    const start = folds.op === 'sum' ? '0.0' : given(-Infinity)
    for (const { totals } of results) for (const total of totals) outer.add(`vec4 ${total} = vec4(${start});`)
    const loops = this.#loops(folds, tiling)
    const body = new Block(this.#counter, outer)
    const memo = this.#memo()
    const termsOf = (result: Result, steps: ReadonlyMap<Var, Affine>): readonly string[] =>
      folds.all.flatMap((fold, k) =>
        this.#term(fold, tiling, { ...result, total: result.totals[k]! }, steps, body, memo)
      )
    const products = folds.all.every(({ op, body: term }) => factorsOf(op, term).length > 0)
    // dot products and terms that have a name want more registers: one sum after the other
    if (tiling.lanes || !products || results.length === 1)
      for (const result of results)
        for (const steps of loops.steps) termsOf(result, steps).forEach((line) => body.add(line))
    else {
      // all loads come first: each is a call in llvmpipe, which keeps nothing in registers
      const terms = loops.steps.map((steps) => results.map((result) => termsOf(result, steps)))
      for (let i = 0; i < results.length; i += together)
        for (const step of terms)
          step.slice(i, i + together).forEach((lines) => lines.forEach((line) => body.add(line)))
    }
    const open = loops.counters.map(
      ({ name, trips }) => `for (float ${name} = 0.0; ${name} < ${literal(trips)}; ${name} += 1.0) {`
    )
    outer.add([...open, ...body.lines.map((line) => `  ${line}`), '}'.repeat(open.length)].join('\n  '))
  }

  /** The loops that remain, longest innermost, and every combination of unrolled steps. */
  #loops({ vars }: Folds, { unroll, lanes, heavy }: Tiling) {
    const tripsOf = (v: Var): number => Math.ceil((v === lanes ? Math.ceil(v.extent / 4) : v.extent) / unroll.get(v)!)
    const looped = vars.filter((v) => tripsOf(v) > 1).sort((a, b) => tripsOf(a) - tripsOf(b))
    // one loop is written as two, so that sums over one axis and over two are one program
    const twin = looped.length === 1 && !heavy ? [this.#counted(1, 2)] : []
    const counted = new Map(looped.map((v) => [v, this.#counted(tripsOf(v))]))
    const counters = [...twin, ...counted.values()]
    if (twin[0]) this.#textures.twins.set(counters[1]!.v, twin[0].v)
    const steps = vars.reduce<readonly ReadonlyMap<Var, Affine>[]>(
      (all, v) => {
        const k = unroll.get(v)!
        const block = counted.get(v)
        const at = block ? scale(variable(block.v), k) : constant(0)
        const offsets = Array.from({ length: k }, (_, j) => shift(at, j))
        return all.flatMap((step) => offsets.map((place) => new Map([...step, [v, place]])))
      },
      [new Map()]
    )
    return { counters, steps }
  }

  /** A loop's counter, under a name of its own. */
  #counted(trips: number, extent = trips) {
    const [v, name] = [freshVar(extent), `i${this.#counter.next++}`]
    this.#names.set(v, name)
    return { v, name, trips }
  }

  #term(
    fold: Fold,
    { lanes }: Tiling,
    result: Result & { readonly total: string },
    steps: ReadonlyMap<Var, Affine>,
    block: Block,
    memo: Memo
  ): readonly string[] {
    const { total, texel, elements } = result
    const beyond = fold.vars.filter((v) => v !== lanes).flatMap((v) => past(steps.get(v)!, v.extent))
    const guarded: Expr = beyond.length > 0 ? { kind: 'guard', guards: beyond, body: fold.body } : fold.body
    const at = (v: Var): Affine | undefined => (v === lanes ? undefined : (steps.get(v) ?? result.at(v)))
    if (!lanes) {
      const scope: Scope = { block, lanes: this.kernel.out[0], texel, at, memo }
      return [accumulated(fold, total, this.#product(fold, guarded, scope) ?? this.#wide(this.#value(guarded, scope)))]
    }
    const own = this.kernel.out[0]
    const count = Math.min(4, own?.extent ?? 1)
    return Array.from({ length: count }, (_, lane) => {
      const place = (v: Var): Affine | undefined => (v === own ? elements[lane] : at(v))
      const scope: Scope = { block, lanes, texel: steps.get(lanes)!, at: place, memo }
      return accumulated(fold, `${total}.${'xyzw'[lane]}`, this.#across(fold.op, guarded, lanes, scope))
    })
  }

  /** A term of a sum of products, which needs no name: a driver reads a line less. */
  #product({ op }: Fold, body: Expr, scope: Scope): string | undefined {
    const [a, b] = factorsOf(op, body).map((factor) => this.#value(factor, scope))
    return a && b && `${a.text} * ${b.text}`
  }

  /** The fold of the four lanes of a value; lanes past the end do not count. */
  #across(op: Fold['op'], body: Expr, lanes: Var, scope: Scope): string {
    const tail = lanes.extent % 4 !== 0 && boundsOf(scope.texel)[1] >= Math.floor(lanes.extent / 4)
    const [a, b] = tail ? [] : factorsOf(op, body).map((factor) => this.#wide(this.#value(factor, scope)))
    if (a && b) return `dot(${a}, ${b})`
    const value = this.#wide(this.#value(body, scope))
    const whole = tail
      ? `select(${this.#within({ index: variable(lanes), extent: lanes.extent }, scope)}, ${value}, vec4(${op === 'sum' ? '0.0' : given(-Infinity)}))`
      : value
    if (op === 'sum') return `dot(${whole}, vec4(1.0))`
    const name = scope.block.let('vec4', whole)
    return `max(max(${name}.x, ${name}.y), max(${name}.z, ${name}.w))`
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
    const at = guards.map((g) => ({ ...g, index: substitute(g.index, scope.at) }))
    const open = at.filter((g) => !this.#holds(g))
    if (at.some((g) => this.#fails(g))) return { text: '0.0', wide: false }
    const { lanes } = scope
    const narrow = open.filter((g) => !lanes || !dependsOn(g.index, lanes))
    const lanewise = open.filter((g) => !narrow.includes(g))
    const condition = narrow.flatMap((g) => this.#conditions(g.index, g.extent, scope.block))
    const zero = value.wide ? 'vec4(0.0)' : '0.0'
    const kept =
      condition.length === 0 ? value.text : `(${this.#all(condition, scope.block)} ? ${value.text} : ${zero})`
    return lanewise.reduce<Value>(
      (v, g) => ({ text: `select(${this.#within(g, scope)}, ${this.#wide(v)}, vec4(0.0))`, wide: true }),
      { text: kept, wide: value.wide }
    )
  }

  #all(conditions: readonly string[], block: Block): string {
    return block.let('bool', [...new Set(conditions)].sort().join(' && '))
  }

  // lanes past the end may hold anything, so only the indices that exist count
  #holds({ index, extent }: Guard): boolean {
    const [lo, hi] = boundsOf(index)
    return lo >= 0 && hi < extent
  }
  #fails({ index, extent }: Guard): boolean {
    const [lo, hi] = boundsOf(index)
    return hi < 0 || lo >= extent
  }

  #conditions(index: Affine, extent: number, block: Block): readonly string[] {
    const [lo, hi] = boundsOf(index)
    const text = this.#number(index, block)
    return [...(lo < 0 ? [`${text} >= 0.0`] : []), ...(hi >= extent ? [`${text} < ${literal(extent)}`] : [])]
  }

  /** 1 in the lanes where 0 ≤ index < extent. */
  #within({ index, extent }: Guard, scope: Scope): string {
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
      const texel = block.let('float', `floor((${position} + 0.5) * 0.25)`)
      const inside = block.let('bool', `${position} >= 0.0 && ${position} < ${literal(expr.shape[0]!)}`)
      return block.let('float', `${inside} ? ${this.#textures.dynamic(expr.slot, texel, position, at, block)} : 0.0`)
    }
    if (!wide) return { text: read(rows[0]!, rest), wide: false }
    const each = [0, 1, 2, 3].map((l) => {
      const at = rest.map((i) => this.#lane(i, scope)[l]!)
      return read(rows[l] ?? rows[0]!, at)
    })
    return { text: `vec4(${each.join(', ')})`, wide: true }
  }
}

// all operands are of one type: Mesa 22 crashes on max(max(vec4, float), constant)
const accumulated = ({ op }: Fold, total: string, value: string): string =>
  op === 'sum' ? `${total} += ${value};` : `${total} = max(${total}, ${value});`

/** The factors of a product that is summed up. */
const factorsOf = (op: Fold['op'], body: Expr): readonly Expr[] =>
  op === 'sum' && body.kind === 'apply' && body.row.name === 'mul' ? body.args : []

/** The guard of an unrolled step that may run past the end of its variable. */
const past = (at: Affine, extent: number): readonly Guard[] =>
  boundsOf(at)[1] >= extent ? [{ index: at, extent }] : []
