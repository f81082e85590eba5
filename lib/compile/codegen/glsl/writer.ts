import { boundsOf, constant, scale, shift, variable, type Affine, type Var } from '../../../core/affine.ts'
import { raise } from '../../../base/raise.ts'
import type { Costs } from '../../kernel/costs.ts'
import { ownSumMinTerms, sharedAddressMaxFragments } from '../../kernel/heuristics.ts'
import {
  reductionLoopOf,
  guarded,
  variablesIn,
  type Expr,
  type ReductionExpr,
  type ReductionLoop,
  type Kernel
} from '../../kernel/ir.ts'
import { loopsOf, type Loops } from '../../kernel/loops.ts'
import { sumLoops } from '../nest.ts'
import { Memo, type Scope, type Value, widened } from '../scope.ts'
import { Names } from '../names.ts'
import { Block } from '../block.ts'
import { applied, call, channel, code, joined, named, type Code } from '../code.ts'
import { identityOf, type Language, type NestLoop } from '../language.ts'
import type { KernelSource } from '../program.ts'
import { writeReduction } from '../reduction.ts'
import { ValueWriter } from '../values.ts'
import { LaneAccesses } from './accesses.ts'
import { glsl } from './language.ts'
import { programOf, type UniformLimits } from './uniforms.ts'
import { placeOf } from './place.ts'
import { TextureReads } from './textures.ts'
import { fragments, offsetsOf, sliceLayout } from '../../kernel/slices.ts'
import { accumulated, productOf, summed, type Term } from './terms.ts'
import { tileOf, type Tiling } from '../../kernel/tiling.ts'

/** One texel of the output that a fragment computes: its index, and the names of its totals. */
interface Result {
  readonly totals: readonly string[]
  readonly texel: Affine
  /** The indices of its four elements along the leading axis. */
  readonly elements: readonly Affine[]
  readonly at: (v: Var) => Affine | undefined
}

/**
 * The program of a kernel: a GLSL function `vec4 body()` that reads the samplers `user_a0`, `user_a1` … It returns the
 * first result, and leaves the others in the variables that gpu.js's kernel maps read. An index that exceeds the device's
 * integers is an error.
 */
export const glslOf = (kernel: Kernel, dialect: Dialect, tiling?: Tiling): KernelSource => {
  const loop = reductionLoopOf(kernel)
  const how = tiling ?? (loop && tileOf(kernel, loop, 1, dialect.costs))
  return programOf(new Writer(kernel, dialect, how).write(), how?.heavy === true, dialect.uniforms)
}

/** What generated GLSL depends on: the limits and the dialect of a device. */
export interface Dialect {
  readonly textureSize: number
  readonly fetch: 'texture' | 'texture2D'
  /** The largest integer. */
  readonly largestInteger: number
  readonly costs: Costs
  readonly uniforms: UniformLimits
}

class Writer {
  readonly #small: boolean
  readonly #counter = { next: 0 }
  readonly #variables = variablesIn()
  readonly #names: Names
  readonly #root: Block
  readonly #textures: TextureReads
  readonly #accesses: LaneAccesses
  readonly #values: ValueWriter
  readonly #language: Language
  constructor(
    readonly kernel: Kernel,
    readonly dialect: Dialect,
    readonly tiling: Tiling | undefined
  ) {
    this.#root = new Block(this.#counter)
    this.#language = glsl(tiling?.heavy === true)
    this.#names = new Names(this.#language, dialect.largestInteger)
    this.#small = !tiling?.heavy && fragments(kernel.shape) <= sharedAddressMaxFragments
    this.#textures = new TextureReads(kernel, dialect, this.#names, this.#root, this.#small)
    this.#accesses = new LaneAccesses(this.#names, this.#textures)
    this.#values = new ValueWriter(this.#accesses)
  }

  /** The lines of the body. */
  write(): readonly Code[] {
    const block = this.#root
    const loop = reductionLoopOf(this.kernel)
    const tile = this.tiling?.tile ?? this.kernel.shape.map(() => 1)
    const results = this.#decode(block, tile, loop?.all.length ?? 0)
    if (loop) this.#reduction(loop, results, block)
    const values = results.flatMap(({ totals, texel, at }) => {
      const memo = this.#memo(
        new Map(loop?.all.map((reduction, k) => [reduction, { code: named(totals[k]!), wide: true }]))
      )
      const scope: Scope = { block, lanes: this.kernel.out[0], texel, at, memo }
      return this.kernel.bodies.map((body) => widened(this.#values.value(body, scope)))
    })
    const [result, ...others] = values
    const stores = others.map((value, i) => code`subKernelResult_p${String(i + 1)} = ${value};`)
    return [...block.lines, ...stores, code`return ${result!};`].map((line) => code`  ${line}`)
  }

  #memo(fixed?: ReadonlyMap<Expr, Value>): Memo {
    return new Memo(this.#variables, fixed)
  }

  /** The results of a fragment: a tile of the output. */
  #decode(block: Block, tile: readonly number[], loop: number): readonly Result[] {
    const { out, shape } = this.kernel
    const place = placeOf(sliceLayout(shape, tile, this.dialect.textureSize), !this.tiling?.heavy, this.#names, block)
    this.#textures.place = place
    const along = place.index.map((at, k) =>
      Array.from({ length: tile[k] ?? 1 }, (_, j) => shift(scale(at, tile[k] ?? 1), j))
    )
    const [texels = [constant(0)]] = along
    const elements = texels.map((texel) => [0, 1, 2, 3].map((lane) => shift(scale(texel, 4), lane)))
    return offsetsOf(tile).map((offset, i): Result => {
      const places = along.map((list, k) => list[offset[k] ?? 0]!)
      const at = (w: Var): Affine | undefined => (out.indexOf(w) > 0 ? places[out.indexOf(w)] : undefined)
      const totals = Array.from({ length: loop }, (_, k) => `total${i * loop + k}`)
      const [first = 0] = offset
      return { totals, texel: texels[first]!, elements: elements[first]!, at }
    })
  }

  // ---- reductions ----------------------------------------------------------------------------------------------------

  #reduction(loop: ReductionLoop, results: readonly Result[], outer: Block): void {
    const { tiling } = this
    if (!tiling) return raise('compile', 'a reduction has no tiling')
    const { counters, twins, steps: all } = loopsOf(loop, tiling, () => outer.fresh('i'))
    for (const { v, name } of counters) this.#names.set(v, named(name))
    for (const [v, twin] of twins) this.#textures.twins.set(v, twin)
    const memo = this.#memo()
    const products = !tiling.lanes && loop.all.every(({ op, body: term }) => productOf(op, term))
    const inTurns = products && results.length > 1
    const own = inTurns && all.length >= ownSumMinTerms
    const loops = (fresh: () => string): readonly NestLoop[] =>
      loop.op.adds
        ? sumLoops(counters, own ? 1 : all.length, tiling.heavy, fresh)
        : counters.map((counter) => ({ ...counter, fresh: false }))
    const totals = results.flatMap((result) => result.totals)
    writeReduction({ op: loop.op, totals, loops }, this.#language, outer, (sums, body) => {
      const termsOf = (result: Result, steps: Loops['steps']): readonly Term[] =>
        loop.all.flatMap((reduction, k) => {
          const total = sums[totals.indexOf(result.totals[k]!)]!
          return steps.flatMap((step) => this.#term(reduction, tiling, { ...result, total }, step, body, memo))
        })
      // dot products and named terms take more registers: each is accumulated right where it is computed
      if (!inTurns)
        for (const result of results) for (const step of all) body.add(...accumulated(termsOf(result, [step]), body))
      else {
        // all loads first: each is a call in llvmpipe, and registers do not survive calls
        const lists = results.map((result) => termsOf(result, all))
        body.add(...summed(lists, body, own))
      }
    })
  }

  #term(
    reduction: ReductionExpr,
    { lanes }: Tiling,
    result: Result & { readonly total: string },
    steps: ReadonlyMap<Var, Affine>,
    block: Block,
    memo: Memo
  ): readonly Term[] {
    const { op } = reduction
    const { total, texel, elements } = result
    const beyond = reduction.vars.filter((v) => v !== lanes).map((v) => ({ index: steps.get(v)!, extent: v.extent }))
    const term = guarded(beyond, reduction.body)
    const at = (v: Var): Affine | undefined => (v === lanes ? undefined : (steps.get(v) ?? result.at(v)))
    const own = this.kernel.out[0]
    if (!lanes) {
      const scope: Scope = { block, lanes: own, texel, at, memo }
      return this.#products(op, total, term, scope) ?? [{ op, total, value: widened(this.#values.value(term, scope)) }]
    }
    const count = Math.min(4, own?.extent ?? 1)
    return Array.from({ length: count }, (_, lane) => {
      const place = (v: Var): Affine | undefined => (v === own ? elements[lane] : at(v))
      const scope: Scope = { block, lanes, texel: steps.get(lanes)!, at: place, memo }
      return { op, total: `${total}.${'xyzw'[lane]!}`, value: this.#across(op, term, lanes, scope) }
    })
  }

  /** The term of a sum of products, without a name of its own (one line less for the driver); none if it is 0. */
  #products(op: ReductionExpr['op'], total: string, term: Expr, scope: Scope): readonly Term[] | undefined {
    const product = productOf(op, term)
    if (!product) return undefined
    const guards = this.#accesses.open(product.guards, scope)
    if (!guards) return []
    if (guards.some((g) => this.#accesses.inLanes(g, scope))) return undefined
    const [a, b] = product.factors.map((factor) => this.#values.value(factor, scope))
    const value = code`${b!.wide ? a!.code : widened(a!)} * ${b!.code}`
    return [{ op, total, value, condition: this.#accesses.condition(guards, scope.block) }]
  }

  /** Reduces the four lanes of a value; lanes past the end do not count. */
  #across(op: ReductionExpr['op'], body: Expr, lanes: Var, scope: Scope): Code {
    const tail = lanes.extent % 4 !== 0 && boundsOf(scope.texel)[1] >= Math.floor(lanes.extent / 4)
    const product = tail ? undefined : productOf(op, body)
    if (product?.guards.length === 0) {
      const factors = product.factors.map((factor) => widened(this.#values.value(factor, scope)))
      return code`dot(${joined(factors, ', ')})`
    }
    const value = widened(this.#values.value(body, scope))
    const whole = tail ? this.#withoutTail(op, value, lanes, scope) : value
    if (op.adds) return code`dot(${whole}, vec4(1.0))`
    const name = scope.block.let('vec4', whole)
    const [x, y, z, w] = [0, 1, 2, 3].map((i) => channel(name, i)) as [Code, Code, Code, Code]
    const both = (a: Code, b: Code): Code => applied(op, [a, b])
    return both(both(x, y), both(z, w))
  }

  #withoutTail(op: ReductionExpr['op'], value: Code, lanes: Var, scope: Scope): Code {
    const within = this.#accesses.within({ index: variable(lanes), extent: lanes.extent }, scope)
    return code`${call('select')}(${within}, ${value}, vec4(${identityOf(op, this.#language)}))`
  }
}
