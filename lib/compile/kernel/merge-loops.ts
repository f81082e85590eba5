import { substitute, variable, type Affine, type Var } from '../../core/affine.ts'
import { sameShape } from '../../core/shape.ts'
import { foldsIn, mapExpr, partsOf, type Expr, type Folds, type Kernel, type Loop } from './ir.ts'

/** Whether the folds of two kernels can run in one loop. */
export const loopAlike = (a: Loop, b: Loop): boolean =>
  a.op === b.op && sameShape(a.vars.map(extentOf), b.vars.map(extentOf))
const extentOf = ({ extent }: Var): number => extent

/** Whether the folds of a kernel do run in one loop: none is part of what another one folds. */
export const areTogether = ({ all, bodies, vars }: Folds): boolean =>
  all.every((fold) => fold.vars === vars) && ![...partsOf(bodies)].some(({ kind }) => kind === 'fold')

/** The kernel with all its folds over the variables of the first, if that can be. */
export const inOneLoop = (kernel: Kernel): Kernel => {
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
      case 'fold':
        return { ...expr, vars }
      default:
        return expr
    }
  })
}
