import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import { fromNamed, toNamed } from 'tessera/models'
import * as node from 'tessera/node'
import { fail, failure } from 'tessera'
import type { Failure } from 'tessera'
import { parseJson } from '../../lib/io/json.ts'
import type { Run, TrainingState } from './course.ts'
import { inFile, modelMetadata, optimiserPrefix, readTensors, splitTensors } from './model-file.ts'
import { flagsOf } from './settings.ts'
import type { Place, Stand } from './training.ts'

/** The file of a run that is being trained: its model, and all else that it needs to go on. */
export const checkpointFile = (out: string): string => join(out, 'checkpoint.safetensors')

/** The one before it, for when the last is damaged. */
export const previousFile = (out: string): string => join(out, 'checkpoint.previous.safetensors')

/** What makes one run the same as another, beside its state. */
interface Identity {
  /** The settings, as flags. */
  readonly flags: readonly string[]
  /** SHA-256 of the images, and the key of order and noise. */
  readonly images: string
  readonly key: string
}

/** A checkpoint as it is read: its tensors find their places once the settings are known. */
export interface Checkpoint extends Identity {
  readonly place: Place
  readonly tensors: t.Safetensors['tensors']
  /** What is wrong with the last checkpoint, where this is the one before it. */
  readonly insteadOf?: string
}

const prefixed = (stored: t.Safetensors['tensors']): t.Safetensors['tensors'] =>
  Object.fromEntries(Object.entries(stored).map(([path, x]) => [optimiserPrefix + path, x]))

const keyText = ({ words }: t.Key): string => `${words?.hi},${words?.lo}`

const write = (
  { settings, model, course, images }: Run,
  { state, place }: Stand<TrainingState>,
  loss?: number
): TE.TaskEither<Failure, void> => {
  const training = { flags: flagsOf(settings), images, key: keyText(course.key), place }
  const tensors = { ...toNamed(model, state.params), ...prefixed(t.storeTree(state.memory)) }
  const metadata = { ...modelMetadata({ ...settings, epoch: place.epoch, loss }), training: JSON.stringify(training) }
  return node.writeAtomic(checkpointFile(settings.out), t.encodeSafetensors(tensors, { metadata }))
}

/** Stores where a run begins: no checkpoint of another run is left that it could be taken for. */
export const beginCheckpoints = (run: Run): TE.TaskEither<Failure, void> =>
  pipe(
    node.removeFile(previousFile(run.settings.out)),
    TE.flatMap(() => write(run, run.from))
  )

/**
 * Stores where a run stands, and keeps the checkpoint before this one. The file is a model file too: samples can be
 * drawn from it.
 */
export const saveCheckpoint = (run: Run, stand: Stand<TrainingState>, loss?: number): TE.TaskEither<Failure, void> =>
  pipe(
    node.copyAtomic(checkpointFile(run.settings.out), previousFile(run.settings.out)),
    TE.flatMap(() => write(run, stand, loss))
  )

const isCount = (x: unknown): x is number => typeof x === 'number' && Number.isSafeInteger(x) && x >= 0
const isNumber = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(x)

const isPlace = (x: unknown): x is Place => {
  if (typeof x !== 'object' || x === null) return false
  const { step, epoch, batch, sum, ms, lowest }: Partial<Record<keyof Place, unknown>> = x
  return [step, epoch, batch].every(isCount) && [sum, ms, lowest ?? 0].every(isNumber) && epoch !== 0
}

const isTraining = (x: unknown): x is Identity & { readonly place: Place } => {
  if (typeof x !== 'object' || x === null) return false
  const { flags, images, key, place }: Partial<Record<keyof Checkpoint, unknown>> = x
  const isText = (text: unknown): boolean => typeof text === 'string'
  return Array.isArray(flags) && [...(flags as unknown[]), images, key].every(isText) && isPlace(place)
}

const checkpointIn = ({ tensors, metadata }: t.Safetensors): E.Either<Failure, Checkpoint> => {
  const { training } = metadata
  if (training === undefined) return fail('mismatch', 'it holds a model, and no run that could go on')
  const damaged = (): Failure =>
    failure('format', 'what it says of its training is damaged: start again without --resume')
  return pipe(
    parseJson(training),
    E.mapLeft(damaged),
    E.filterOrElse(isTraining, damaged),
    E.map((read) => ({ ...read, tensors }))
  )
}

const readCheckpoint = (path: string): TE.TaskEither<Failure, Checkpoint> =>
  pipe(
    readTensors(path),
    TE.flatMapEither((file) => inFile(path, checkpointIn(file)))
  )

const noRun = (out: string, { message }: Failure): Failure =>
  failure('missing', `there is no run to go on with in ${out}: ${message}; start it without --resume`)

/** Of a checkpoint that can't be read: the one before it, if that can. */
const readPrevious = (out: string, fault: Failure): TE.TaskEither<Failure, Checkpoint> =>
  pipe(
    readCheckpoint(previousFile(out)),
    TE.bimap(
      (other): Failure => {
        if (other.kind === 'missing') return fault.kind === 'missing' ? noRun(out, fault) : fault
        return failure(fault.kind, `${fault.message}; and the one before it: ${other.message}`)
      },
      (checkpoint) => ({ ...checkpoint, insteadOf: fault.message })
    )
  )

/** Reads the checkpoint in a run's folder; where that is damaged or gone, the one before it. */
export const loadCheckpoint = (out: string): TE.TaskEither<Failure, Checkpoint> =>
  pipe(
    readCheckpoint(checkpointFile(out)),
    TE.orElse((fault) => (fault.kind === 'mismatch' ? TE.left(fault) : readPrevious(out, fault)))
  )

/** Puts the checkpoint that a run goes on from in the place of a damaged one, which the next save would keep. */
export const restored = (out: string, { insteadOf }: Checkpoint): TE.TaskEither<Failure, void> =>
  insteadOf === undefined ? TE.right(undefined) : node.copyAtomic(previousFile(out), checkpointFile(out))

/** Puts a run where a checkpoint says that it was left. */
export const resumed =
  (run: Run) =>
  ({ images, key, place, tensors }: Checkpoint): E.Either<Failure, Run> => {
    const [network, memory] = splitTensors(tensors)
    if (images !== run.images)
      return fail('mismatch', `${run.course.dataset.source}: these are not the images that the run was started with`)
    if (key !== keyText(run.course.key))
      return fail('mismatch', 'the run was started by a version that draws other random numbers: start again')
    return pipe(
      E.Do,
      E.apS('model', fromNamed(network)),
      E.apS('memory', t.restoreTree(memory, run.from.state.memory)),
      E.bimap(
        ({ kind, message }) => failure(kind, `${checkpointFile(run.settings.out)}: ${message}`),
        (read) => ({ ...run, from: { state: { params: read.model.params, memory: read.memory }, place } })
      )
    )
  }
