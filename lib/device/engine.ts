import type { Counters } from './api/counters.ts'
import { showShape } from '../base/raise.ts'
import type { Shape } from '../core/shape.ts'
import type { KernelSource } from '../compile/codegen/program.ts'
import type { Target } from '../compile/schedule/plan.ts'
import type { Loss } from './api/lost.ts'

/** Device memory for one tensor. */
export interface Buffer {
  readonly bytes: number
}

/** What a small texture takes besides its texels, roughly: llvmpipe was measured, with all that belongs to it here. */
const overhead = 2 ** 14
export const weightOf = ({ bytes }: Buffer): number => bytes + overhead

/** The numbers of a buffer as they lay there, on the host: to the bit. */
export interface Saved {
  readonly bytes: number
}

/** What to make do with: less than the device has. */
export interface Limits {
  /** Render targets. */
  readonly targets?: number
  /** Texture units. */
  readonly inputs?: number
  readonly textureSize?: number
  /**
   * Bytes of textures, never exceeded: those that wait to be used again go first, then results that no function uses at
   * the moment are moved to the host, until they are wanted again.
   */
  readonly bytes?: number
  /** Programs kept, by default 512: beyond them the one used longest ago goes, to be compiled anew where it is wanted. */
  readonly programs?: number
}

/** Who holds an engine's buffers: asked to do with less where there is no room for one more. */
export interface Tenant {
  /** Moves something to the host, if there is anything that can be. */
  relieve(): boolean
}

/** A buffer in use, and the tensor that lies there. */
export interface Occupied extends Buffer {
  readonly shape: Shape
}

/** Why there is no room: what takes it, the largest first, and what to do. */
export const noRoom = (wanted: Occupied, why: string, inUse: readonly Occupied[]): string => {
  const words = ({ shape, bytes }: Occupied): string => `${showShape(shape)} (${bytes} bytes)`
  const largest = inUse.toSorted((a, b) => b.bytes - a.bytes).slice(0, 3)
  const used = inUse.reduce((sum, { bytes }) => sum + bytes, 0)
  return (
    `no room for a tensor ${words(wanted)}: ${why}, and what is used right now takes ${used}` +
    `${largest.length === 0 ? '' : `, the most by ${largest.map(words).join(', ')}`}: ` +
    'smaller batches, or a larger limit, may do'
  )
}

export type EngineName = 'webgl2' | 'webgl' | 'headlessgl' | 'webasm' | 'cpu'

/** A backend of gpu.js: memory, and programs that read some buffers and write one. */
export interface Engine extends Target {
  readonly name: EngineName
  /** What the driver calls itself. */
  readonly renderer: string
  readonly counters: Counters
  readonly loss: Loss
  /** Whom to ask for room. */
  tenant: Tenant | undefined
  /** A run begins: what it uses is kept for the next. */
  begin(): void
  take(shape: Shape): Buffer
  /** Gives a buffer back to the pool. */
  give(buffer: Buffer): void
  upload(data: ArrayLike<number>, shape: Shape): Buffer
  download(buffer: Buffer, shape: Shape): Float32Array
  /** Copies a buffer to the host; it stays in use. */
  save(buffer: Buffer): Saved
  restore(saved: Saved): Buffer
  /** The numbers of what was saved, row-major. */
  unpack(saved: Saved, shape: Shape): Float32Array
  /**
   * Runs a program that writes so many results of one shape: into as many new buffers from the pool or, joined, into
   * one that holds them all as planes. `meanwhile` is called where the driver draws and this thread would wait for it.
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
   * Builds a program for so many inputs and results, where a backend can do that before it runs; says whether there was
   * anything to do.
   */
  build(source: KernelSource, inputs: number, targets: number): boolean
  /** Whether a program has run before: then nothing of it is left to compile. */
  has(source: KernelSource): boolean
  /** Waits until everything asked for is computed. */
  finish(): void
  /** As if it were new: no programs, no textures, nothing counted. */
  reset(): void
  dispose(): void
}
