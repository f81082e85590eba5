import type { Tensor } from '../../core/tensor.ts'
import type { Costs } from '../kernel/costs.ts'
import { foldsOf, type Kernel } from '../kernel/ir.ts'
import { oneInFront, pairsInFront, type Relaid, type Relayout } from '../kernel/layout-change.ts'
import { tileOf, type Tiling } from '../kernel/tiling.ts'

/** How a kernel is to run. */
export interface Choice {
  readonly kernel: Kernel
  readonly tiling?: Tiling
  /** The layout change that made the kernel, and the buffers that it needs. */
  readonly relayout?: Relayout
  readonly needs: readonly Tensor[]
}

/** The kernel as it is or with a weight laid out anew, whichever is expected to run faster. */
export const choose = (kernel: Kernel, targets: number, costs: Costs, relaid: Relaid): Choice => {
  const folds = foldsOf(kernel)
  if (!folds) return { kernel, needs: [] }
  const plain = { kernel, tiling: tileOf(kernel, folds, targets, costs), needs: [] }
  const others = [oneInFront, pairsInFront].flatMap((relayout) => {
    const moved = relayout(kernel, relaid)
    if (moved === kernel) return []
    const needs = moved.inputs.filter((x) => !kernel.inputs.includes(x))
    return [{ kernel: moved, tiling: tileOf(moved, foldsOf(moved)!, targets, costs), relayout, needs }]
  })
  return [plain, ...others].reduce((best, next) => (next.tiling.ms < best.tiling.ms ? next : best))
}
