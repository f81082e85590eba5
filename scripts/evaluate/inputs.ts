import { dirname } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type * as t from 'tessera'
import { fail } from 'tessera'
import type { Failure } from 'tessera'
import { loadClassifier, reads } from '../lib/classifier-file.ts'
import type { LoadedClassifier } from '../lib/classifier-file.ts'
import { fitting, loadData } from '../lib/data.ts'
import { canBecomeFolder } from '../lib/folder.ts'
import { loadModel } from '../lib/model-file.ts'
import type { LoadedModel } from '../lib/model-file.ts'
import type { Progress } from '../lib/progress.ts'
import { factsOf, keptSamples, readSamples } from './kept.ts'
import type { Kept } from './kept.ts'
import type { Settings } from './settings.ts'

/** What is measured, and with what. */
export interface Inputs {
  readonly model: LoadedModel
  readonly classifier: LoadedClassifier
  readonly dataset: t.Dataset
  /** The training images, where samples are shown beside those nearest to them. */
  readonly training: t.Dataset | undefined
  /** Samples that were drawn before. */
  readonly kept: Kept
}

/** Fails if a classifier was trained on other classes than those of a data set, or if there is nothing to compare. */
const sameClasses = (classifier: LoadedClassifier, dataset: t.Dataset, file: string): E.Either<Failure, t.Dataset> => {
  if (!reads(classifier, dataset))
    return fail('mismatch', `${file} reads ${classifier.dataset}, not ${dataset.name}: name another with --classifier FILE (npm run classify -- --dataset ${dataset.name} makes one)`) // prettier-ignore
  return dataset.count < 2
    ? fail('mismatch', `${dataset.name}: a score wants two test images or more`)
    : E.right(dataset)
}

const places = ({ json, keep }: Settings): TE.TaskEither<Failure, void> =>
  pipe(
    json === undefined ? TE.right(undefined) : canBecomeFolder(dirname(json), '--json'),
    TE.flatMap(() => (keep === undefined ? TE.right(undefined) : canBecomeFolder(dirname(keep), '--keep')))
  )

/** Reads all files, so that whatever is wrong with them is found before anything long begins. */
export const readInputs = (settings: Settings, progress: Progress): TE.TaskEither<Failure, Inputs> =>
  pipe(
    places(settings),
    TE.flatMap(() => loadModel(settings.model)),
    TE.bindTo('model'),
    TE.bind('classifier', () => loadClassifier(settings.classifier)),
    TE.bind('kept', ({ model }) =>
      settings.from === undefined ? keptSamples(settings.keep, factsOf(model, settings)) : readSamples(settings.from)
    ),
    TE.bind('dataset', ({ model: { model }, classifier }) =>
      pipe(
        loadData({ ...settings, split: 't10k' }, progress),
        TE.flatMapEither(fitting(model)),
        TE.flatMapEither((dataset) => sameClasses(classifier, dataset, settings.classifier))
      )
    ),
    TE.bind('training', ({ model: { model } }) =>
      settings.neighbours === undefined
        ? TE.right(undefined)
        : pipe(loadData({ ...settings, split: 'train' }, progress), TE.flatMapEither(fitting(model)))
    )
  )
