import type { TaskEither } from 'fp-ts/TaskEither'
import type { Costs } from '../../compile/costs.ts'
import type { Failure } from '../../core/failure.ts'
import type { EngineName } from '../engine.ts'

export interface Context {
  readonly name: EngineName
  readonly gl: WebGLRenderingContext | WebGL2RenderingContext
  /** What gpu.js takes for the canvas: it sets the size, which would resize a real one to the largest kernel. */
  readonly canvas: object
}

/** What differs between Node and a browser. */
export interface Platform {
  /** Names of the GL backends, the best first, each with a way to open it. */
  readonly contexts: readonly (readonly [name: EngineName, open: TaskEither<Failure, Context>])[]
  /** What things cost on a device of this backend and renderer, where that was measured. */
  readonly costs?: (name: EngineName, renderer: string) => Costs | undefined
}
