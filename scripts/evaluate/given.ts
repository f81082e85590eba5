import { dirname } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type * as t from 'tessera'
import { fail } from 'tessera'
import type { Failure } from 'tessera'
import { loadClassifier } from '../lib/classifier-file.ts'
import type { Schooled } from '../lib/classifier-file.ts'
import { loadData } from '../lib/data.ts'
import { canBecomeFolder } from '../lib/folder.ts'
import { loadModel } from '../lib/model-file.ts'
import type { Trained } from '../lib/model-file.ts'
import type { Progress } from '../lib/progress.ts'
import { factsOf, keptSofar, readSamples } from './kept.ts'
import type { Kept } from './kept.ts'
import type { Settings } from './settings.ts'

/** What is measured, and by what. */
export interface Given {
  readonly trained: Trained
  readonly schooled: Schooled
  readonly dataset: t.Dataset
  /** Samples that are there already. */
  readonly sofar: Kept
}

/** A classifier knows nothing of images of other classes than those it was trained on. */
const sameClasses = (
  { classes, dataset: known }: Schooled,
  dataset: t.Dataset,
  file: string
): E.Either<Failure, t.Dataset> => {
  if (classes.join() !== dataset.classes.join())
    return fail('mismatch', `${file} reads ${known}, not ${dataset.name}: name another with --classifier FILE (npm run classify -- --dataset ${dataset.name} makes one)`) // prettier-ignore
  return dataset.count < 2
    ? fail('mismatch', `${dataset.name}: a score wants two test images or more`)
    : E.right(dataset)
}

const places = ({ json, keep }: Settings): TE.TaskEither<Failure, void> =>
  pipe(
    json === undefined ? TE.right(undefined) : canBecomeFolder(dirname(json), '--json'),
    TE.flatMap(() => (keep === undefined ? TE.right(undefined) : canBecomeFolder(dirname(keep), '--keep')))
  )

/** Whatever can be wrong with the files is found here, before anything long begins. */
export const givenBy = (settings: Settings, progress: Progress): TE.TaskEither<Failure, Given> =>
  pipe(
    places(settings),
    TE.flatMap(() => loadModel(settings.model)),
    TE.bindTo('trained'),
    TE.bind('schooled', () => loadClassifier(settings.classifier)),
    TE.bind('sofar', ({ trained }) =>
      settings.from === undefined ? keptSofar(settings.keep, factsOf(trained, settings)) : readSamples(settings.from)
    ),
    TE.bind('dataset', ({ schooled }) =>
      pipe(
        loadData({ ...settings, split: 't10k' }, progress),
        TE.flatMapEither((dataset) => sameClasses(schooled, dataset, settings.classifier))
      )
    )
  )
