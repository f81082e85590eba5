import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import type { Failure } from 'tessera'
import type { UNetParams } from 'tessera/models'
import { batchesOf } from 'tessera/train'
import type { EpochRecord } from 'tessera/train'
import type { History } from '../lib/history.ts'
import { loadModel, shippedClassModel } from '../lib/model-file.ts'
import { forwardProcess, imagesOfBatch, perStage } from '../lib/pictures.ts'
import { filmSamples, writeSamples } from '../lib/sampling.ts'
import { unlessAsked } from '../lib/user.ts'
import type { Run, UNetState } from './run.ts'
import { modelFile } from './save.ts'
import { titleOf } from './screen.ts'

/** Samples in a picture before training and after an epoch, at most. */
const few = 16

/** A resumed run has drawn its first pictures, unless it was stopped before. */
const has = ({ settings, from }: Run, name: string): boolean =>
  from.place.step > 0 && existsSync(join(settings.out, name))

/** `first-batch.png` and `forward.png` */
const dataPictures = (run: Run): TE.TaskEither<Failure, void> => {
  const { album, options, device, schedule, forwardKey } = run
  const [batch] = batchesOf(options, 1)
  if (batch === undefined || !album.draws || has(run, 'forward.png')) return TE.right(undefined)
  const images = imagesOfBatch(options.dataset, batch)
  return pipe(
    album.png('first-batch.png', images, 'The first batch'),
    TE.flatMap(() => TE.fromTask(() => forwardProcess(device, schedule, images, forwardKey))),
    TE.flatMap((stages) =>
      album.png('forward.png', stages, `Forward process: 0, 25, 50, 75, 100 % of ${schedule.steps} steps`, {
        cols: Math.min(perStage, batch.size)
      })
    )
  )
}

/** A few samples of some parameters, always from the same noise, so that the pictures can be compared. */
const fewSamples = (run: Run, params: UNetParams, name: string, title: string): TE.TaskEither<Failure, void> => {
  const { album, drawSamples, samplesKey, settings } = run
  if (!album.draws) return TE.right(undefined)
  return writeSamples(album, { name, title }, () => drawSamples(params, samplesKey, Math.min(few, settings.samples)))
}

const samplesBefore = (run: Run): TE.TaskEither<Failure, void> =>
  has(run, 'before-training.png')
    ? TE.right(undefined)
    : fewSamples(run, run.initial, 'before-training.png', 'Samples before training')

const tenClasses = Array.from({ length: 10 }, (_, digit) => digit)

/** Ten digits, one of each, by the model of classes in models/: `digits.png` and `digits.gif`. */
const digitsOf = (run: Run): TE.TaskEither<Failure, void> => {
  const { album, device, settings, progress, interrupt } = run
  const pictures = { name: 'digits.png', title: 'Ten digits', film: 'digits.gif', cols: tenClasses.length }
  progress.say('First ten digits, drawn by the model in models/mnist-classes.safetensors')
  return pipe(
    loadModel(shippedClassModel),
    TE.flatMap(({ model, params, schedule }) => {
      const draw = filmSamples(device, schedule, model, { digits: tenClasses }, run)
      return writeSamples(album, pictures, () => draw(params, t.key(0), tenClasses.length))
    }),
    TE.tapIO(() => () => {
      if (!interrupt.asked)
        progress.say(`They are in ${settings.out}: digits.png, and digits.gif shows how they came out of noise`)
    })
  )
}

/** What a demo shows first: what a model can draw that was trained for an hour. */
export const tenDigits = (run: Run): TE.TaskEither<Failure, void> => unlessAsked(run, () => digitsOf(run))

/** The pictures that a run starts with: its data, the forward process, and samples of the untrained model. */
export const firstPictures = (run: Run): TE.TaskEither<Failure, void> =>
  pipe(
    unlessAsked(run, () => dataPictures(run)),
    TE.flatMap(() => unlessAsked(run, () => samplesBefore(run)))
  )

/** Samples after an epoch, if asked for. */
export const preview = (run: Run, { epoch, state }: EpochRecord<UNetState>): TE.TaskEither<Failure, void> =>
  run.settings.preview
    ? fewSamples(run, run.recipe.drawnWith(state), `preview-epoch-${epoch}.png`, `Samples after epoch ${epoch}`)
    : TE.right(undefined)

/** `loss.png`, and samples of the best model. */
export const finalPictures = (run: Run, { losses }: History<UNetState>): TE.TaskEither<Failure, void> => {
  const { album, settings, drawSamples, samplesKey } = run
  const pictures = { name: 'samples.png', title: 'Samples of the best model', film: 'denoising.gif' }
  return pipe(
    album.lossChart(losses, titleOf(settings)),
    TE.flatMap(() => loadModel(modelFile(settings.out))),
    TE.flatMap(({ params }) => writeSamples(album, pictures, () => drawSamples(params, samplesKey, settings.samples)))
  )
}
