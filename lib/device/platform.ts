import type { TaskEither } from 'fp-ts/TaskEither'
import type { Costs } from '../compile/kernel/costs.ts'
import type { KernelSource } from '../compile/codegen/program.ts'
import type { Failure } from '../base/failure.ts'
import type { EngineName } from './engine.ts'

/** A GL context that a platform opened. */
export interface Context {
  readonly name: EngineName
  readonly gl: WebGLRenderingContext | WebGL2RenderingContext
  /** A stand-in for gpu.js's canvas: gpu.js would resize a real one to the largest kernel. */
  readonly canvas: object
  /** Adds a listener for the loss of the context, if the platform reports it. */
  readonly onLost?: ((listener: () => void) => void) | undefined
}

/** A program to compile, with the numbers of its input textures and render targets. */
export interface Job {
  readonly source: KernelSource
  readonly inputs: number
  readonly targets: number
}

/** Starts a process per list that compiles its programs in order; returns a function that ends them. */
export type Ahead = (lists: readonly (readonly Job[])[]) => () => void

/** What differs between Node and a browser. */
export interface Platform {
  /** The GL backends, best first: the name of each, and how to open it. */
  readonly contexts: readonly (readonly [name: EngineName, open: TaskEither<Failure, Context>])[]
  /** The measured costs of a device; undefined if it was not measured. */
  readonly costs?: (name: EngineName, renderer: string) => Costs | undefined
  /** Present if the driver caches compiled programs for all processes and there are idle processors. */
  readonly helpers?: { readonly most: number; readonly ahead: Ahead } | undefined
}
