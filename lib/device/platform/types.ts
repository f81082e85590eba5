import type { TaskEither } from 'fp-ts/TaskEither'
import type { Costs } from '../../compile/kernel/costs.ts'
import type { KernelSource } from '../../compile/codegen/program.ts'
import type { Failure } from '../../base/failure.ts'
import type { EngineName } from '../engine.ts'

export interface Context {
  readonly name: EngineName
  readonly gl: WebGLRenderingContext | WebGL2RenderingContext
  /** What gpu.js takes for the canvas: it sets the size, which would resize a real one to the largest kernel. */
  readonly canvas: object
  /** Has a listener hear that the context is lost, where the platform tells. */
  readonly onLost?: ((listener: () => void) => void) | undefined
}

/** A program to be compiled, and how many textures it is drawn from and to. */
export interface Job {
  readonly source: KernelSource
  readonly inputs: number
  readonly targets: number
}

/** Has other processes compile programs, the first of each list first; what it gives ends them. */
export type Ahead = (lists: readonly (readonly Job[])[]) => () => void

/** What differs between Node and a browser. */
export interface Platform {
  /** Names of the GL backends, the best first, each with a way to open it. */
  readonly contexts: readonly (readonly [name: EngineName, open: TaskEither<Failure, Context>])[]
  /** What things cost on a device of this backend and renderer, where that was measured. */
  readonly costs?: (name: EngineName, renderer: string) => Costs | undefined
  /** Present where the driver keeps what any process compiled, and processors are idle while this one compiles. */
  readonly helpers?: { readonly most: number; readonly ahead: Ahead } | undefined
}
