import { permute, reshape, barrier } from '../../core/primitives.ts'
import type { Shape } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import type { KernelSource } from '../codegen/program.ts'
import type { Kernel } from '../kernel/ir.ts'
import type { LayoutChange } from '../kernel/layout-change.ts'
import type { Tiling } from '../kernel/tiling.ts'

/** One kernel call: the buffers that it reads and writes, and those that no later call reads. */
export interface Step {
  /** Its program, generated when it is first asked for. */
  readonly source: () => KernelSource
  /** The shape of each output; of each slice if the call is tiled. */
  readonly shape: Shape
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** Results of a fragment: one per output, or the slices of the only output. */
  readonly targets: number
  /** What the step computes, for `show`. */
  readonly name: string
  /** Floating-point operations, for `profile`. */
  readonly flops: number
  readonly free: readonly number[]
}

/** The result of a tiled reduction: one buffer with a render-target slice for every k-th element. */
export interface TileSlices {
  readonly tile: readonly number[]
  readonly buffer: number
}

/** A kernel call before codegen. */
export type Call =
  /** Computes nodes of one shape; `layoutChange` is that of a weight, if there is one. */
  | {
      readonly kind: 'whole'
      readonly roots: readonly Tensor[]
      readonly kernel: Kernel
      readonly layoutChange?: LayoutChange | undefined
    }
  /** Computes a node as slices. */
  | {
      readonly kind: 'tiled'
      readonly roots: readonly [Tensor]
      readonly kernel: Kernel
      readonly tiling: Tiling
      readonly slices: TileSlices
    }
  /** Merges the slices of a node, and computes other nodes of its shape. */
  | { readonly kind: 'merge'; readonly roots: readonly Tensor[]; readonly kernel: Kernel; readonly of: Tensor }

/** Rows whose name says little: their input's is shown, too. */
const wrappers: ReadonlySet<unknown> = new Set([reshape.row, permute.row, barrier.row])

/** The name of a kernel in plans: the rows it was made for, outermost first. */
export const nameOf = ({ row, inputs: [at] }: Tensor): string =>
  wrappers.has(row) && at && at.row.kernel.kind !== 'buffer' ? `${row.name} ${nameOf(at)}` : row.name
