import type { Shape } from '../core/shape.ts'
import type { Source } from '../compile/numbers.ts'
import type { Target } from '../compile/plan.ts'

/** Device memory for one tensor. */
export interface Buffer {
  readonly bytes: number
}

/** Counted things: what specs assert and what a user looks at. */
export interface Counters {
  /** Programs compiled. */
  programs: number
  /** Kernel calls. */
  calls: number
  /** Textures (or arrays) ever made. */
  created: number
  /** Textures in use. */
  live: number
  /** Textures waiting to be used again. */
  pooled: number
  /** Bytes of both, and the most there ever were. */
  bytes: number
  peakBytes: number
  /** Milliseconds spent on writing and compiling programs, with what the driver does of it at the first draw. */
  compileMs: number
}

export const noCounts = (): Counters => ({
  programs: 0,
  calls: 0,
  created: 0,
  live: 0,
  pooled: 0,
  bytes: 0,
  peakBytes: 0,
  compileMs: 0
})

export type EngineName = 'webgl2' | 'webgl' | 'headlessgl' | 'webasm' | 'cpu'

/** A backend of gpu.js: memory, and programs that read some buffers and write one. */
export interface Engine extends Target {
  readonly name: EngineName
  /** What the driver calls itself. */
  readonly renderer: string
  readonly counters: Counters
  take(shape: Shape): Buffer
  /** Gives a buffer back to the pool. */
  give(buffer: Buffer): void
  upload(data: ArrayLike<number>, shape: Shape): Buffer
  download(buffer: Buffer, shape: Shape): Float32Array
  /**
   * Runs a program that writes so many results of one shape: into as many new buffers from the pool or, joined, into
   * one that holds them all as planes. `meanwhile` is called where the driver draws and this thread would wait for it.
   */
  run(
    source: Source,
    inputs: readonly Buffer[],
    shape: Shape,
    targets: number,
    joined?: boolean,
    meanwhile?: () => void
  ): readonly Buffer[]
  /**
   * Builds a program for so many inputs and results, where a backend can do that before it runs; says whether there was
   * anything to do.
   */
  build(source: Source, inputs: number, targets: number): boolean
  /** Whether a program has run before: then nothing of it is left to compile. */
  has(source: Source): boolean
  /** Waits until everything asked for is computed. */
  finish(): void
  dispose(): void
}
