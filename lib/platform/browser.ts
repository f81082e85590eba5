import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { failure, reason, type Failure } from '../base/failure.ts'
import type { Context, Platform } from '../device/platform.ts'

const canvas = (): HTMLCanvasElement | OffscreenCanvas =>
  typeof OffscreenCanvas === 'undefined' ? document.createElement('canvas') : new OffscreenCanvas(1, 1)

const opened = (name: 'webgl2' | 'webgl'): Context | undefined => {
  const shown = canvas()
  const gl = shown.getContext(name) as Context['gl'] | null
  if (!gl) return undefined
  const onLost: Context['onLost'] = (listener) => shown.addEventListener('webglcontextlost', listener)
  return { name, gl, canvas: { width: 1, height: 1 }, onLost }
}

const open = (name: 'webgl2' | 'webgl'): TE.TaskEither<Failure, Context> =>
  TE.fromIOEither(() =>
    pipe(
      E.tryCatch(
        () => opened(name),
        (thrown) => failure('unavailable', `${name}: the browser gives no context: ${reason(thrown)}`)
      ),
      E.flatMap(E.fromNullable(failure('unavailable', `${name}: the browser gives no context`)))
    )
  )

/** The GL of a browser. */
export const platform: Platform = {
  contexts: [
    ['webgl2', open('webgl2')],
    ['webgl', open('webgl')]
  ]
}
