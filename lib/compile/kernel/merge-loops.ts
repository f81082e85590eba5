import { substitute, variable, type Affine, type Var } from '../../core/affine.ts'
import { sameShape } from '../../core/shape.ts'
import { reductionsIn, mapExpr, partsOf, type Expr, type ReductionLoop, type Kernel, type LoopHead } from './ir.ts'

/** Whether the reductions of two kernels can run in one loop. */
export const loopAlike = (a: LoopHead, b: LoopHead): boolean =>
  a.op === b.op && sameShape(a.vars.map(extentOf), b.vars.map(extentOf))
const extentOf = ({ extent }: Var): number => extent

/** Whether the reductions of a kernel run in one loop: none is part of another. */
export const areTogether = ({ all, bodies, vars }: ReductionLoop): boolean =>
  all.every((reduction) => reduction.vars === vars) && ![...partsOf(bodies)].some(({ kind }) => kind === 'reduction')

/** The kernel with all its reductions over the variables of the first, if they can share a loop. */
export const inOneLoop = (kernel: Kernel): Kernel => {
  const [first, ...others] = reductionsIn(kernel)
  if (!first || others.length === 0 || !others.every((reduction) => loopAlike(first, reduction))) return kernel
  const own = new Map(others.flatMap(({ vars }) => vars.map((v, i) => [v, variable(first.vars[i]!)] as const)))
  return { ...kernel, bodies: overVariables(kernel.bodies, own, first.vars) }
}

/** Replaces the variables of expressions, and gives all reductions the variables `vars`. */
const overVariables = (
  bodies: readonly Expr[],
  own: ReadonlyMap<Var, Affine>,
  vars: readonly Var[]
): readonly Expr[] => {
  const moved = (at: Affine): Affine => substitute(at, (v) => own.get(v))
  return mapExpr(bodies, (expr): Expr => {
    switch (expr.kind) {
      case 'load':
        return { ...expr, index: expr.index.map(moved) }
      case 'gather':
        return { ...expr, rest: expr.rest.map(moved) }
      case 'index':
        return { ...expr, at: moved(expr.at) }
      case 'guard':
        return { ...expr, guards: expr.guards.map((guard) => ({ ...guard, index: moved(guard.index) })) }
      case 'reduction':
        return { ...expr, vars }
      default:
        return expr
    }
  })
}
