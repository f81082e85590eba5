import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import { classifier } from 'tessera/models'
import type { ClassifierParams } from 'tessera/models'
import * as node from 'tessera/node'
import { fileVersion } from 'tessera/train'
import { failure } from 'tessera'
import type { Failure } from 'tessera'
import { parseJson } from '../../lib/io/json.ts'
import { inFile, readTensors } from './model-file.ts'

/** The classifier that comes with the library, made by `npm run classify -- --dataset mnist`. */
export const shippedClassifier = fileURLToPath(new URL('../../models/classifier.safetensors', import.meta.url))

/** How a classifier came about: what its file says about it. */
export interface ClassifierOrigin {
  readonly dataset: string
  /** What its classes mean. */
  readonly classes: readonly string[]
  /** Images that it was trained on, passes over them, images in a step, and the learning rate. */
  readonly images: number
  readonly epochs: number
  readonly batch: number
  readonly lr: number
  readonly seed: number
  /** The part of the test images that it reads right, and how many there were. */
  readonly accuracy: number
  readonly tested: number
}

/** A classifier of a file. */
export interface LoadedClassifier {
  readonly params: ClassifierParams
  readonly classes: readonly string[]
  readonly dataset: string
}

/** Whether a classifier reads the classes of a data set. */
export const reads = ({ classes }: LoadedClassifier, dataset: t.Dataset): boolean =>
  classes.join() === dataset.classes.join()

/** Writes a classifier as a safetensors file. */
export const saveClassifier = (
  path: string,
  params: ClassifierParams,
  { classes, ...rest }: ClassifierOrigin
): TE.TaskEither<Failure, void> => {
  const facts = {
    format: 'tessera',
    version: fileVersion,
    model: 'classifier',
    classes: JSON.stringify(classes),
    ...rest
  }
  const metadata = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)]))
  return node.writeAtomic(path, t.encodeSafetensors(t.storeTree(params), { metadata }))
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((x) => typeof x === 'string')

const classesOf = ({ metadata: { classes = '' } }: t.Safetensors): E.Either<Failure, readonly string[]> =>
  pipe(
    parseJson(classes),
    E.mapLeft(() => failure('format', 'it does not say what its classes are: train one with npm run classify')),
    E.filterOrElse(isTexts, () => failure('format', 'its classes are no list of texts'))
  )

const loadedClassifier = (file: t.Safetensors): E.Either<Failure, LoadedClassifier> =>
  pipe(
    E.Do,
    E.bind('params', () => t.restoreTree(file.tensors, classifier().init(t.key(0)))),
    E.bind('classes', () => classesOf(file)),
    E.map((both) => ({ ...both, dataset: file.metadata.dataset ?? 'unknown images' }))
  )

/** The classifier in a file that `npm run classify` wrote. */
export const loadClassifier = (path: string): TE.TaskEither<Failure, LoadedClassifier> =>
  pipe(
    readTensors(path),
    TE.flatMapEither((file) => inFile(path, loadedClassifier(file)))
  )
