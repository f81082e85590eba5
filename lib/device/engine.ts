import type { Counters } from './api/counters.ts'
import { showShape } from '../base/raise.ts'
import type { Shape } from '../core/shape.ts'
import type { KernelSource } from '../compile/codegen/program.ts'
import type { Target } from '../compile/schedule/plan.ts'
import type { DeviceLoss } from './api/lost.ts'

/** Device memory for one tensor. */
export interface Buffer {
  readonly bytes: number
}

/** Bytes that a texture takes besides its texels, roughly: measured on llvmpipe, including its objects here. */
const overhead = 2 ** 14
/** Bytes of a buffer with its overhead. */
export const weightOf = ({ bytes }: Buffer): number => bytes + overhead

/** A bit-exact copy of a buffer on the host. */
export interface Saved {
  readonly bytes: number
}

/** Limits below those of the device. */
export interface Limits {
  /** Render targets. */
  readonly targets?: number
  /** Texture units. */
  readonly inputs?: number
  /** The longest side of a texture, in texels. */
  readonly textureSize?: number
  /**
   * Bytes of textures, never exceeded. To stay below, free textures are dropped first, then results that no function uses at
   * the moment are moved to the host until they are needed.
   */
  readonly bytes?: number
  /** How many programs are kept, by default 512. Beyond that the least recently used one is dropped. */
  readonly programs?: number
}

/** The holder of an engine's buffers, which is asked to make room for new ones. */
export interface Tenant {
  /** Moves a buffer to the host; false if there is none to move. */
  relieve(): boolean
}

/** A buffer in use, with the shape of its tensor. */
export interface Occupied extends Buffer {
  readonly shape: Shape
}

/** The error for a lack of memory: the largest tensors in use, and what to do. */
export const noRoom = (wanted: Occupied, why: string, inUse: readonly Occupied[]): string => {
  const words = ({ shape, bytes }: Occupied): string => `${showShape(shape)} (${bytes} bytes)`
  const largest = inUse.toSorted((a, b) => b.bytes - a.bytes).slice(0, 3)
  const used = inUse.reduce((sum, { bytes }) => sum + bytes, 0)
  return (
    `no room for a tensor ${words(wanted)}: ${why}, and tensors in use take ${used}` +
    `${largest.length === 0 ? '' : `, most of it by ${largest.map(words).join(', ')}`}: ` +
    'try smaller batches or a larger limit'
  )
}

/** The name of a backend. */
export type EngineName = 'webgl2' | 'webgl' | 'headlessgl' | 'webasm' | 'cpu'

/** A backend of gpu.js: memory, and programs that read some buffers and write one. */
export interface Engine extends Target {
  readonly name: EngineName
  /** What the driver calls itself. */
  readonly renderer: string
  readonly counters: Counters
  readonly loss: DeviceLoss
  /** The holder of buffers, which can make room. */
  tenant: Tenant | undefined
  /** Begins a run: what it uses is kept for the next one. */
  begin(): void
  take(shape: Shape): Buffer
  /** Gives a buffer back to the pool. */
  give(buffer: Buffer): void
  upload(data: ArrayLike<number>, shape: Shape): Buffer
  download(buffer: Buffer, shape: Shape): Float32Array
  /** Copies a buffer to the host; it stays in use. */
  save(buffer: Buffer): Saved
  restore(saved: Saved): Buffer
  /** The numbers of a saved buffer, row-major. */
  unpack(saved: Saved, shape: Shape): Float32Array
  /**
   * Runs a program with `targets` results of one shape. They are written to as many new buffers or, if `joined`, to one
   * buffer that holds them as slices. `meanwhile` is called while the driver draws and this thread would wait.
   */
  run(
    source: KernelSource,
    inputs: readonly Buffer[],
    shape: Shape,
    targets: number,
    joined?: boolean,
    meanwhile?: () => void
  ): readonly Buffer[]
  /**
   * Builds a program before it runs, if the backend can do that. Returns whether there was anything to build.
   */
  build(source: KernelSource, inputs: number, targets: number): boolean
  /** Whether a program has run before, so that it is fully compiled. */
  has(source: KernelSource): boolean
  /** Waits until all runs are computed. */
  finish(): void
  /** Makes the engine like new: no programs, no buffers, counters at zero. */
  reset(): void
  dispose(): void
}
