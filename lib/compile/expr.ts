import {
  boundsOf,
  freshVar,
  keyOf,
  variable,
  type Affine,
  type Guard,
  type Var
} from '../core/affine.ts'
import type { Row, Tensor } from '../core/tensor.ts'
import type { Shape } from '../core/shape.ts'

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
export interface Fold {
  readonly kind: 'fold'
  readonly op: 'sum' | 'max'
  readonly vars: readonly Var[]
  readonly body: Expr
}

/** A kernel before it is text: one variable per output axis, and at most one fold below the root. */
export interface Kernel {
  readonly shape: Shape
  readonly out: readonly Var[]
  readonly body: Expr
  /** The buffers behind the slots. */
  readonly inputs: readonly Tensor[]
  /** Per slot, how a tiled kernel spread the buffer over several textures. */
  readonly tiles?: readonly (readonly number[] | undefined)[]
}

const zero: Expr = { kind: 'constant', value: 0 }

/** Drops what always holds; what never holds makes the whole zero. */
const guarded = (guards: readonly Guard[], body: Expr): Expr => {
  const bounds = guards.map(({ index }) => boundsOf(index))
  if (bounds.some(([lo, hi], i) => hi < 0 || lo >= guards[i]!.extent)) return zero
  const open = guards.filter(({ extent }, i) => bounds[i]![0] < 0 || bounds[i]![1] >= extent)
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

/** The kernel that computes `root` from the buffers that `isBuffer` names: movements become indices. */
export const lower = (root: Tensor, isBuffer: (x: Tensor) => boolean): Kernel => {
  const inputs: Tensor[] = []
  const known = new Map<Tensor, Map<string, Expr>>()
  const slotOf = (x: Tensor): number => (inputs.includes(x) ? inputs.indexOf(x) : inputs.push(x) - 1)

  const at = (x: Tensor, index: readonly Affine[]): Expr => {
    const seen = known.get(x) ?? new Map<string, Expr>()
    known.set(x, seen)
    const key = index.map(keyOf).join(',')
    const expr = seen.get(key) ?? (x !== root && isBuffer(x) ? load(x, index) : inlined(x, index))
    seen.set(key, expr)
    return expr
  }
  const load = (x: Tensor, index: readonly Affine[]): Expr => ({ kind: 'load', slot: slotOf(x), shape: x.shape, index })

  const inlined = (x: Tensor, index: readonly Affine[]): Expr => {
    const { kernel } = x.row
    switch (kernel.kind) {
      case 'pointwise':
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
  const out = x0(root.shape)
  return { shape: root.shape, out, body: at(root, out.map(variable)), inputs }
}

// an output axis of size 1 is the constant 0 in every index
const x0 = (shape: Shape): readonly Var[] => shape.map((d) => freshVar(d))

/** The fold of a kernel, if it has one. */
export const foldOf = (expr: Expr): Fold | undefined => {
  switch (expr.kind) {
    case 'fold':
      return expr
    case 'apply':
      for (const arg of expr.args) {
        const found = foldOf(arg)
        if (found) return found
      }
      return undefined
    case 'guard':
      return foldOf(expr.body)
    default:
      return undefined
  }
}

/** All loads of an expression, each once. */
export const loadsOf = (expr: Expr, found = new Set<Expr>()): ReadonlySet<Expr> => {
  if (expr.kind === 'apply') expr.args.forEach((arg) => loadsOf(arg, found))
  else if (expr.kind === 'guard' || expr.kind === 'fold') loadsOf(expr.body, found)
  else if (expr.kind === 'gather') loadsOf(expr.row, found.add(expr))
  else if (expr.kind === 'load') found.add(expr)
  return found
}

/** Whether an index depends on a variable, also through a quotient or remainder. */
export const dependsOn = (a: Affine, v: Var): boolean =>
  a.terms.some(([w]) => w === v || (w.def !== undefined && dependsOn(w.def.of, v)))
