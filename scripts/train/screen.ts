import type * as t from 'tessera'
import type { LoadedCheckpoint } from 'tessera/node'
import { stepsPerEpoch } from 'tessera/train'
import type { EpochRecord, RunPlace, StepRecord, TrainOptions, TrainRecord } from 'tessera/train'
import { compiledLine } from '../lib/compiling.ts'
import { warn } from '../lib/output.ts'
import { duration } from '../lib/progress.ts'
import type { Bar, Progress } from '../lib/progress.ts'
import type { Run } from './run.ts'
import type { Settings } from './settings.ts'

/** `Loss at epoch 20: 0.030 --> Best model ever (stored)` */
export const epochLine = ({
  epoch,
  meanLoss,
  best
}: Pick<EpochRecord<unknown>, 'epoch' | 'meanLoss' | 'best'>): string =>
  `Loss at epoch ${epoch}: ${meanLoss.toFixed(3)}${best ? ' --> Best model ever (stored)' : ''}`

/** Milliseconds that an image takes: a running average. */
const paceAfter = (pace: number | undefined, { ms, images }: StepRecord<unknown>): number =>
  pace === undefined ? ms / images : 0.9 * pace + (0.1 * ms) / images

const rateOf = (perSecond: number): string => perSecond.toFixed(perSecond < 10 ? 1 : 0)

/** What the screen needs to know of a run: how many images there are, how often they are shown, and how many a step. */
type Extent = Pick<TrainOptions<readonly unknown[]>, 'dataset' | 'epochs' | 'batchSize'>

/** Images that are still to come after a step. */
export const imagesLeft = (
  { dataset, epochs, batchSize }: Extent,
  { epoch, batch }: Pick<StepRecord<unknown>, 'epoch' | 'batch'>
): number => epochs * dataset.count - ((epoch - 1) * dataset.count + Math.min(dataset.count, batch * batchSize))

/** Shows the steps and epochs of a training run: bars, what was compiled, and the article's line after each epoch. */
export const trainingScreen = (progress: Progress, extent: Extent, device?: Pick<t.Device, 'stats'>) => {
  const epochs = progress.bar('epochs', extent.epochs)
  let batches: Bar | undefined
  let [pace, compiled]: [number | undefined, boolean] = [undefined, false]
  const step = (record: StepRecord<unknown>): void => {
    if (!compiled && device !== undefined) progress.say(compiledLine(device.stats()))
    // the first step compiles, so its time says nothing about the others
    if (compiled) pace = paceAfter(pace, record)
    compiled = true
    batches ??= progress.bar('batches', stepsPerEpoch(extent))
    const left = pace === undefined ? '' : duration(pace * imagesLeft(extent, record))
    const speed = pace === undefined ? '' : `, ${rateOf(1000 / pace)} images/s`
    epochs.at(record.epoch - 1, left === '' ? '' : `${left} left`)
    batches.at(record.batch, `loss ${record.loss.toFixed(4)}${speed}`)
  }
  const epoch = (record: EpochRecord<unknown>): void => {
    batches?.end()
    batches = undefined
    progress.say(epochLine(record))
  }
  return {
    show: (record: TrainRecord<unknown>): void => (record.kind === 'step' ? step(record) : epoch(record)),
    end: (): void => {
      batches?.end()
      epochs.end()
    }
  }
}

export type TrainingScreen = ReturnType<typeof trainingScreen>

/** What was trained: the title of the loss chart. */
export const titleOf = ({ dataset, epochs, batch, lr }: Settings): string =>
  `Training on ${dataset}: ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}, batches of ${batch}, lr ${lr}`

/** What is about to be done. */
export const runLines = (
  { dataset, epochs, batchSize }: Extent,
  { lr, steps, seed, out }: Settings
): readonly string[] => [
  `Data: ${dataset.count} images of ${dataset.name} (${dataset.source})`,
  `Training: ${epochs} x ${Math.ceil(dataset.count / batchSize)} steps of up to ${batchSize} images, lr ${lr}, ${steps} timesteps, seed ${seed}, into ${out}`
]

/** Where a run is resumed. */
export const resumedLine = ({ step, epoch, batch }: RunPlace): string =>
  `Going on after ${step} steps: epoch ${epoch}, batch ${batch + 1}`

/** Says what is about to be done, and where a resumed run continues. */
export const introduce = ({ options, settings, progress, from: { place } }: Run, saved?: LoadedCheckpoint): void => {
  runLines(options, settings).forEach((line) => progress.say(line))
  if (saved?.insteadOf !== undefined) warn(`Going on from the checkpoint before the last: ${saved.insteadOf}`)
  if (place.step > 0) progress.say(resumedLine(place))
}

/** How a run that was stopped can be resumed. */
export const stoppedLine = (out: string, { step }: RunPlace): string =>
  `Stopped after ${step} ${step === 1 ? 'step' : 'steps'}: npm run train -- --resume ${out} goes on from there`

/** How a run that was trained to its end went on. */
export const endLine = (out: string, asked: boolean): string =>
  asked ? `Stopped without samples: the model is in ${out}, for npm run sample` : `Everything is in ${out}`
