import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import { fromNamed } from 'tessera/models'
import type { Loaded, Named } from 'tessera/models'
import * as node from 'tessera/node'
import { fail } from 'tessera'
import type { Failure } from 'tessera'

/** Of the metadata; a reader refuses what a later version wrote. */
export const version = 1

/** The model that comes with the library: `npm run train -- --dataset mnist` made it. */
export const shippedModel = fileURLToPath(new URL('../../models/mnist.safetensors', import.meta.url))

/** The variances between which the article's schedule grows. */
export const usualBetas = { betaMin: 1e-4, betaMax: 0.02 } as const

/** How a model came about, as far as a file tells. */
export interface Origin {
  readonly dataset: string
  readonly steps: number
  readonly betaMin: number
  readonly betaMax: number
  readonly epoch: number
  /** None before the first step. */
  readonly loss?: number | undefined
}

/** A model and the schedule that it was trained for. */
export interface Trained extends Loaded {
  readonly schedule: t.Schedule
}

/** What a file says of a model. */
export const modelMetadata = (origin: Origin): Readonly<Record<string, string>> => {
  const { dataset, steps, betaMin, betaMax, epoch, loss } = origin
  const facts = { format: 'tessera', version, model: 'unet', dataset, steps, betaMin, betaMax, epoch, loss }
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  )
}

/** Writes a model as a safetensors file under PyTorch's names. */
export const saveModel = (path: string, tensors: Named, origin: Origin): TE.TaskEither<Failure, void> =>
  node.writeAtomic(path, t.encodeSafetensors(tensors, { metadata: modelMetadata(origin) }))

/** What an optimiser remembers stands under this, beside the model, in the file of a run that is being trained. */
export const optimiserPrefix = 'optimiser.'

/** The tensors of a model, and of an optimiser. */
export const splitTensors = (tensors: Named): readonly [network: Named, memory: Named] => {
  const all = Object.entries(tensors)
  return [
    Object.fromEntries(all.filter(([name]) => !name.startsWith(optimiserPrefix))),
    Object.fromEntries(
      all.flatMap(([name, x]) => (name.startsWith(optimiserPrefix) ? [[name.slice(optimiserPrefix.length), x]] : []))
    )
  ]
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
    E.bind('loaded', () => fromNamed(splitTensors(file.tensors)[0])),
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

/** What was made of a file, or a failure that names it. */
export const inFile = <A>(path: string, made: E.Either<Failure, A>): E.Either<Failure, A> =>
  pipe(
    made,
    E.mapLeft(({ kind, message }): Failure => ({ kind, message: `${path}: ${message}` }))
  )

/** The tensors in a file, and what it says of them. */
export const readTensors = (path: string): TE.TaskEither<Failure, t.Safetensors> =>
  pipe(
    node.readBytes(path),
    TE.flatMapEither((bytes) => inFile(path, pipe(t.decodeModel(bytes), E.flatMap(known))))
  )

/** The model of a safetensors or `.pt` file, of this program or of PyTorch; the schedule is as long as its time embedding. */
export const loadModel = (path: string): TE.TaskEither<Failure, Trained> =>
  pipe(
    readTensors(path),
    TE.flatMapEither((file) => inFile(path, trained(file)))
  )
