import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import { fail, failure } from 'tessera'
import type { Failure } from 'tessera'
import { fromNamed } from 'tessera/models'
import type { Loaded, Named } from 'tessera/models'
import * as node from 'tessera/node'
import { checkVersion, fileVersion, splitTensors } from 'tessera/train'

/** The model that comes with the library, made by `npm run train -- --dataset mnist`. */
export const shippedModel = fileURLToPath(new URL('../../models/mnist.safetensors', import.meta.url))

/** The one that can be asked for digits, made from it by `npm run train -- --classes --dataset mnist`. */
export const shippedClassModel = fileURLToPath(new URL('../../models/mnist-classes.safetensors', import.meta.url))

/** The range of the variances in the article. */
export const articleBetas = { betaMin: 1e-4, betaMax: 0.02 } as const

/** How a model came about: what its file says about it. */
export interface Origin {
  readonly dataset: string
  readonly schedule: t.ScheduleName
  readonly steps: number
  readonly betaMin: number
  readonly betaMax: number
  readonly epoch: number
  /** Absent before the first step. */
  readonly loss?: number | undefined
}

/** A model of a file, and the schedule that it was trained for. */
export interface LoadedModel extends Loaded {
  readonly schedule: t.Schedule
  readonly scheduleName: t.ScheduleName
}

/** The metadata of a model file. */
export const modelMetadata = (origin: Origin): Readonly<Record<string, string>> => {
  const { dataset, schedule, steps, betaMin, betaMax, epoch, loss } = origin
  const model = { format: 'tessera', version: fileVersion, model: 'unet' }
  const facts = { ...model, dataset, schedule, steps, betaMin, betaMax, epoch, loss }
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  )
}

/** Writes a model as a safetensors file with PyTorch's names. */
export const saveModel = (path: string, tensors: Named, origin: Origin): TE.TaskEither<Failure, void> =>
  node.writeAtomic(path, t.encodeSafetensors(tensors, { metadata: modelMetadata(origin) }))

/** A number of the metadata between 0 and 1; the article's if there is none, as in a file of PyTorch. */
const variance = (file: t.Safetensors, name: keyof typeof articleBetas): E.Either<Failure, number> => {
  const value = Number(file.metadata[name] ?? articleBetas[name])
  return value > 0 && value < 1
    ? E.right(value)
    : fail('format', `${name} lies between 0 and 1, not at ${file.metadata[name]}`)
}

const isSchedule = (name: string): name is t.ScheduleName => Object.hasOwn(t.schedules, name)

/** The schedule that a file names. Files of older versions and of PyTorch name none: theirs is linear. */
const scheduleName = ({ metadata: { schedule = 'linear' } }: t.Safetensors): E.Either<Failure, t.ScheduleName> =>
  isSchedule(schedule)
    ? E.right(schedule)
    : fail('format', `its schedule is one of ${Object.keys(t.schedules).join(', ')}, not ${schedule}`)

/** The names of the average of the parameters, if an optimiser keeps one, among the tensors of its state. */
const averagePrefix = 'average.'

/** The model of a file. A checkpoint of a run that averages its parameters is a model with the average. */
const drawnModel = ({ tensors }: t.Safetensors): E.Either<Failure, Loaded> => {
  const [params, optState] = splitTensors(tensors)
  const average = Object.entries(optState).filter(([name]) => name.startsWith(averagePrefix))
  const named = Object.fromEntries(average.map(([name, x]) => [name.slice(averagePrefix.length), x]))
  return pipe(
    fromNamed(params),
    E.flatMap((loaded) =>
      average.length === 0
        ? E.right(loaded)
        : pipe(
            t.restoreTree(named, loaded.params),
            E.map((averaged) => ({ ...loaded, params: averaged }))
          )
    )
  )
}

const loadedModel = (file: t.Safetensors): E.Either<Failure, LoadedModel> =>
  pipe(
    E.Do,
    E.bind('loaded', () => drawnModel(file)),
    E.bind('scheduleName', () => scheduleName(file)),
    E.bind('betaMin', () => variance(file, 'betaMin')),
    E.bind('betaMax', () => variance(file, 'betaMax')),
    E.filterOrElse(
      ({ betaMin, betaMax }) => betaMin <= betaMax,
      () => failure('format', 'betaMin is above betaMax')
    ),
    E.map(({ loaded, scheduleName: name, betaMin, betaMax }) => {
      const schedule = t.schedules[name]({ steps: loaded.model.config.steps, betaMin, betaMax })
      return { ...loaded, schedule, scheduleName: name }
    })
  )

/** The same result, with a failure that names the file. */
export const inFile = <A>(path: string, result: E.Either<Failure, A>): E.Either<Failure, A> =>
  pipe(
    result,
    E.mapLeft(({ kind, message }) => failure(kind, `${path}: ${message}`))
  )

/** The tensors and the metadata of a model file. */
export const readTensors = (path: string): TE.TaskEither<Failure, t.Safetensors> =>
  pipe(
    node.readBytes(path),
    TE.flatMapEither((bytes) => inFile(path, pipe(t.decodeModel(bytes), E.flatMap(checkVersion))))
  )

/**
 * The model of a safetensors or `.pt` file, of this program or of PyTorch. Its schedule is as long as its time embedding.
 */
export const loadModel = (path: string): TE.TaskEither<Failure, LoadedModel> =>
  pipe(
    readTensors(path),
    TE.flatMapEither((file) => inFile(path, loadedModel(file)))
  )
