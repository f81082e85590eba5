import { permute, reshape, store } from '../../core/primitives.ts'
import type { Shape } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import type { KernelSource } from '../codegen/program.ts'
import type { Kernel } from '../kernel/ir.ts'
import type { Relayout } from '../kernel/layout-change.ts'
import type { Tiling } from '../kernel/tiling.ts'

/** One kernel call: the buffers it reads, those it writes, and those that nobody reads afterwards. */
export interface Step {
  /** Its program, written when it is first asked for. */
  readonly source: () => KernelSource
  /** Of each output. */
  readonly shape: Shape
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** Results of a fragment: one per output, or the planes of the only one. */
  readonly targets: number
  /** What the step computes, for `show`. */
  readonly name: string
  /** Floating-point operations that the values take, for `profile`. */
  readonly flops: number
  readonly free: readonly number[]
}

/** A tiled fold's result: a buffer with a plane for every k-th element. */
export interface TilePlanes {
  readonly tile: readonly number[]
  readonly buffer: number
}

/** A kernel call to be. */
export type Call =
  /** Computes nodes of one shape; with a weight laid out anew, `relayout` says how. */
  | {
      readonly kind: 'whole'
      readonly roots: readonly Tensor[]
      readonly kernel: Kernel
      readonly relayout?: Relayout | undefined
    }
  /** Computes the planes of a node. */
  | {
      readonly kind: 'tiled'
      readonly roots: readonly [Tensor]
      readonly kernel: Kernel
      readonly tiling: Tiling
      readonly planes: TilePlanes
    }
  /** Puts the planes of a node together, and computes other nodes of its shape. */
  | { readonly kind: 'merge'; readonly roots: readonly Tensor[]; readonly kernel: Kernel; readonly of: Tensor }

/** Rows that show what they are made from: of themselves they say little. */
const thin: ReadonlySet<unknown> = new Set([reshape.row, permute.row, store.row])

/** The rows that a kernel was made for, outermost first. */
export const nameOf = ({ row, inputs: [at] }: Tensor): string =>
  thin.has(row) && at && at.row.kernel.kind !== 'buffer' ? `${row.name} ${nameOf(at)}` : row.name
