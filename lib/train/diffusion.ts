import { raise } from '../base/raise.ts'
import { tensor } from '../core/create.ts'
import { bits, foldIn, split, type Key } from '../core/key.ts'
import { options, type OptionNames } from '../core/options.ts'
import { add, mul } from '../core/primitives.ts'
import type { Shape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Batch, Dataset } from '../data/dataset.ts'
import { dropLabels } from '../diffusion/guidance.ts'
import { normal, randint } from '../ops/random.ts'
import type { TrainOptions } from './loop.ts'

/**
 * The images of a batch as the tensor [N, 1, H, W].
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { imagesOf } from 'tessera/train'
 * const digits = t.drawDigits(t.key(0), 5)
 * const [first] = t.epochBatches(digits, t.key(1), { batch: 3 })
 * assert.deepStrictEqual(imagesOf(digits, first!).shape, [3, 1, 28, 28])
 * ```
 */
export const imagesOf = ({ height, width }: Dataset, { images, size }: Batch): Tensor =>
  tensor(images, [size, 1, height, width])

/** What a model of classes is told in training. */
export interface ToldLabels {
  /** The label that stands for none: the number of classes. */
  readonly none: number
  /** The part of the images that the model is told nothing of, so that it learns both (see `guided`); 0.1 by default. */
  readonly drop?: number
}

/** How a diffusion model is trained; `steps` is the length T of the noise schedule. */
export interface DiffusionTraining extends Pick<TrainOptions<readonly []>, 'dataset' | 'epochs' | 'batchSize'> {
  /** The length T of the noise schedule. */
  readonly steps: number
  /** Order, timesteps, noise, and all else that is random come from it. */
  readonly key: Key
  /** For a model of classes; without it the labels of the data set are not used. */
  readonly labels?: ToldLabels
  /** Whether each image is mirrored, left and right, with a chance of one half; false by default. */
  readonly flips?: boolean
  /**
   * The standard deviation of noise that is one number for each channel of each image, added to the noise of its pixels.
   * It lets samples differ more in their brightness. 0, which is none, by default.
   */
  readonly offsetNoise?: number
}

/** The pictures x_0 [N, 1, H, W], a timestep [N] for each, and the noise [N, 1, H, W]. */
export type DiffusionInputs = readonly [x0: Tensor, ts: Tensor, eta: Tensor]

/** The same, and the labels [N] that the model is told. */
export type ToldInputs = readonly [...DiffusionInputs, labels: Tensor]

/** The options of `trainLoop`, with labels among the inputs if they are asked for. */
export interface MakeDiffusionTraining {
  (options: DiffusionTraining & { readonly labels: ToldLabels }): TrainOptions<ToldInputs>
  (options: DiffusionTraining & { readonly labels?: never }): TrainOptions<DiffusionInputs>
  (options: DiffusionTraining): TrainOptions<DiffusionInputs | ToldInputs>
}

/** The images of a batch, some of them mirrored. */
const mirrored = ({ width }: Dataset, batch: Batch, key: Key): Batch => {
  const images = batch.images.slice()
  const pixels = images.length / batch.size
  const coins = bits(key, batch.size)
  for (let n = 0; n < batch.size; n++) {
    if (coins[n]! % 2 === 0) continue
    for (let row = n * pixels; row < (n + 1) * pixels; row += width) images.subarray(row, row + width).reverse()
  }
  return { ...batch, images }
}

/** Where in a step's key the parts are that not every run has; time and noise are at 0 and 1. */
const streams = { labels: 2, flips: 3, offset: 4 } as const

/** The noise of a batch; with an offset, a number of its own for each channel of each image. */
const noiseOf = (of: Key, at: Key, shape: Shape, offset: number): Tensor => {
  const eta = normal(of, shape)
  if (offset === 0) return eta
  const [images, channels, ...picture] = shape as readonly [number, number, ...number[]]
  return add(eta, mul(normal(foldIn(at, streams.offset), [images, channels, ...picture.map(() => 1)]), offset))
}

/**
 * The options of `trainLoop` for a diffusion model: each step draws a timestep 0 … T-1 for each picture, equally likely,
 * and standard normal noise (Ho et al. 2020, algorithm 1, lines 3 and 4). All of it comes from `key`.
 *
 * @throws TesseraError if an option is out of range
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { diffusionTraining, imagesInStep } from 'tessera/train'
 * const dataset = t.drawDigits(t.key(0), 5)
 * const labels = { none: 10, drop: 1 }
 * const options = diffusionTraining({ dataset, epochs: 1, batchSize: 3, steps: 1000, key: t.key(0), labels })
 * const [batch] = t.epochBatches(dataset, t.key(1), { batch: imagesInStep(options, 1) })
 * const inputs = options.inputs(batch!, { epoch: 1, batch: 1 })
 * assert.deepStrictEqual(inputs.map((x) => x.shape), [[3, 1, 28, 28], [3], [3, 1, 28, 28], [3]])
 * assert.deepStrictEqual(await t.reference.read(inputs[3]), Float64Array.of(10, 10, 10))
 * ```
 */
export const diffusionTraining = ((given: DiffusionTraining): TrainOptions<DiffusionInputs | ToldInputs> => {
  const { dataset, epochs, batchSize, steps, key, labels, flips = false, offsetNoise = 0 } = options('diffusionTraining', given, optionNames) // prettier-ignore
  if (!(offsetNoise >= 0)) raise('diffusionTraining', `offsetNoise is not negative: ${offsetNoise}`)
  const [order, ofSteps] = split(key)
  return {
    dataset,
    epochs,
    batchSize,
    order: order!,
    inputs: (images, { epoch, batch }) => {
      const at = foldIn(foldIn(ofSteps!, epoch), batch)
      const [time, noise] = split(at)
      const x0 = imagesOf(dataset, flips ? mirrored(dataset, images, foldIn(at, streams.flips)) : images)
      const drawn = [
        x0,
        randint(time!, [images.size], { high: steps }),
        noiseOf(noise!, at, x0.shape, offsetNoise)
      ] as const
      if (labels === undefined) return drawn
      const told = dropLabels(tensor(images.labels, [images.size]), foldIn(at, streams.labels), {
        rate: labels.drop ?? 0.1,
        none: labels.none
      })
      return [...drawn, told]
    }
  }
}) as MakeDiffusionTraining

const optionNames: OptionNames<DiffusionTraining> = {
  dataset: true,
  epochs: true,
  batchSize: true,
  steps: true,
  key: true,
  labels: true,
  flips: true,
  offsetNoise: true
}
