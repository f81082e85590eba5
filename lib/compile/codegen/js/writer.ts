import {
  addAffine,
  boundsOf,
  constant,
  freshVar,
  scale,
  substitute,
  variable,
  type Affine,
  type Guard,
  type Var
} from '../../../core/affine.ts'
import { less, lessEqual } from '../../../core/primitives.ts'
import { sizeOf, stridesOf, type Shape } from '../../../core/shape.ts'
import { checkCounted } from '../../kernel/exact.ts'
import { runningSumMaxTerms } from '../../kernel/heuristics.ts'
import { reductionLoopOf, variablesIn, type Expr, type ReductionExpr, type Kernel } from '../../kernel/ir.ts'
import { Block } from '../block.ts'
import { appliedRow, call, callsIn, code, joined, literal, named, numberText, rendered, type Code } from '../code.ts'
import { accumulate, type NestLoop } from '../language.ts'
import { Names } from '../names.ts'
import { nestOf } from '../nest.ts'
import type { KernelSource } from '../program.ts'
import { writeReduction } from '../reduction.ts'
import { Memo, type Scope, type Value } from '../scope.ts'
import { ValueWriter, type Accesses } from '../values.ts'
import { functionName, functionsOf } from './prelude.ts'
import { javaScript } from './language.ts'

/**
 * The program of a kernel in JavaScript, for backends without textures: one number per thread, row-major arrays, plain
 * loops. An index above `largestInteger`, up to which the backend's numbers are whole, is an error.
 */
export const javaScriptOf = (kernel: Kernel, largestInteger: number): KernelSource => {
  const body = new Writer(kernel, largestInteger).write()
  const text = rendered(body, numberText, functionName)
  return { text, uniforms: [], functions: functionsOf(callsIn(body)) }
}

const single = constant(0)
/** The index of an axis of size 1: the constant 0. */
const atSingle = (v: Var): Affine | undefined => (v.extent === 1 ? single : undefined)

class Writer {
  readonly #names: Names
  readonly #variables = variablesIn()
  readonly #counters = new Set<Var>()
  readonly #values: ValueWriter
  constructor(
    readonly kernel: Kernel,
    readonly largestInteger: number
  ) {
    this.#names = new Names(javaScript, largestInteger)
    this.#values = new ValueWriter(new ArrayAccesses(this.#names, this.#counters))
  }

  write(): Code {
    const block = new Block({ next: 0 }, undefined, 'let')
    this.#decode(block)
    const loop = reductionLoopOf(this.kernel)?.all ?? []
    const totals = new Map(
      loop.map((reduction) => [reduction, { code: named(this.#reduction(reduction, block)), wide: false }])
    )
    const result = this.#values.value(
      this.kernel.bodies[0]!,
      this.#scope(block, () => undefined, totals)
    ).code
    const names = this.kernel.inputs.map((_, i) => `a${i}`)
    const lines = [...block.lines, code`return ${result};`].map((line) => code`  ${line}`)
    return joined([code`function (${names.join(', ')}) {`, ...lines, code`}`], '\n')
  }

  #scope(block: Block, at: Scope['at'], totals?: ReadonlyMap<Expr, Value>): Scope {
    return { block, lanes: undefined, texel: single, at, memo: new Memo(this.#variables, totals) }
  }

  #decode(block: Block): void {
    const { out, shape } = this.kernel
    const whole: Affine = { c: sizeOf(shape), terms: [] }
    checkCounted(whole, this.largestInteger)
    let rest = named('this.thread.x')
    for (let i = out.length - 1; i >= 0; i--) {
      const { extent } = out[i]!
      if (extent === 1) continue
      const first = out.slice(0, i).every((v) => v.extent === 1)
      const [quotient, remainder] = first ? [rest, code`${rest} + 0.0`] : javaScript.divided(rest, extent, whole, block)
      this.#names.set(out[i]!, block.let('float', remainder))
      rest = quotient
    }
  }

  /** Writes a reduction; gives the name of its total. */
  #reduction({ op, vars, body }: ReductionExpr, outer: Block): string {
    const total = outer.fresh('total')
    const counted = vars.filter((v) => v.extent > 1).sort((a, b) => a.extent - b.extent)
    const counters = counted.map((v) => ({ name: outer.fresh('i'), trips: v.extent }))
    counted.forEach((v, i) => {
      this.#names.set(v, named(counters[i]!.name))
      this.#counters.add(v)
    })
    const loops = (fresh: () => string): readonly NestLoop[] =>
      op.adds
        ? nestOf(counters, 1, runningSumMaxTerms.light, fresh)
        : counters.map((counter) => ({ ...counter, fresh: false }))
    writeReduction({ op, totals: [total], loops }, javaScript, outer, ([sum], block) => {
      const value = this.#values.value(body, this.#scope(block, atSingle))
      block.add(accumulate(op, sum!, value.code, javaScript))
    })
    return total
  }
}

/** Reads of row-major arrays. */
class ArrayAccesses implements Accesses {
  readonly #names: Names
  /** Variables that are loop counters. */
  readonly #counters: ReadonlySet<Var>
  constructor(names: Names, counters: ReadonlySet<Var>) {
    this.#names = names
    this.#counters = counters
  }

  index(at: Affine, { block }: Scope): Value {
    return { code: this.#names.number(at, block), wide: false }
  }

  load(slot: number, shape: Shape, index: readonly Affine[], { block }: Scope): Value {
    return { code: code`a${String(slot)}[${this.#position(shape, index, block)}]`, wide: false }
  }

  /** The position of an element. A guarded element may lie outside the array, where a program must not read. */
  #position(shape: Shape, index: readonly Affine[], block: Block): Code {
    const strides = stridesOf(shape)
    const flat = index.reduce((sum, i, axis) => addAffine(sum, scale(i, strides[axis]!)), constant(0))
    const [lo, hi] = boundsOf(flat)
    const last = sizeOf(shape) - 1
    const at = this.#names.number(flat, block)
    return lo >= 0 && hi <= last ? at : code`${call('max')}(0.0, ${call('min')}(${literal(last)}, ${at}))`
  }

  guard(guards: readonly Guard[], value: Value, { block, at }: Scope): Value {
    const conditions = guards.flatMap(({ index, extent }) => this.#conditions(substitute(index, at), extent, block))
    if (conditions.length === 0) return value
    const all = block.let('float', joined(conditions, ' * '))
    return { code: code`${call('select')}(${all}, ${value.code}, 0.0)`, wide: false }
  }

  #conditions(index: Affine, extent: number, block: Block): readonly Code[] {
    const [lo, hi] = boundsOf(index)
    // gpu.js takes a loop's counter for an integer, and no integer for a parameter that was a float in another call
    const counted = index.terms.every(([v]) => this.#counters.has(v))
    const number = this.#names.number(index, block)
    const at = counted ? code`${call('floor')}(${number})` : number
    return [
      ...(lo < 0 ? [appliedRow(lessEqual.row, [code`0.0`, at])] : []),
      ...(hi >= extent ? [appliedRow(less.row, [at, literal(extent)])] : [])
    ]
  }

  gather(
    { slot, shape }: Extract<Expr, { kind: 'gather' }>,
    row: Value,
    rest: readonly Affine[],
    { block }: Scope
  ): Value {
    const floor = block.let('float', code`${call('floor')}(${row.code})`)
    const [start, end] = [
      appliedRow(lessEqual.row, [code`0.0`, floor]),
      appliedRow(less.row, [floor, literal(shape[0]!)])
    ]
    const inside = block.let('float', code`${start} * ${end}`)
    // a program must not read outside the array
    const number = block.let('float', code`${call('select')}(${inside}, ${floor}, 0.0)`)
    const lead = freshVar(shape[0]!)
    this.#names.set(lead, number)
    const element = code`a${String(slot)}[${this.#position(shape, [variable(lead), ...rest], block)}]`
    return { code: code`${call('select')}(${inside}, ${element}, 0.0 / 0.0)`, wide: false }
  }
}
