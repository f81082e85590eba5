import * as TE from 'fp-ts/TaskEither'
import { failure, type Failure } from '../../core/failure.ts'
import type { Context, Platform } from './types.ts'

const canvas = (): HTMLCanvasElement | OffscreenCanvas =>
  typeof OffscreenCanvas === 'undefined' ? document.createElement('canvas') : new OffscreenCanvas(1, 1)

const open =
  (name: 'webgl2' | 'webgl'): TE.TaskEither<Failure, Context> =>
  () => {
    const gl = canvas().getContext(name) as Context['gl'] | null
    const task = gl
      ? TE.right({ name, gl, canvas: { width: 1, height: 1 } })
      : TE.left(failure('unavailable', `${name}: the browser gives no context`))
    return task()
  }

/** The GL of a browser. */
export const platform: Platform = {
  contexts: [
    ['webgl2', open('webgl2')],
    ['webgl', open('webgl')]
  ]
}
