import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type * as t from 'tessera'
import type { Failure } from 'tessera'
import type { LoadedClassifier } from '../lib/classifier-file.ts'
import type { LoadedModel } from '../lib/model-file.ts'
import { allOf, readerOf } from '../lib/reading.ts'
import type { SamplingSettings } from '../lib/sampling.ts'
import type { UserIO } from '../lib/user.ts'
import { nothingKept } from './kept.ts'
import { drawMissing } from './samples.ts'
import { scoreOf, shown, standardOf } from './scores.ts'
import type { Standard } from './scores.ts'

/** What samples are compared with, and how. */
export interface Comparison {
  readonly device: t.Device
  readonly classifier: LoadedClassifier
  /** The test images. */
  readonly test: t.Dataset
}

/** Images computed at a time. */
const batch = 100

/** How many samples are drawn, and how. */
type Drawing = SamplingSettings & { readonly samples: number }

/** The Fréchet distance of samples of a model from test images, which are read once; undefined if the user asks to stop. */
export const distances = ({ device, classifier, test }: Comparison, user: UserIO) => {
  const read = readerOf(device, classifier.params, batch)
  let standard: Promise<Standard> | undefined
  return (model: LoadedModel, settings: Drawing, key: t.Key): TE.TaskEither<Failure, number | undefined> =>
    pipe(
      drawMissing(device, model, { ...settings, batch }, { kept: nothingKept, key }, user),
      TE.flatMapTask(({ images }) => async () => {
        if (user.interrupt.asked) return undefined
        standard ??= read(allOf(test)).then(standardOf)
        return scoreOf(await read(shown(images)), await standard).frechet
      })
    )
}
