import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import { fromNamed } from 'tessera/models'
import type { Loaded, Named } from 'tessera/models'
import * as node from 'tessera/node'
import { fail } from '../../lib/core/failure.ts'
import type { Failure } from '../../lib/core/failure.ts'

/** Of the metadata; a reader refuses what a later version wrote. */
const version = 1

/** The variances between which the article's schedule grows. */
export const usualBetas = { betaMin: 1e-4, betaMax: 0.02 } as const

/** How a model came about, as far as a file tells. */
export interface Origin {
  readonly dataset: string
  readonly steps: number
  readonly betaMin: number
  readonly betaMax: number
  readonly epoch: number
  readonly loss: number
}

/** A model and the schedule that it was trained for. */
export interface Trained extends Loaded {
  readonly schedule: t.Schedule
}

/** Writes a model as a safetensors file under PyTorch's names. */
export const saveModel = (path: string, tensors: Named, origin: Origin): TE.TaskEither<Failure, void> => {
  const facts = { format: 'tessera', version, model: 'unet', ...origin }
  const metadata = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)]))
  return node.writeAtomic(path, t.encodeSafetensors(tensors, metadata))
}

const known = (file: t.Safetensors): E.Either<Failure, t.Safetensors> =>
  Number(file.metadata.version ?? version) <= version
    ? E.right(file)
    : fail('mismatch', `its format is version ${file.metadata.version}, this program reads up to ${version}: update it`)

/** A number of the metadata between 0 and 1; the usual one where the file says nothing, as one of PyTorch's does. */
const variance = (file: t.Safetensors, name: keyof typeof usualBetas): E.Either<Failure, number> => {
  const value = Number(file.metadata[name] ?? usualBetas[name])
  return value > 0 && value < 1
    ? E.right(value)
    : fail('format', `${name} lies between 0 and 1, not at ${file.metadata[name]}`)
}

const trained = (file: t.Safetensors): E.Either<Failure, Trained> =>
  pipe(
    E.Do,
    E.bind('loaded', () => fromNamed(file.tensors)),
    E.bind('betaMin', () => variance(file, 'betaMin')),
    E.bind('betaMax', () => variance(file, 'betaMax')),
    E.filterOrElse(
      ({ betaMin, betaMax }) => betaMin <= betaMax,
      (): Failure => ({ kind: 'format', message: 'betaMin is above betaMax' })
    ),
    E.map(({ loaded, betaMin, betaMax }) => ({
      ...loaded,
      schedule: t.linearSchedule({ steps: loaded.model.config.steps, betaMin, betaMax })
    }))
  )

/** The model of a safetensors or `.pt` file, of this program or of PyTorch; the schedule is as long as its time embedding. */
export const loadModel = (path: string): TE.TaskEither<Failure, Trained> =>
  pipe(
    node.readBytes(path),
    TE.flatMapEither((bytes) =>
      pipe(
        t.decodeModel(bytes),
        E.flatMap(known),
        E.flatMap(trained),
        E.mapLeft(({ kind, message }): Failure => ({ kind, message: `${path}: ${message}` }))
      )
    )
  )
