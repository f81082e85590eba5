import type { Tensor } from '../../core/tensor.ts'
import type { Costs } from '../kernel/costs.ts'
import { reductionLoopOf, type Kernel } from '../kernel/ir.ts'
import { oneInFront, pairsInFront, type WithLayout, type LayoutChange } from '../kernel/layout-change.ts'
import { tileOf, type Tiling } from '../kernel/tiling.ts'

/** How a kernel is to run. */
export interface Choice {
  readonly kernel: Kernel
  readonly tiling?: Tiling
  /** The layout change that made the kernel, and the buffers that it needs. */
  readonly layoutChange?: LayoutChange
  readonly needs: readonly Tensor[]
}

/** The kernel as it is or with the layout of a weight changed, whichever is expected to run faster. */
export const choose = (kernel: Kernel, targets: number, costs: Costs, withLayout: WithLayout): Choice => {
  const loop = reductionLoopOf(kernel)
  if (!loop) return { kernel, needs: [] }
  const plain = { kernel, tiling: tileOf(kernel, loop, targets, costs), needs: [] }
  const others = [oneInFront, pairsInFront].flatMap((layoutChange) => {
    const moved = layoutChange(kernel, withLayout)
    if (moved === kernel) return []
    const needs = moved.inputs.filter((x) => !kernel.inputs.includes(x))
    return [{ kernel: moved, tiling: tileOf(moved, reductionLoopOf(moved)!, targets, costs), layoutChange, needs }]
  })
  return [plain, ...others].reduce((best, next) => (next.tiling.ms < best.tiling.ms ? next : best))
}
