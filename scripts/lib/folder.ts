import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as node from 'tessera/node'
import { failure } from 'tessera'
import type { Failure } from 'tessera'

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false
  )

const nearest = async (path: string): Promise<string> => {
  const above = dirname(path)
  return above === path || (await exists(path)) ? path : nearest(above)
}

/**
 * Checks that a folder can be written to, or made if it does not exist yet. It is not made here. The failure names the
 * flag that the path came with.
 */
export const canBecomeFolder = (path: string, flag = '--out'): TE.TaskEither<Failure, void> =>
  pipe(
    TE.fromTask(() => nearest(resolve(path))),
    TE.flatMap(node.ensureFolder),
    TE.mapLeft(({ kind, message }) => failure(kind, `${flag} ${path}: ${message}`))
  )
