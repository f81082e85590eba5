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
import { raise } from '../../../base/raise.ts'
import { reductions } from '../../../core/reductions.ts'
import type { Helper } from '../../../core/tensor.ts'
import { sizeOf, stridesOf, type Shape } from '../../../core/shape.ts'
import { checkCounted, dividesInFloats } from '../../kernel/exact.ts'
import { foldsOf, helpersOf, type Expr, type Fold, type Kernel } from '../../kernel/ir.ts'
import { nested, nestOf, type Syntax } from '../nest.ts'
import { affineText, Block, literal } from '../block.ts'

/** The longest running sum, in terms. */
const longestSum = 32

/** The loops of JavaScript that gpu.js translates. */
const loopSyntax: Syntax = {
  open: ({ name, trips }) => [`for (let ${name} = 0; ${name} < ${trips}; ${name}++) {`],
  turn: ({ name, outer, by, end }, { name: counter }) => [
    `let ${name} = ${outer} * ${literal(by)} + ${counter};`,
    `if (${name} >= ${literal(end)}) { break; }`
  ],
  sum: (name) => `let ${name} = 0.0;`,
  add: (total, part) => `${total} = ${total} + ${part};`
}

/** Names of GLSL that JavaScript keeps in Math. */
const inMath = /\b(exp|log|sqrt|sin|cos|floor|max|min|abs)\(/g

/** Functions that the rows' texts call, in the JavaScript that gpu.js translates. */
export const scalarFunctions: readonly string[] = [
  'function is_less(a, b) { if (a < b) { return 1.0; } return 0.0; }',
  'function is_lessEqual(a, b) { if (a <= b) { return 1.0; } return 0.0; }',
  'function is_equal(a, b) { if (a == b) { return 1.0; } return 0.0; }',
  'function select(c, a, b) { if (c != 0.0) { return a; } return b; }',
  'function sigmoid(x) { return 1.0 / (1.0 + Math.exp(-x)); }',
  'function hyperbolicTangent(x) { return Math.tanh(x); }',
  'function larger(a, b) { return Math.max(a, b); }',
  'function logarithm(x) { return Math.log(x); }',
  [
    'function power(a, b) {',
    '  if (a == 1.0) { return 1.0; }',
    '  if (a == -1.0) { if (Math.abs(b) > 16777216.0) { return 1.0; } }',
    '  return Math.pow(a, b);',
    '}'
  ].join('\n')
]

/** A row's function, in the JavaScript that gpu.js translates. */
const functionOf = ({ name, params, body }: Helper): string =>
  `function ${name}(${params.join(', ')}) { ${body
    .join(' ')
    .replace(/\bfloat (?=\w+ =)/g, 'let ')
    .replace(inMath, 'Math.$1(')} }`

/** The functions that a kernel's rows bring along. */
export const scalarHelpersOf = (kernel: Kernel): readonly string[] => helpersOf(kernel).map(functionOf)

/**
 * A kernel as JavaScript for the backends without textures: one number a thread, row-major arrays, plain loops.
 * Slow, and the same for every driver. The numbers of such a backend are whole up to `mostCounted`.
 */
export const scalarOf = (kernel: Kernel, mostCounted: number): string => new Writer(kernel, mostCounted).write()

/** What a reduction starts from; gpu.js knows no infinity. */
const identityOf = (op: Fold['op']): string => {
  const { identity } = reductions[op]
  return Number.isFinite(identity) ? literal(identity) : `${literal(Math.sign(identity))} / 0.0`
}

class Writer {
  readonly #names = new Map<Var, string>()
  readonly #counter = { next: 0 }
  readonly #counters = new Set<Var>()
  constructor(
    readonly kernel: Kernel,
    readonly mostCounted: number
  ) {}

  write(): string {
    const block = new Block(this.#counter, undefined, 'let')
    this.#decode(block)
    const memo = new Map<Expr, string>()
    for (const fold of foldsOf(this.kernel)?.all ?? []) memo.set(fold, this.#fold(fold, block))
    const result = this.#value(this.kernel.bodies[0]!, block, memo)
    const names = this.kernel.inputs.map((_, i) => `a${i}`)
    return [`function (${names.join(', ')}) {`, ...block.lines.map((l) => `  ${l}`), `  return ${result};`, '}'].join(
      '\n'
    )
  }

  #decode(block: Block): void {
    const { out, shape } = this.kernel
    const whole: Affine = { c: sizeOf(shape), terms: [] }
    checkCounted(whole, this.mostCounted)
    let rest = 'this.thread.x'
    for (let i = out.length - 1; i >= 0; i--) {
      const { extent } = out[i]!
      if (extent === 1) continue
      const first = out.slice(0, i).every((v) => v.extent === 1)
      const [quotient, remainder] = first ? ['', `${rest} + 0.0`] : this.#divided(rest, extent, whole, block)
      this.#names.set(out[i]!, block.let('float', remainder))
      rest = quotient
    }
  }

  /** The quotient of whole numbers, and the text of the remainder. */
  #divided(of: string, by: number, size: Affine, block: Block): readonly [quotient: string, remainder: string] {
    if (dividesInFloats(size)) {
      const quotient = block.let('float', `Math.floor((${of} + 0.5) / ${literal(by)})`)
      return [quotient, `${of} - ${literal(by)} * ${quotient}`]
    }
    // half of one is less than the rounding, and a quotient just below a whole number is rounded up to it
    const estimate = block.let('float', `Math.floor((${of} + 0.0) / ${literal(by)})`)
    const left = block.let('float', `${of} - ${literal(by)} * ${estimate}`)
    const over = block.let('float', `is_less(${left}, 0.0)`)
    return [block.let('float', `${estimate} - ${over}`), `${left} + ${literal(by)} * ${over}`]
  }

  #name(v: Var, block: Block): string {
    const known = this.#names.get(v)
    if (known) return known
    if (!v.def) return raise('compile', `a variable of ${v.extent} has no value here`)
    const { kind, of, by } = v.def
    const [quotient, remainder] = this.#divided(this.#number(of, block), by, of, block)
    return kind === 'div' ? quotient : block.let('float', remainder)
  }

  #number(a: Affine, block: Block): string {
    checkCounted(a, this.mostCounted)
    return affineText(a, (v) => this.#name(v, block), block, 'float')
  }

  #fold({ op, vars, body }: Fold, outer: Block): string {
    const { adds, text } = reductions[op]
    const total = `total${this.#counter.next++}`
    outer.add(`let ${total} = ${identityOf(op)};`)
    const counted = vars.filter((v) => v.extent > 1).sort((a, b) => a.extent - b.extent)
    const counters = counted.map((v) => ({ name: `i${this.#counter.next++}`, trips: v.extent }))
    counted.forEach((v, i) => {
      this.#names.set(v, counters[i]!.name)
      this.#counters.add(v)
    })
    const loops = adds
      ? nestOf(counters, 1, longestSum, () => `i${this.#counter.next++}`)
      : counters.map((counter) => ({ ...counter, fresh: false }))
    const { sums, around } = nested(loops, [total], () => `part${this.#counter.next++}`, loopSyntax)
    const block = new Block(this.#counter, outer, 'let')
    const single = (v: Var): Affine | undefined => (v.extent === 1 ? constant(0) : undefined)
    const value = this.#value(body, block, new Map(), single)
    const [sum] = sums
    block.add(`${sum} = ${text(sum!, value)};`)
    around(block.lines).forEach((line) => outer.add(line))
    return total
  }

  #value(
    expr: Expr,
    block: Block,
    memo: Map<Expr, string>,
    at: (v: Var) => Affine | undefined = () => undefined
  ): string {
    const known = memo.get(expr)
    if (known) return known
    const text = this.#fresh(expr, block, memo, at)
    const name = /^[\d.]+$/.test(text) ? text : block.let('float', text)
    memo.set(expr, name)
    return name
  }

  #fresh(expr: Expr, block: Block, memo: Map<Expr, string>, at: (v: Var) => Affine | undefined): string {
    const below = (e: Expr): string => this.#value(e, block, memo, at)
    switch (expr.kind) {
      case 'constant':
        return literal(expr.value)
      case 'index':
        return this.#number(substitute(expr.at, at), block)
      case 'apply':
        return expr.row.kernel.kind === 'pointwise'
          ? expr.row.kernel.text(...expr.args.map(below)).replace(inMath, 'Math.$1(')
          : ''
      case 'guard':
        return this.#guard(expr.guards, expr.body, block, memo, at)
      case 'load':
        return `a${expr.slot}[${this.#position(
          expr.shape,
          expr.index.map((i) => substitute(i, at)),
          block
        )}]`
      case 'gather':
        return this.#gather(expr, below(expr.row), block, at)
      case 'fold':
        return raise('compile', 'a fold inside a fold was not cut')
    }
  }

  /** The place of an element. One that a guard will drop may lie outside the array, where nothing must be read. */
  #position(shape: Shape, index: readonly Affine[], block: Block): string {
    const strides = stridesOf(shape)
    const flat = index.reduce((sum, i, axis) => addAffine(sum, scale(i, strides[axis]!)), constant(0))
    const [lo, hi] = boundsOf(flat)
    const last = sizeOf(shape) - 1
    const text = this.#number(flat, block)
    return lo >= 0 && hi <= last ? text : `Math.max(0.0, Math.min(${literal(last)}, ${text}))`
  }

  #guard(
    guards: readonly Guard[],
    body: Expr,
    block: Block,
    memo: Map<Expr, string>,
    at: (v: Var) => Affine | undefined
  ): string {
    const value = this.#value(body, block, memo, at)
    const conditions = guards.flatMap(({ index, extent }) => this.#condition(substitute(index, at), extent, block))
    return conditions.length === 0 ? value : `select(${block.let('float', conditions.join(' * '))}, ${value}, 0.0)`
  }

  #condition(index: Affine, extent: number, block: Block): readonly string[] {
    const [lo, hi] = boundsOf(index)
    // gpu.js takes a loop's counter for an integer, and no integer for a parameter that was a float in another call
    const counted = index.terms.every(([v]) => this.#counters.has(v))
    const text = counted ? `Math.floor(${this.#number(index, block)})` : this.#number(index, block)
    return [
      ...(lo < 0 ? [`is_lessEqual(0.0, ${text})`] : []),
      ...(hi >= extent ? [`is_less(${text}, ${literal(extent)})`] : [])
    ]
  }

  #gather(
    { slot, shape, rest }: Extract<Expr, { kind: 'gather' }>,
    row: string,
    block: Block,
    at: (v: Var) => Affine | undefined
  ): string {
    const floor = block.let('float', `Math.floor(${row})`)
    const inside = block.let('float', `is_lessEqual(0.0, ${floor}) * is_less(${floor}, ${literal(shape[0]!)})`)
    // nothing must be read outside the array
    const number = block.let('float', `select(${inside}, ${floor}, 0.0)`)
    const lead = freshVar(shape[0]!)
    this.#names.set(lead, number)
    const index = [variable(lead), ...rest.map((i) => substitute(i, at))]
    return `select(${inside}, a${slot}[${this.#position(shape, index, block)}], 0.0 / 0.0)`
  }
}
