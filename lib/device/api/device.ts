// declares Symbol.dispose for users whose own settings do not
/// <reference lib="esnext.disposable" preserve="true" />
import type { NdArray } from 'ndarray'
import type { Nested } from '../../core/create.ts'
import type { Shape } from '../../core/shape.ts'
import type { Tensor } from '../../core/tensor.ts'
import type { OnLost } from './lost.ts'

/** The numbers of a tensor: float32 from devices, float64 from the reference. */
export type Numbers = Float32Array | Float64Array

/** The counters of a device, for information only. */
export interface Stats {
  /** Programs now (kernels share them), and how many were compiled so far. */
  readonly programs: number
  /** Programs compiled so far. */
  readonly compiled: number
  /** Plans in the cache. */
  readonly plans: number
  /** Kernel calls so far. */
  readonly calls: number
  /** Textures created so far; in the steady state this does not grow. */
  readonly created: number
  /** Textures in use, and free ones. */
  readonly live: number
  /** Textures that wait for reuse. */
  readonly pooled: number
  /** Bytes of both, and their peak. */
  readonly bytes: number
  /** The largest `bytes` so far. */
  readonly peakBytes: number
  /** Results moved to the host to make room: none if dropped tensors are collected in time. */
  readonly spilled: number
  /** Milliseconds spent on tracing, planning, compiling programs, and running. */
  readonly traceMs: number
  /** Milliseconds spent on planning kernels. */
  readonly planMs: number
  /** Milliseconds spent on compiling programs. */
  readonly compileMs: number
  /** Milliseconds spent on running plans. */
  readonly runMs: number
}

/** The time and the work of one kernel of a plan. */
export interface Timing {
  /** The rows it was made for, and the shape of its results. */
  readonly name: string
  /** The shape of its results. */
  readonly shape: Shape
  /** Equal for kernels that share a program. */
  readonly program: number
  /** Its time, in milliseconds. */
  readonly ms: number
  /** Floating-point operations. */
  readonly flops: number
  /** Bytes of the textures that it reads and writes. */
  readonly bytes: number
}

/** Options of `device.compile`. */
export interface CompileOptions {
  /** Positions of donated arguments: results may take their memory, and they cannot be used again. */
  readonly donate?: readonly number[]
}

/** Computes the values that tensors describe. */
export interface Device {
  /** `webgl2`, `webgl`, `headlessgl`, `webasm`, `cpu` or `reference`. */
  readonly name: string
  /** The name of the driver. */
  readonly renderer: string
  /** Why this device was chosen. */
  readonly reason: string
  /**
   * Compiles a pure function of trees to a plan of kernels, once for each set of argument shapes. Tensors and keys are its
   * inputs; every other leaf (numbers, strings) is part of the function, and another value makes another plan.
   */
  compile<A extends readonly unknown[], R>(f: (...args: A) => R, options?: CompileOptions): (...args: A) => R
  /** Computes the tensors of a tree, so that later uses do not compute them again. */
  compute<T>(tree: T): T
  /** The numbers of a tensor, row-major. Only this waits for the device. */
  read(x: Tensor): Promise<Numbers>
  /** The numbers as an array of the package ndarray. */
  read(x: Tensor, as: 'ndarray'): Promise<NdArray<Numbers>>
  /** The numbers as nested lists; for a tensor without axes, the number. */
  read(x: Tensor, as: 'nested'): Promise<Nested>
  /** The plan of a function as text, one line per kernel; `showSource` adds the programs. */
  show<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): string
  /** The plan of a function as text, with the sources of its programs. */
  showSource<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): string
  /**
   * The compilation of a function, stage by stage: the traced graph, the result of each pass, the calls and programs.
   */
  explain<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): string
  /** Runs a function, waits after each kernel, and returns what each took. */
  profile<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): readonly Timing[]
  /**
   * Calls a listener once if the device is lost, for example because its driver was reset. From then on every method raises
   * the same error; numbers that were read before can be used on another device. Returns a function that removes the
   * listener.
   */
  onLost(listener: OnLost): () => void
  /** The counters of the device. */
  stats(): Stats
  /** Frees everything. */
  dispose(): void
  /** Frees everything, at the end of the block of `using`. */
  [Symbol.dispose](): void
}
