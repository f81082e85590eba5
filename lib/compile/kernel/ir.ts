import { boundsOf, type Affine, type Guard, type Var } from '../../core/affine.ts'
import type { ReductionName } from '../../core/reductions.ts'
import { sizeOf, type Shape } from '../../core/shape.ts'
import type { Row, Tensor } from '../../core/tensor.ts'

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
  readonly op: ReductionName
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

/** The parts that an expression is made of. */
const childrenOf = (expr: Expr): readonly Expr[] => {
  switch (expr.kind) {
    case 'apply':
      return expr.args
    case 'guard':
    case 'fold':
      return [expr.body]
    case 'gather':
      return [expr.row]
    default:
      return []
  }
}

/** An expression with `f` of each part in its place. */
const mapChildren = (expr: Expr, f: (part: Expr) => Expr): Expr => {
  switch (expr.kind) {
    case 'apply':
      return { ...expr, args: expr.args.map(f) }
    case 'guard':
    case 'fold':
      return { ...expr, body: f(expr.body) }
    case 'gather':
      return { ...expr, row: f(expr.row) }
    default:
      return expr
  }
}

/** Expressions with `f` of each part in its place, from the leaves up; a part that stands in many places is one. */
export const mapExpr = (exprs: readonly Expr[], f: (part: Expr) => Expr): readonly Expr[] => {
  const memo = new Map<Expr, Expr>()
  const mapped = (expr: Expr): Expr => {
    const made = memo.get(expr) ?? f(mapChildren(expr, mapped))
    memo.set(expr, made)
    return made
  }
  return exprs.map(mapped)
}

/** A value of expressions that is made of those of their parts; found once for each. */
export const foldExpr = <A>(f: (expr: Expr, parts: readonly A[]) => A): ((expr: Expr) => A) => {
  const known = new Map<Expr, A>()
  const of = (expr: Expr): A => {
    if (known.has(expr)) return known.get(expr)!
    const value = f(expr, childrenOf(expr).map(of))
    known.set(expr, value)
    return value
  }
  return of
}

/** All parts of expressions, each once: an expression may hold another in many places. */
export const partsOf = (exprs: readonly Expr[]): ReadonlySet<Expr> => {
  const found = new Set<Expr>()
  const visit = (expr: Expr): void => {
    if (found.has(expr)) return
    found.add(expr)
    childrenOf(expr).forEach(visit)
  }
  exprs.forEach(visit)
  return found
}

/** The same kernel over other loads. */
export const mapLoads = (kernel: Kernel, f: (load: Load) => Load): Kernel => ({
  ...kernel,
  bodies: mapExpr(kernel.bodies, (part) => (isLoad(part) ? f(part) : part))
})

const isLoad = (part: Expr): part is Load => part.kind === 'load' || part.kind === 'gather'

/** All loads of some expressions, each once. */
export const loadsOf = (exprs: readonly Expr[]): ReadonlySet<Load> => new Set([...partsOf(exprs)].filter(isLoad))

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

/** What the folds of one loop have in common. */
export type Loop = Pick<Fold, 'op' | 'vars'>

/** The folds of a kernel, which run in one loop: over the same variables. */
export interface Folds extends Loop {
  readonly all: readonly Fold[]
  readonly bodies: readonly Expr[]
}

export const foldsIn = (kernel: Kernel): readonly Fold[] =>
  [...partsOf(kernel.bodies)].filter((part): part is Fold => part.kind === 'fold')

/** The folds of a kernel, if it has any. */
export const foldsOf = (kernel: Kernel): Folds | undefined => {
  const all = foldsIn(kernel)
  const [first] = all
  return first && { op: first.op, vars: first.vars, all, bodies: all.map(({ body }) => body) }
}

/** Whether an index depends on a variable, also through a quotient or remainder. */
export const dependsOn = (a: Affine, v: Var): boolean =>
  a.terms.some(([w]) => w === v || (w.def !== undefined && dependsOn(w.def.of, v)))

/** The variables that expressions depend on, those behind quotients and remainders too; found once for each. */
export const variablesIn = (): ((expr: Expr) => readonly Var[]) => {
  const behind = (a: Affine): readonly Var[] => a.terms.flatMap(([v]) => (v.def ? behind(v.def.of) : [v]))
  // a fold's variables are bound in it, and it is one value wherever it stands
  return foldExpr<readonly Var[]>((expr, parts) =>
    expr.kind === 'fold' ? [] : [...new Set([...parts.flat(), ...indicesOf(expr).flatMap(behind)])]
  )
}

/** The indices that stand in an expression itself. */
const indicesOf = (expr: Expr): readonly Affine[] => {
  switch (expr.kind) {
    case 'load':
      return expr.index
    case 'gather':
      return expr.rest
    case 'index':
      return [expr.at]
    case 'guard':
      return expr.guards.map(({ index }) => index)
    default:
      return []
  }
}

/** Floating-point operations that the results of a kernel take: each function counts as one. */
export const flopsOf = (kernel: Kernel): number => {
  const { bodies, vars } = foldsOf(kernel) ?? { bodies: [], vars: [] }
  const functions = (parts: ReadonlySet<Expr>): number => [...parts].filter((part) => part.kind === 'apply').length
  const inside = functions(partsOf(bodies))
  const terms = bodies.length > 0 ? sizeOf(vars.map(({ extent }) => extent)) : 0
  return sizeOf(kernel.shape) * (functions(partsOf(kernel.bodies)) - inside + terms * (inside + bodies.length))
}
