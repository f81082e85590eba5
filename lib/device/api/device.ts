import type { NdArray } from 'ndarray'
import type { Nested } from '../../core/create.ts'
import type { Shape } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import type { OnLost } from './lost.ts'

export type Numbers = Float32Array | Float64Array

/** What a device counts. Nothing of this is needed to use it; it is there to be looked at. */
export interface Stats {
  /** Programs there are, each for all kernels that share it, and how many were ever compiled. */
  readonly programs: number
  readonly compiled: number
  /** Plans there are. */
  readonly plans: number
  /** Kernel calls so far. */
  readonly calls: number
  /** Textures ever made; in the steady state this does not grow. */
  readonly created: number
  /** Textures in use now, and those that wait to be used again. */
  readonly live: number
  readonly pooled: number
  /** Bytes of both, and the most there ever were. */
  readonly bytes: number
  readonly peakBytes: number
  /** Results moved to the host, to make room: none as long as what is dropped is collected in time. */
  readonly spilled: number
  /** Milliseconds of tracing functions, planning kernels, compiling programs, and running them. */
  readonly traceMs: number
  readonly planMs: number
  readonly compileMs: number
  readonly runMs: number
}

/** What a kernel of a plan took, and what it had to do. */
export interface Timing {
  /** The rows it was made for, and the shape of its results. */
  readonly name: string
  readonly shape: Shape
  /** Equal for kernels that share a program. */
  readonly program: number
  readonly ms: number
  readonly flops: number
  /** Of the textures it reads and writes. */
  readonly bytes: number
}

export interface CompileOptions {
  /** Positions of arguments that the caller gives up: their memory serves the results, and they can't be used again. */
  readonly donate?: readonly number[]
}

/** Something that computes what tensors describe. */
export interface Device {
  /** `webgl2`, `webgl`, `headlessgl`, `webasm`, `cpu` or `reference`. */
  readonly name: string
  /** What the driver calls itself. */
  readonly renderer: string
  /** Why this device and no other. */
  readonly reason: string
  /**
   * A pure function of trees as one plan of kernels, made once per shapes of its arguments. Tensors and keys are its
   * inputs; every other leaf (numbers, strings) is part of the function, and another value makes another plan.
   */
  compile<A extends readonly unknown[], R>(f: (...args: A) => R, options?: CompileOptions): (...args: A) => R
  /** Computes the tensors of a tree, so that using them again does not compute them again. */
  compute<T>(tree: T): T
  /** The numbers of a tensor, row-major: the only place that waits. */
  read(x: Tensor): Promise<Numbers>
  read(x: Tensor, as: 'ndarray'): Promise<NdArray<Numbers>>
  read(x: Tensor, as: 'nested'): Promise<Nested>
  /** The plan of a function as text, a line a kernel; with the sources of its programs where they are wanted. */
  show<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): string
  showSource<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): string
  /** The life of a function, stage by stage: the graph that was traced, what each pass made of it, calls and programs. */
  explain<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): string
  /** Runs a function, waiting after each of its kernels, and says what each took. */
  profile<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): readonly Timing[]
  /**
   * Hears that the device is gone, once: its driver was reset, say. From then on everything asked of it raises that
   * error too; what was read before can go on another device. What it gives ends the listening.
   */
  onLost(listener: OnLost): () => void
  stats(): Stats
  /** Frees everything. */
  dispose(): void
  [Symbol.dispose](): void
}
