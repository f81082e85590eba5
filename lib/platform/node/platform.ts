import { createRequire } from 'node:module'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Costs } from '../../compile/kernel/costs.ts'
import { failure, reason, type Failure } from '../../base/failure.ts'
import { helpers } from './ahead.ts'
import { ensureDisplay } from './display.ts'
import { storedCosts } from './costs.ts'
import type { Context, Platform } from '../../device/platform.ts'

type CreateContext = (width: number, height: number, options: object) => WebGLRenderingContext | null

// optional: if it could not be built, there are other backends
const loadGL = (): E.Either<Failure, CreateContext> =>
  E.tryCatch(
    () => createRequire(import.meta.url)('gl') as CreateContext,
    (thrown) =>
      failure(
        'unavailable',
        `headlessgl: the package gl does not load (${reason(thrown)}); run: npm install gl, or in a clone of tessera: npm run setup`
      )
  )

const none = 'headlessgl: the driver gives no context'

const open = (create: CreateContext): E.Either<Failure, Context> =>
  pipe(
    E.tryCatch(
      () => create(2, 2, { preserveDrawingBuffer: true }),
      (thrown) => failure('unavailable', `${none} (${reason(thrown)}); run: npm run doctor`)
    ),
    E.flatMap(E.fromNullable(failure('unavailable', `${none}; run: npm run doctor`))),
    E.map((gl): Context => ({ name: 'headlessgl', gl, canvas: {} }))
  )

/** The GL of Node: headless-gl, on a display that the library starts if there is none. */
export const platform: Platform = {
  contexts: [
    [
      'headlessgl',
      pipe(
        TE.fromEither(loadGL()),
        TE.chainFirst(() => ensureDisplay),
        TE.chainEitherK(open)
      )
    ]
  ],
  // npm run doctor reports a damaged file; the default costs work as well
  costs: (name, renderer) => E.getOrElse((): Costs | undefined => undefined)(storedCosts({ name, renderer })),
  helpers: helpers()
}
