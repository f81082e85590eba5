import { breathe } from '../base/breathe.ts'
import { foldIn, type Key } from '../core/key.ts'
import type { Scalar } from '../core/tensor.ts'
import { epochBatches, type Batch, type Dataset } from '../data/dataset.ts'
import type { Device } from '../device/api/device.ts'

/** Where in a run a step is: its epoch, and its batch within the epoch, both counted from 1. */
export interface StepNumber {
  /** Counted from 1. */
  readonly epoch: number
  /** Within the epoch, counted from 1. */
  readonly batch: number
}

/**
 * What a run trains on, for how long, and what a step gets of each batch. Whatever is random in `inputs` is drawn from a
 * key that only depends on the number of the step: then the run can be resumed at any step.
 */
export interface TrainOptions<A extends readonly unknown[]> {
  /** The images and labels to train on. */
  readonly dataset: Dataset
  /** Passes over the data set. */
  readonly epochs: number
  /** Images in a step; the last step of an epoch gets the rest. */
  readonly batchSize: number
  /** The order of the images of epoch n is drawn from `foldIn(order, n)`. */
  readonly order: Key
  /** The arguments of the step after the state. */
  readonly inputs: (batch: Batch, at: StepNumber) => A
}

/** How far a run has come: all that it needs to continue, beside its state. Plain numbers, so that it can be stored. */
export interface RunPlace {
  /** Steps done in all. */
  readonly step: number
  /** The epoch under way, counted from 1. */
  readonly epoch: number
  /** Steps done in this epoch. */
  readonly batch: number
  /** Σ loss · n over the images of the epoch so far. */
  readonly sum: number
  /** Milliseconds of the epoch so far. */
  readonly ms: number
  /** The lowest mean loss of an epoch; absent before the first epoch ends. */
  readonly lowest?: number
}

/** The place of a run that has not taken a step. */
export const startPlace: RunPlace = { step: 0, epoch: 1, batch: 0, sum: 0, ms: 0 }

/** A state, and where in the run it is. */
export interface TrainPoint<T> {
  /** What the next step starts from. */
  readonly state: T
  /** How far the run has come. */
  readonly place: RunPlace
}

export interface StepRecord<T> extends TrainPoint<T>, StepNumber {
  /** Tells it from an epoch. */
  readonly kind: 'step'
  /** Counted from 1, over all epochs. */
  readonly step: number
  /** Images in the batch. */
  readonly images: number
  /** The loss of the batch, before the update. */
  readonly loss: number
  /** Milliseconds of the step. */
  readonly ms: number
  /** After the step. The next step uses it up, if it donates its state. */
  readonly state: T
}

export interface EpochRecord<T> extends TrainPoint<T> {
  /** Tells it from a step. */
  readonly kind: 'epoch'
  /** Counted from 1. */
  readonly epoch: number
  /** Over all images of the epoch. */
  readonly meanLoss: number
  /** Time of its steps. */
  readonly seconds: number
  /** Whether it is lower than that of each epoch before. */
  readonly best: boolean
}

/** What a run yields: a record of each step, and one of each epoch. */
export type TrainRecord<T> = StepRecord<T> | EpochRecord<T>

/** What the number of steps of an epoch depends on. */
export type EpochSize = Pick<TrainOptions<readonly unknown[]>, 'dataset' | 'batchSize'>

/**
 * Steps in an epoch: ⌈images / batchSize⌉.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { stepsPerEpoch } from 'tessera/train'
 * assert.equal(stepsPerEpoch({ dataset: t.drawDigits(t.key(0), 10), batchSize: 4 }), 3)
 * ```
 */
export const stepsPerEpoch = ({ dataset, batchSize }: EpochSize): number => Math.ceil(dataset.count / batchSize)

/**
 * Images in a step, which is counted from 1 over all epochs: `batchSize`, or the rest in the last step of an epoch.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { imagesInStep } from 'tessera/train'
 * const size = { dataset: t.drawDigits(t.key(0), 10), batchSize: 4 }
 * assert.deepStrictEqual([1, 2, 3, 4].map((step) => imagesInStep(size, step)), [4, 4, 2, 4])
 * ```
 */
export const imagesInStep = (size: EpochSize, step: number): number => {
  const { dataset, batchSize } = size
  return Math.min(batchSize, dataset.count - ((step - 1) % stepsPerEpoch(size)) * batchSize)
}

/**
 * The batches of an epoch, counted from 1, without the first `skip`: those that `trainLoop` trains on, the same whenever
 * they are asked for.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { batchesOf } from 'tessera/train'
 * const dataset = t.drawDigits(t.key(0), 10)
 * const all = { dataset, batchSize: 4, order: t.key(0) }
 * assert.deepStrictEqual([...batchesOf(all, 1)].map(({ size }) => size), [4, 4, 2])
 * assert.deepStrictEqual([...batchesOf(all, 1, 2)], [...batchesOf(all, 1)].slice(2))
 * ```
 */
export const batchesOf = (
  { dataset, batchSize, order }: Omit<TrainOptions<readonly unknown[]>, 'inputs' | 'epochs'>,
  epoch: number,
  skip = 0
): Iterable<Batch> => epochBatches(dataset, foldIn(order, epoch), { batch: batchSize, skip })

/** Ends an epoch: its loss is Σ loss · n / |data set|. */
const epochRecord = <T>({ state, place }: TrainPoint<T>, { count }: Dataset): EpochRecord<T> => {
  const { step, epoch, sum, ms, lowest = Infinity } = place
  const meanLoss = sum / count
  return {
    kind: 'epoch',
    epoch,
    meanLoss,
    seconds: ms / 1000,
    best: meanLoss < lowest,
    state,
    place: { ...startPlace, step, epoch: epoch + 1, lowest: Math.min(lowest, meanLoss) }
  }
}

/**
 * Trains from some point of a run to its end: yields a record of each step, and one of each epoch after its last step.
 * The next step is taken when the next record is asked for, so a loop that ends early takes no further step.
 *
 * What is computed depends on the arguments alone: from the `state` and `place` of any record the run continues with
 * the same numbers, to the bit, as if it had never stopped. `step` is usually a compiled `trainStep`.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { initTrainState, startPlace, trainLoop, trainStep } from 'tessera/train'
 * const dataset = t.drawDigits(t.key(0), 6)
 * const optimiser = t.sgd<t.Scalar>({ lr: 0.1 })
 * const step = t.reference.compile(trainStep((w: t.Scalar, x: t.Tensor) => t.mse(x, w), optimiser), { donate: [0] })
 * const inputs = ({ images, size }: t.Batch) => [t.tensor(images, [size, 1, 28, 28])] as const
 * const options = { dataset, epochs: 2, batchSize: 4, order: t.key(0), inputs }
 * const start = { state: initTrainState(optimiser, t.scalar(0)), place: startPlace }
 * const losses: number[] = []
 * for await (const record of trainLoop(t.reference, step, options, start))
 *   if (record.kind === 'epoch') losses.push(record.meanLoss)
 * assert.ok(losses.length === 2 && losses[1]! < losses[0]!)
 * ```
 */
export async function* trainLoop<T, A extends readonly unknown[]>(
  device: Device,
  step: (state: T, ...inputs: A) => readonly [state: T, loss: Scalar],
  options: TrainOptions<readonly [...A]>,
  from: TrainPoint<T>
): AsyncGenerator<TrainRecord<T>, void, void> {
  let { state, place } = from
  while (place.epoch <= options.epochs) {
    for (const images of batchesOf(options, place.epoch, place.batch)) {
      const began = performance.now()
      const at = { epoch: place.epoch, batch: place.batch + 1 }
      const [next, value] = step(state, ...options.inputs(images, at))
      const loss = (await device.read(value))[0]!
      const ms = performance.now() - began
      state = next
      place = { ...place, ...at, step: place.step + 1, sum: place.sum + loss * images.size, ms: place.ms + ms }
      yield { kind: 'step', step: place.step, ...at, images: images.size, loss, ms, state, place }
      await breathe()
    }
    const end = epochRecord({ state, place }, options.dataset)
    place = end.place
    yield end
  }
}
