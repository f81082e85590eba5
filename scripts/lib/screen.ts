import type { Stats } from 'tessera'
import { duration } from './progress.ts'
import type { Bar, Progress } from './progress.ts'
import type { Settings } from './settings.ts'
import { batchesPerEpoch } from './training.ts'
import type { Course, EpochRecord, Place, StepRecord } from './training.ts'

/** `Loss at epoch 20: 0.030 --> Best model ever (stored)` */
export const epochLine = ({
  epoch,
  meanLoss,
  best
}: Pick<EpochRecord<unknown>, 'epoch' | 'meanLoss' | 'best'>): string =>
  `Loss at epoch ${epoch}: ${meanLoss.toFixed(3)}${best ? ' --> Best model ever (stored)' : ''}`

/** Milliseconds an image takes, of late. */
const paceAfter = (pace: number | undefined, { ms, images }: StepRecord<unknown>): number =>
  pace === undefined ? ms / images : 0.9 * pace + (0.1 * ms) / images

const rateOf = (perSecond: number): string => perSecond.toFixed(perSecond < 10 ? 1 : 0)

/** Images still to come after a step. */
export const imagesLeft = ({ dataset, epochs, batch: size }: Course, { epoch, batch }: StepRecord<unknown>): number =>
  epochs * dataset.count - ((epoch - 1) * dataset.count + Math.min(dataset.count, batch * size))

/** Shows the steps and epochs of a training run: bars, and the article's line after each epoch. */
export const trainingScreen = (progress: Progress, course: Course) => {
  const epochs = progress.bar('epochs', course.epochs)
  let batches: Bar | undefined
  let [pace, compiled]: [number | undefined, boolean] = [undefined, false]
  return {
    step: (record: StepRecord<unknown>): void => {
      // the first step that this process takes compiles: it says nothing of the others
      if (compiled) pace = paceAfter(pace, record)
      compiled = true
      batches ??= progress.bar('batches', batchesPerEpoch(course))
      const left = pace === undefined ? '' : duration(pace * imagesLeft(course, record))
      const speed = pace === undefined ? '' : `, ${rateOf(1000 / pace)} images/s`
      epochs.at(record.epoch - 1, left === '' ? '' : `${left} left`)
      batches.at(record.batch, `loss ${record.loss.toFixed(4)}${speed}`)
    },
    epoch: (record: EpochRecord<unknown>): void => {
      batches?.end()
      batches = undefined
      progress.say(epochLine(record))
    },
    end: (): void => {
      batches?.end()
      epochs.end()
    }
  }
}

/** What had to be done once. */
export const compiledLine = ({ programs, traceMs, planMs, compileMs }: Stats): string =>
  `Planned in ${inSeconds(traceMs + planMs)}, compiled ${programs} programs in ${inSeconds(compileMs)}`
const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** What was trained, for people. */
export const titleOf = ({ dataset, epochs, batch, lr }: Settings): string =>
  `Training on ${dataset}: ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}, batches of ${batch}, lr ${lr}`

/** What is about to be done. */
export const courseLines = (
  { dataset, epochs, batch, steps }: Course,
  { lr, seed, out }: Settings
): readonly string[] => [
  `Data: ${dataset.count} images of ${dataset.name} (${dataset.source})`,
  `Training: ${epochs} x ${Math.ceil(dataset.count / batch)} steps of up to ${batch} images, lr ${lr}, ${steps} timesteps, seed ${seed}, into ${out}`
]

/** Where a run goes on. */
export const resumedLine = ({ step, epoch, batch }: Place): string =>
  `Going on after ${step} steps: epoch ${epoch}, batch ${batch + 1}`

/** How a run that was stopped can go on. */
export const stoppedLine = (out: string, { step }: Place): string =>
  `Stopped after ${step} ${step === 1 ? 'step' : 'steps'}: npm run train -- --resume ${out} goes on from there`

/** How a run that was trained to its end went on. */
export const endLine = (out: string, asked: boolean): string =>
  asked ? `Stopped without samples: the model is in ${out}, for npm run sample` : `Everything is in ${out}`
