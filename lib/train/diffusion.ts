import { tensor } from '../core/create.ts'
import { foldIn, split, type Key } from '../core/key.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Batch, Dataset } from '../data/dataset.ts'
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

/** How a diffusion model is trained; `steps` is the length T of the noise schedule. */
export interface DiffusionTraining extends Pick<TrainOptions<readonly []>, 'dataset' | 'epochs' | 'batchSize'> {
  /** The length T of the noise schedule. */
  readonly steps: number
  /** Order, timesteps and noise come from it. */
  readonly key: Key
}

/** The pictures x_0 [N, 1, H, W], a timestep [N] for each, and the noise [N, 1, H, W]. */
export type DiffusionInputs = readonly [x0: Tensor, ts: Tensor, eta: Tensor]

/**
 * The options of `trainLoop` for a diffusion model: each step draws a timestep 0 … T-1 for each picture, equally likely,
 * and standard normal noise (Ho et al. 2020, algorithm 1, lines 3 and 4). All of it comes from `key`.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { diffusionTraining, imagesInStep } from 'tessera/train'
 * const dataset = t.drawDigits(t.key(0), 5)
 * const options = diffusionTraining({ dataset, epochs: 1, batchSize: 3, steps: 1000, key: t.key(0) })
 * const [batch] = t.epochBatches(dataset, t.key(1), { batch: imagesInStep(options, 1) })
 * const shapes = options.inputs(batch!, { epoch: 1, batch: 1 }).map(({ shape }) => shape)
 * assert.deepStrictEqual(shapes, [[3, 1, 28, 28], [3], [3, 1, 28, 28]])
 * ```
 */
export const diffusionTraining = (given: DiffusionTraining): TrainOptions<DiffusionInputs> => {
  const { dataset, epochs, batchSize, steps, key } = given
  const [order, ofSteps] = split(key)
  return {
    dataset,
    epochs,
    batchSize,
    order: order!,
    inputs: (images, { epoch, batch }) => {
      const [time, noise] = split(foldIn(foldIn(ofSteps!, epoch), batch))
      const x0 = imagesOf(dataset, images)
      return [x0, randint(time!, [images.size], { high: steps }), normal(noise!, x0.shape)]
    }
  }
}
