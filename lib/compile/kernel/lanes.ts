import { coefficient, type Affine, type Var } from '../../core/affine.ts'
import { dependsOn, loadsOf, type Expr, type ReductionLoop, type Kernel } from './ir.ts'

/** The index along the leading axis of a load; undefined for a gather. */
export const leading = (load: Expr): Affine | undefined => (load.kind === 'load' ? load.index[0] : undefined)

/** Whether consecutive values of v lie in consecutive lanes of a load. */
export const leadsWith = (load: Expr, v: Var): boolean => {
  const first = leading(load)
  return first !== undefined && coefficient(first, v) === 1 && aligned(first, v) && !elsewhere(load, v)
}
const aligned = (a: Affine, v: Var): boolean => a.c % 4 === 0 && a.terms.every(([w, k]) => w === v || k % 4 === 0)
const elsewhere = (load: Expr, v: Var): boolean =>
  load.kind === 'load' && load.index.some((i, axis) => (axis > 0 ? dependsOn(i, v) : dependsOnDefined(i, v)))
const dependsOnDefined = (a: Affine, v: Var): boolean =>
  a.terms.some(([w]) => w !== v && w.def && dependsOn(w.def.of, v))
const uses = (load: Expr, v: Var): boolean =>
  load.kind === 'load' ? load.index.some((i) => dependsOn(i, v)) : load.kind === 'gather'

/** How many steps the loop over a variable takes: the one in the lanes advances by four. */
export const lengthOf = (v: Var, lanes: Var | undefined): number => (v === lanes ? Math.ceil(v.extent / 4) : v.extent)

/** The reduction variable that leads every load it occurs in, if the output's own leading axis leads none. */
export const laneVariable = (kernel: Kernel, { vars, bodies }: ReductionLoop): Var | undefined => {
  const loads = [...loadsOf(bodies)]
  const own = kernel.out[0]
  if (own && own.extent > 1 && loads.some((load) => leadsWith(load, own))) return undefined
  return vars.find(
    (v) =>
      v.extent >= 4 && loads.some((load) => leadsWith(load, v)) && loads.every((x) => !uses(x, v) || leadsWith(x, v))
  )
}
