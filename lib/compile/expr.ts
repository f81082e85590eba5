import { boundsOf, freshVar, keyOf, substitute, variable, type Affine, type Guard, type Var } from '../core/affine.ts'
import type { Row, Tensor } from '../core/tensor.ts'
import { sameShape, sizeOf, type Shape } from '../core/shape.ts'
import { storeRow } from './store.ts'

/** What a kernel computes at one element of its output, as a tree over loads of buffers. */
export type Expr =
  | { readonly kind: 'load'; readonly slot: number; readonly shape: Shape; readonly index: readonly Affine[] }
  | {
      readonly kind: 'gather'
      readonly slot: number
      readonly shape: Shape
      readonly row: Expr
      readonly rest: readonly Affine[]
    }
  | { readonly kind: 'apply'; readonly row: Row; readonly args: readonly Expr[] }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'index'; readonly at: Affine }
  | { readonly kind: 'guard'; readonly guards: readonly Guard[]; readonly body: Expr }
  | Fold
export type Load = Extract<Expr, { readonly slot: number }>
export interface Fold {
  readonly kind: 'fold'
  readonly op: 'sum' | 'max'
  readonly vars: readonly Var[]
  readonly body: Expr
}

/** A kernel before it is text: one variable per output axis, results of one shape, and folds that run in one loop. */
export interface Kernel {
  readonly shape: Shape
  readonly out: readonly Var[]
  /** Of each result. */
  readonly bodies: readonly Expr[]
  /** The buffers behind the slots. */
  readonly inputs: readonly Tensor[]
  /** Per slot, how a tiled kernel dealt the buffer to planes. */
  readonly tiles?: readonly (readonly number[] | undefined)[]
}

const zero: Expr = { kind: 'constant', value: 0 }

/** The guards that do not always hold, or undefined where one never does. */
export const openOf = (guards: readonly Guard[]): readonly Guard[] | undefined => {
  const bounds = guards.map(({ index }) => boundsOf(index))
  if (bounds.some(([lo, hi], i) => hi < 0 || lo >= guards[i]!.extent)) return undefined
  return guards.filter(({ extent }, i) => bounds[i]![0] < 0 || bounds[i]![1] >= extent)
}

/** Drops what always holds; what never holds makes the whole zero. */
export const guarded = (guards: readonly Guard[], body: Expr): Expr => {
  const open = openOf(guards)
  if (!open) return zero
  if (open.length === 0) return body
  return body.kind === 'guard' ? { ...body, guards: [...open, ...body.guards] } : { kind: 'guard', guards: open, body }
}

/** A sum of sums is one sum. */
const folded = (op: Fold['op'], vars: readonly Var[], body: Expr): Expr => {
  const [guards, inner] = body.kind === 'guard' ? [body.guards, body.body] : [[], body]
  return op === 'sum' && inner.kind === 'fold' && inner.op === 'sum'
    ? { kind: 'fold', op, vars: [...vars, ...inner.vars], body: guarded(guards, inner.body) }
    : { kind: 'fold', op, vars, body }
}

/** A buffer that a tiled kernel deals to planes: how, by node. */
export type Tiles = (x: Tensor) => readonly number[] | undefined
const untiled: Tiles = () => undefined

/**
 * The kernel that computes `roots`, of one shape, from the buffers that `isBuffer` names: movements become indices.
 * A root that lies in planes already is read from there. Of the roots, `wanted` are results.
 */
export const lower = (
  roots: readonly Tensor[],
  isBuffer: (x: Tensor) => boolean,
  tilesOf: Tiles = untiled,
  wanted = roots
): Kernel => {
  const { shape } = roots[0]!
  // an output axis of size 1 is the constant 0 in every index
  const out = shape.map((d) => freshVar(d))
  const own = out.map(variable)
  const ownKey = own.map(keyOf).join(',')
  const computed = new Set(roots.filter((x) => !tilesOf(x)))
  const inputs: Tensor[] = []
  const known = new Map<Tensor, Map<string, Expr>>()
  const slotOf = (x: Tensor): number => (inputs.includes(x) ? inputs.indexOf(x) : inputs.push(x) - 1)

  const at = (x: Tensor, index: readonly Affine[]): Expr => {
    const seen = known.get(x) ?? new Map<string, Expr>()
    known.set(x, seen)
    const key = index.map(keyOf).join(',')
    const here = computed.has(x) && key === ownKey
    const expr = seen.get(key) ?? (!here && isBuffer(x) ? load(x, index) : inlined(x, index))
    seen.set(key, expr)
    return expr
  }
  const load = (x: Tensor, index: readonly Affine[]): Expr => ({ kind: 'load', slot: slotOf(x), shape: x.shape, index })

  const inlined = (x: Tensor, index: readonly Affine[]): Expr => {
    const { kernel } = x.row
    switch (kernel.kind) {
      case 'pointwise':
        // it only says that the values lie in a buffer
        if (x.row === storeRow) return at(x.inputs[0]!, index)
        return { kind: 'apply', row: x.row, args: x.inputs.map((input) => at(input, index)) }
      case 'access': {
        const access = kernel.at(x.attrs, x.inputs[0]!.shape, index)
        const body = guarded(access.guards ?? [], at(x.inputs[0]!, access.index))
        return access.fold ? folded(access.fold.op, access.fold.vars, body) : body
      }
      case 'gather': {
        const [table, rows] = x.inputs as readonly [Tensor, Tensor]
        const row = at(rows, [index[0]!])
        return { kind: 'gather', slot: slotOf(table), shape: table.shape, row, rest: index.slice(1) }
      }
      case 'iota':
        return { kind: 'index', at: index[(x.attrs as { readonly axis: number }).axis]! }
      case 'constant':
        return { kind: 'constant', value: (x.attrs as { readonly value: number }).value }
      case 'buffer':
        return load(x, index)
    }
  }
  const bodies = wanted.map((x) => at(x, own))
  return tiled(withoutUnread(inOneLoop({ shape, out, bodies, inputs })), tilesOf)
}

const tiled = (kernel: Kernel, tilesOf: Tiles): Kernel => {
  const tiles = kernel.inputs.map(tilesOf)
  return tiles.some((tile) => tile !== undefined) ? { ...kernel, tiles } : kernel
}

/** Without the buffers whose every load a guard has dropped. */
const withoutUnread = (kernel: Kernel): Kernel => {
  const read = new Set([...loadsIn(kernel)].map((load) => load.slot))
  const kept = kernel.inputs.map((_, slot) => slot).filter((slot) => read.has(slot))
  if (kept.length === kernel.inputs.length) return kernel
  const moved = mapLoads(kernel, (load) => ({ ...load, slot: kept.indexOf(load.slot) }))
  return { ...moved, inputs: kept.map((slot) => kernel.inputs[slot]!) }
}

/** The same kernel over other loads. */
export const mapLoads = (kernel: Kernel, f: (load: Load) => Load): Kernel => {
  const memo = new Map<Expr, Expr>()
  const mapped = (expr: Expr): Expr => {
    const made = memo.get(expr) ?? rebuilt(expr, f, mapped)
    memo.set(expr, made)
    return made
  }
  return { ...kernel, bodies: kernel.bodies.map(mapped) }
}
const rebuilt = (expr: Expr, f: (load: Load) => Load, below: (part: Expr) => Expr): Expr => {
  switch (expr.kind) {
    case 'apply':
      return { ...expr, args: expr.args.map(below) }
    case 'guard':
    case 'fold':
      return { ...expr, body: below(expr.body) }
    case 'gather':
      return f({ ...expr, row: below(expr.row) })
    case 'load':
      return f(expr)
    default:
      return expr
  }
}

/** All parts of an expression, each once: an expression may hold another in many places. */
export const partsOf = (expr: Expr, found = new Set<Expr>()): ReadonlySet<Expr> => {
  if (found.has(expr)) return found
  found.add(expr)
  if (expr.kind === 'apply') expr.args.forEach((arg) => partsOf(arg, found))
  else if (expr.kind === 'guard' || expr.kind === 'fold') partsOf(expr.body, found)
  else if (expr.kind === 'gather') partsOf(expr.row, found)
  return found
}

const partsOfAll = (exprs: readonly Expr[]): ReadonlySet<Expr> => {
  const found = new Set<Expr>()
  exprs.forEach((expr) => partsOf(expr, found))
  return found
}
const partsIn = ({ bodies }: Kernel): ReadonlySet<Expr> => partsOfAll(bodies)

type Loop = Pick<Fold, 'op' | 'vars'>

/** The folds of a kernel, which run in one loop: over the same variables. */
export interface Folds extends Loop {
  readonly all: readonly Fold[]
  readonly bodies: readonly Expr[]
}

const foldsIn = (kernel: Kernel): readonly Fold[] =>
  [...partsIn(kernel)].filter((part): part is Fold => part.kind === 'fold')

/** The folds of a kernel, if it has any. */
export const foldsOf = (kernel: Kernel): Folds | undefined => {
  const all = foldsIn(kernel)
  const [first] = all
  return first && { op: first.op, vars: first.vars, all, bodies: all.map(({ body }) => body) }
}

/** Whether the folds of two kernels can run in one loop. */
export const loopAlike = (a: Loop, b: Loop): boolean =>
  a.op === b.op && sameShape(a.vars.map(extentOf), b.vars.map(extentOf))
const extentOf = ({ extent }: Var): number => extent

/** Whether the folds of a kernel do run in one loop: none is part of what another one folds. */
export const areTogether = ({ all, bodies, vars }: Folds): boolean =>
  all.every((fold) => fold.vars === vars) && ![...partsOfAll(bodies)].some(({ kind }) => kind === 'fold')

/** The kernel with all its folds over the variables of the first, if that can be. */
const inOneLoop = (kernel: Kernel): Kernel => {
  const [first, ...others] = foldsIn(kernel)
  if (!first || others.length === 0 || !others.every((fold) => loopAlike(first, fold))) return kernel
  const own = new Map(others.flatMap(({ vars }) => vars.map((v, i) => [v, variable(first.vars[i]!)] as const)))
  return { ...kernel, bodies: overVariables(kernel.bodies, own, first.vars) }
}

/** Expressions with other variables in place of their own, and `vars` as those of each fold. */
const overVariables = (
  bodies: readonly Expr[],
  own: ReadonlyMap<Var, Affine>,
  vars: readonly Var[]
): readonly Expr[] => {
  const moved = (at: Affine): Affine => substitute(at, (v) => own.get(v))
  const memo = new Map<Expr, Expr>()
  const below = (expr: Expr): Expr => {
    const made = memo.get(expr) ?? rebuilt(over(expr), (load) => load, below)
    memo.set(expr, made)
    return made
  }
  const over = (expr: Expr): Expr => {
    switch (expr.kind) {
      case 'load':
        return { ...expr, index: expr.index.map(moved) }
      case 'gather':
        return { ...expr, rest: expr.rest.map(moved) }
      case 'index':
        return { ...expr, at: moved(expr.at) }
      case 'guard':
        return { ...expr, guards: expr.guards.map((guard) => ({ ...guard, index: moved(guard.index) })) }
      case 'fold':
        return { ...expr, vars }
      default:
        return expr
    }
  }
  return bodies.map(below)
}

/** All loads of a kernel, each once. */
export const loadsIn = (kernel: Kernel): ReadonlySet<Load> => loadsAmong(partsIn(kernel))

/** All loads of some expressions, each once. */
export const loadsOf = (exprs: readonly Expr[]): ReadonlySet<Load> => loadsAmong(partsOfAll(exprs))
const loadsAmong = (parts: ReadonlySet<Expr>): ReadonlySet<Load> =>
  new Set([...parts].filter((part): part is Load => part.kind === 'load' || part.kind === 'gather'))

/** Whether an index depends on a variable, also through a quotient or remainder. */
export const dependsOn = (a: Affine, v: Var): boolean =>
  a.terms.some(([w]) => w === v || (w.def !== undefined && dependsOn(w.def.of, v)))

/** The variables that expressions depend on, those behind quotients and remainders too; found once for each. */
export const variablesIn = (): ((expr: Expr) => readonly Var[]) => {
  const known = new Map<Expr, readonly Var[]>()
  const behind = (a: Affine): readonly Var[] => a.terms.flatMap(([v]) => (v.def ? behind(v.def.of) : [v]))
  const own = (expr: Expr): readonly Var[] => {
    switch (expr.kind) {
      case 'load':
        return expr.index.flatMap(behind)
      case 'gather':
        return [...of(expr.row), ...expr.rest.flatMap(behind)]
      case 'apply':
        return expr.args.flatMap(of)
      case 'index':
        return behind(expr.at)
      case 'guard':
        return [...of(expr.body), ...expr.guards.flatMap(({ index }) => behind(index))]
      default:
        return []
    }
  }
  const of = (expr: Expr): readonly Var[] => {
    const vars = known.get(expr) ?? [...new Set(own(expr))]
    known.set(expr, vars)
    return vars
  }
  return of
}

/** Floating-point operations that the results of a kernel take: each function counts as one. */
export const flopsOf = (kernel: Kernel): number => {
  const { bodies, vars } = foldsOf(kernel) ?? { bodies: [], vars: [] }
  const functions = (parts: ReadonlySet<Expr>): number => [...parts].filter((part) => part.kind === 'apply').length
  const inside = functions(partsOfAll(bodies))
  const terms = bodies.length > 0 ? sizeOf(vars.map(extentOf)) : 0
  return sizeOf(kernel.shape) * (functions(partsIn(kernel)) - inside + terms * (inside + bodies.length))
}
