import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { failure } from '../../base/failure.ts'
import type { Failure } from '../../base/failure.ts'
import { copyAtomic, readBytes, removeFile, writeAtomic } from './atomic.ts'
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../../train/checkpoint.ts'

/** The file in a run's folder that holds its model and all else that it needs to continue. */
export const checkpointFile = (folder: string): string => join(folder, 'checkpoint.safetensors')

/** The checkpoint before it, for when the last one is damaged. */
export const previousCheckpointFile = (folder: string): string => join(folder, 'checkpoint.previous.safetensors')

/** A checkpoint as it was read. */
export interface LoadedCheckpoint extends Checkpoint {
  /** What is wrong with the last checkpoint, if this is the one before it. */
  readonly insteadOf?: string
}

const write = (folder: string, checkpoint: Checkpoint): TE.TaskEither<Failure, void> =>
  writeAtomic(checkpointFile(folder), encodeCheckpoint(checkpoint))

/**
 * Stores the first checkpoint of a run, and removes the previous one of another run, which could be taken for one of
 * this. The failure is of kind `write`.
 */
export const startCheckpoints = (folder: string, checkpoint: Checkpoint): TE.TaskEither<Failure, void> =>
  pipe(
    removeFile(previousCheckpointFile(folder)),
    TE.flatMap(() => write(folder, checkpoint))
  )

/**
 * Stores a checkpoint and keeps the one before it. Whenever the process is killed, a whole one is left. The failure is
 * of kind `write`.
 */
export const saveCheckpoint = (folder: string, checkpoint: Checkpoint): TE.TaskEither<Failure, void> =>
  pipe(
    copyAtomic(checkpointFile(folder), previousCheckpointFile(folder)),
    TE.flatMap(() => write(folder, checkpoint))
  )

const read = (path: string): TE.TaskEither<Failure, Checkpoint> =>
  pipe(
    readBytes(path),
    TE.flatMapEither((bytes) =>
      pipe(
        decodeCheckpoint(bytes),
        E.mapLeft(({ kind, message }) => failure(kind, `${path}: ${message}`))
      )
    )
  )

/** In place of a checkpoint that can't be read: the one before it, if that can. */
const readPrevious = (folder: string, fault: Failure): TE.TaskEither<Failure, LoadedCheckpoint> =>
  pipe(
    read(previousCheckpointFile(folder)),
    TE.bimap(
      (other): Failure => {
        if (other.kind !== 'missing')
          return failure(fault.kind, `${fault.message}; and the one before it: ${other.message}`)
        return fault.kind === 'missing'
          ? failure(
              'missing',
              `there is no run to go on with in ${folder}: ${fault.message}; start it without --resume`
            )
          : fault
      },
      (checkpoint) => ({ ...checkpoint, insteadOf: fault.message })
    )
  )

/**
 * Reads the checkpoint in a run's folder, or the one before it if that is damaged or gone. The failure says what is
 * wrong with both.
 *
 * @example
 * ```ts
 * import * as node from 'tessera/node'
 * const result = await node.loadCheckpoint('no-such-folder')()
 * assert.ok(result._tag === 'Left' && result.left.kind === 'missing')
 * ```
 */
export const loadCheckpoint = (folder: string): TE.TaskEither<Failure, LoadedCheckpoint> =>
  pipe(
    read(checkpointFile(folder)),
    TE.orElse((fault) => (fault.kind === 'mismatch' ? TE.left(fault) : readPrevious(folder, fault)))
  )

/**
 * Puts the checkpoint that a run continues from into the place of the damaged one, which the next save would keep.
 * Nothing happens if the last one was whole. The failure is of kind `write`.
 */
export const restoreCheckpoint = (
  folder: string,
  { insteadOf }: Pick<LoadedCheckpoint, 'insteadOf'>
): TE.TaskEither<Failure, void> =>
  insteadOf === undefined ? TE.right(undefined) : copyAtomic(previousCheckpointFile(folder), checkpointFile(folder))
