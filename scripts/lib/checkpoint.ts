import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import { fromNamed, toNamed } from 'tessera/models'
import * as node from 'tessera/node'
import { fail, failure } from '../../lib/core/failure.ts'
import type { Failure } from '../../lib/core/failure.ts'
import type { Run, TrainingState } from './course.ts'
import { inFile, modelMetadata, optimiserPrefix, readTensors, splitTensors } from './model-file.ts'
import { flagsOf } from './settings.ts'
import type { Place, Stand } from './training.ts'

/** The file of a run that is being trained: its model, and all else that it needs to go on. */
export const checkpointFile = (out: string): string => join(out, 'checkpoint.safetensors')

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
}

const prefixed = (stored: t.Safetensors['tensors']): t.Safetensors['tensors'] =>
  Object.fromEntries(Object.entries(stored).map(([path, x]) => [optimiserPrefix + path, x]))

const keyText = ({ words }: t.Key): string => `${words?.hi},${words?.lo}`

/** Stores where a run stands. The file is a model file too: samples can be drawn from it. */
export const saveCheckpoint = (
  { settings, model, course, images }: Run,
  { state, place }: Stand<TrainingState>,
  loss?: number
): TE.TaskEither<Failure, void> => {
  const training = { flags: flagsOf(settings), images, key: keyText(course.key), place }
  const tensors = { ...toNamed(model, state.params), ...prefixed(t.storeTree(state.memory)) }
  const metadata = { ...modelMetadata({ ...settings, epoch: place.epoch, loss }), training: JSON.stringify(training) }
  return node.writeAtomic(checkpointFile(settings.out), t.encodeSafetensors(tensors, metadata))
}

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

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const checkpointIn = ({ tensors, metadata }: t.Safetensors): E.Either<Failure, Checkpoint> => {
  const { training } = metadata
  if (training === undefined) return fail('mismatch', 'it holds a model, and no run that could go on')
  const read = parse(training)
  return isTraining(read)
    ? E.right({ ...read, tensors })
    : fail('format', 'what it says of its training is damaged: start again without --resume')
}

/** Reads the checkpoint in a run's folder. */
export const loadCheckpoint = (out: string): TE.TaskEither<Failure, Checkpoint> => {
  const path = checkpointFile(out)
  return pipe(
    readTensors(path),
    TE.mapLeft((fault) =>
      fault.kind === 'missing'
        ? failure('missing', `there is no run to go on with in ${out}: ${fault.message}; start it without --resume`)
        : fault
    ),
    TE.flatMapEither((file) => inFile(path, checkpointIn(file)))
  )
}

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
      E.apS('memory', t.restoreTree(run.from.state.memory, memory)),
      E.bimap(
        ({ kind, message }) => failure(kind, `${checkpointFile(run.settings.out)}: ${message}`),
        (read) => ({ ...run, from: { state: { params: read.model.params, memory: read.memory }, place } })
      )
    )
  }
