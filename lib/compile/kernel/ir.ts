import { boundsOf, type Affine, type Guard, type Var } from '../../core/affine.ts'
import type { Reducing } from '../../core/reductions.ts'
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
  | ReductionExpr
/** A read of a buffer. */
export type Load = Extract<Expr, { readonly slot: number }>
/** A reduction inside a kernel: loops over its variables and combines the values of its body. */
export interface ReductionExpr {
  readonly kind: 'reduction'
  readonly op: Reducing
  readonly vars: readonly Var[]
  readonly body: Expr
}

/** A kernel before codegen: a variable per output axis, results of one shape, and reductions that share a loop. */
export interface Kernel {
  readonly shape: Shape
  readonly out: readonly Var[]
  /** One expression for each result. */
  readonly bodies: readonly Expr[]
  /** The buffers behind the slots. */
  readonly inputs: readonly Tensor[]
  /** Per slot, the tile of the kernel that wrote the buffer as slices. */
  readonly tiles?: readonly (readonly number[] | undefined)[]
}

/** The direct parts of an expression. */
const childrenOf = (expr: Expr): readonly Expr[] => {
  switch (expr.kind) {
    case 'apply':
      return expr.args
    case 'guard':
    case 'reduction':
      return [expr.body]
    case 'gather':
      return [expr.row]
    default:
      return []
  }
}

/** Replaces each direct part of an expression by `f` of it. */
const mapChildren = (expr: Expr, f: (part: Expr) => Expr): Expr => {
  switch (expr.kind) {
    case 'apply':
      return { ...expr, args: expr.args.map(f) }
    case 'guard':
    case 'reduction':
      return { ...expr, body: f(expr.body) }
    case 'gather':
      return { ...expr, row: f(expr.row) }
    default:
      return expr
  }
}

/** Replaces each part of expressions by `f` of it, from the leaves up; shared parts stay shared. */
export const mapExpr = (exprs: readonly Expr[], f: (part: Expr) => Expr): readonly Expr[] => {
  const memo = new Map<Expr, Expr>()
  const mapped = (expr: Expr): Expr => {
    const made = memo.get(expr) ?? f(mapChildren(expr, mapped))
    memo.set(expr, made)
    return made
  }
  return exprs.map(mapped)
}

/** Computes a value for an expression from the values of its parts; once for each part. */
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

/** All parts of expressions, each once: expressions share parts. */
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

/** Replaces each load of a kernel by `f` of it. */
export const mapLoads = (kernel: Kernel, f: (load: Load) => Load): Kernel => ({
  ...kernel,
  bodies: mapExpr(kernel.bodies, (part) => (isLoad(part) ? f(part) : part))
})

const isLoad = (part: Expr): part is Load => part.kind === 'load' || part.kind === 'gather'

/** All loads of some expressions, each once. */
export const loadsOf = (exprs: readonly Expr[]): ReadonlySet<Load> => new Set([...partsOf(exprs)].filter(isLoad))

const zero: Expr = { kind: 'constant', value: 0 }

/** The guards that do not always hold; undefined if one of them never holds. */
export const openOf = (guards: readonly Guard[]): readonly Guard[] | undefined => {
  const bounds = guards.map(({ index }) => boundsOf(index))
  if (bounds.some(([lo, hi], i) => hi < 0 || lo >= guards[i]!.extent)) return undefined
  return guards.filter(({ extent }, i) => bounds[i]![0] < 0 || bounds[i]![1] >= extent)
}

/** Puts guards around an expression. Guards that always hold are dropped; one that never holds makes it 0. */
export const guarded = (guards: readonly Guard[], body: Expr): Expr => {
  const open = openOf(guards)
  if (!open) return zero
  if (open.length === 0) return body
  return body.kind === 'guard' ? { ...body, guards: [...open, ...body.guards] } : { kind: 'guard', guards: open, body }
}

/** What reductions in one loop have in common. */
export type LoopHead = Pick<ReductionExpr, 'op' | 'vars'>

/** The reductions of a kernel, which run in one loop over the same variables. */
export interface ReductionLoop extends LoopHead {
  readonly all: readonly ReductionExpr[]
  readonly bodies: readonly Expr[]
}

/** All reductions of a kernel, each once. */
export const reductionsIn = (kernel: Kernel): readonly ReductionExpr[] =>
  [...partsOf(kernel.bodies)].filter((part): part is ReductionExpr => part.kind === 'reduction')

/** The reduction loop of a kernel, if it has one. */
export const reductionLoopOf = (kernel: Kernel): ReductionLoop | undefined => {
  const all = reductionsIn(kernel)
  const [first] = all
  return first && { op: first.op, vars: first.vars, all, bodies: all.map(({ body }) => body) }
}

/** Whether an index depends on a variable, directly or through a quotient or remainder. */
export const dependsOn = (a: Affine, v: Var): boolean =>
  a.terms.some(([w]) => w === v || (w.def !== undefined && dependsOn(w.def.of, v)))

/** The variables that an expression depends on, directly or through quotients and remainders. Results are cached. */
export const variablesIn = (): ((expr: Expr) => readonly Var[]) => {
  const behind = (a: Affine): readonly Var[] => a.terms.flatMap(([v]) => (v.def ? behind(v.def.of) : [v]))
  // a reduction binds its variables, so its value is the same everywhere
  return foldExpr<readonly Var[]>((expr, parts) =>
    expr.kind === 'reduction' ? [] : [...new Set([...parts.flat(), ...indicesOf(expr).flatMap(behind)])]
  )
}

/** The indices of an expression itself, not of its parts. */
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

/** How many floating-point operations a kernel takes; each function counts as one. */
export const flopsOf = (kernel: Kernel): number => {
  const { bodies, vars } = reductionLoopOf(kernel) ?? { bodies: [], vars: [] }
  const functions = (parts: ReadonlySet<Expr>): number => [...parts].filter((part) => part.kind === 'apply').length
  const inside = functions(partsOf(bodies))
  const terms = bodies.length > 0 ? sizeOf(vars.map(({ extent }) => extent)) : 0
  return sizeOf(kernel.shape) * (functions(partsOf(kernel.bodies)) - inside + terms * (inside + bodies.length))
}
