import { pipe } from 'fp-ts/function'
import { options } from '../lib/core/options.ts'
import { raise } from '../lib/base/raise.ts'
import * as t from '../lib/index.ts'
import type { Init, Model, Tensor } from '../lib/index.ts'
import {
  applyBlock,
  applyConv,
  applyConvTransposed,
  applyLinear,
  block,
  conv,
  convTransposed,
  linear,
  pair,
  perChannel,
  type AffineParams,
  type BlockParams,
  type Pair
} from './layers.ts'
import { timeEmbedding as embedding, timeSize } from './time.ts'

/** Height and width of the pictures, and how three convolutions of stride 2 halve them: 28, 14, 7, 3. */
const { height: size } = t.sources.mnist
const [half, quarter, eighth] = [2, 4, 8].map((part) => Math.floor(size / part)) as [number, number, number]

/** The parameters of a stage: three blocks, one after the other. */
export type StageParams = readonly [BlockParams, BlockParams, BlockParams]

/** Three blocks, from `inputs` channels over `widths`. */
const stage =
  (side: number, inputs: number, widths: readonly [number, number, number]): Init<StageParams> =>
  (key) => {
    const [a, b, c] = t.split(key, 3)
    return [
      block(side, inputs, widths[0])(a!),
      block(side, widths[0], widths[1])(b!),
      block(side, widths[1], widths[2])(c!)
    ]
  }

/** The layers from the time embedding to a number per channel. */
const time = (channels: number): Init<Pair> => pair(linear(timeSize, channels), linear(channels, channels))

/** The 172 trainable tensors of the U-Net. `flattenTree` gives PyTorch's names, such as `b1.0.conv1.weight`. */
export interface UNetParams {
  /** The timestep for stage b1. It adds one number to an image of one channel, which the next norm removes again. */
  readonly te1: Pair
  /** 28 × 28, 1 to 10 channels. */
  readonly b1: StageParams
  /** To 14 × 14. */
  readonly down1: AffineParams
  /** The timestep for stage b2. */
  readonly te2: Pair
  /** 14 × 14, 10 to 20 channels. */
  readonly b2: StageParams
  /** To 7 × 7. */
  readonly down2: AffineParams
  /** The timestep for stage b3. */
  readonly te3: Pair
  /** 7 × 7, 20 to 40 channels. */
  readonly b3: StageParams
  /** To 3 × 3. */
  readonly down3: Pair
  /** The timestep for stage b_mid. */
  readonly te_mid: Pair
  /** 3 × 3, 40 channels. */
  readonly b_mid: StageParams
  /** To 7 × 7. */
  readonly up1: Pair
  /** The timestep for stage b4. */
  readonly te4: Pair
  /** 7 × 7, the output of b3 beside that of up1: 80 to 20 channels. */
  readonly b4: StageParams
  /** To 14 × 14. */
  readonly up2: AffineParams
  /** The timestep for stage b5. */
  readonly te5: Pair
  /** 14 × 14, the output of b2 beside that of up2: 40 to 10 channels. */
  readonly b5: StageParams
  /** To 28 × 28. */
  readonly up3: AffineParams
  /** The timestep for stage b_out. */
  readonly te_out: Pair
  /** 28 × 28, the output of b1 beside that of up3: 20 to 10 channels. The last block skips its norm. */
  readonly b_out: StageParams
  /** 10 channels to the predicted noise. */
  readonly conv_out: AffineParams
}

/** The trainable parts under PyTorch's names. */
const initial: Init<UNetParams> = t.together({
  te1: time(1),
  b1: stage(size, 1, [10, 10, 10]),
  down1: conv(10, 10, 4),
  te2: time(10),
  b2: stage(half, 10, [20, 20, 20]),
  down2: conv(20, 20, 4),
  te3: time(20),
  b3: stage(quarter, 20, [40, 40, 40]),
  down3: pair(conv(40, 40, 2), conv(40, 40, 4)),
  te_mid: time(40),
  b_mid: stage(eighth, 40, [20, 20, 40]),
  up1: pair(convTransposed(40, 40, 4), convTransposed(40, 40, 2)),
  te4: time(80),
  b4: stage(quarter, 80, [40, 20, 20]),
  up2: convTransposed(20, 20, 4),
  te5: time(40),
  b5: stage(half, 40, [20, 10, 10]),
  up3: convTransposed(10, 10, 4),
  te_out: time(20),
  b_out: stage(size, 20, [10, 10, 10]),
  conv_out: conv(10, 1, 3)
})

/** The options of `unet`. */
export interface UNetOptions {
  /** The number of timesteps, 1000 by default. */
  readonly steps?: number
  /** The time embedding `[steps, 100]`, such as that of a model file; the one of `timeEmbedding(steps)` by default. */
  readonly timeEmbedding?: Tensor
}

/** The description of a U-Net in a model file. */
export interface UNetConfig {
  /** The kind of network. */
  readonly model: 'unet'
  /** The number of timesteps. */
  readonly steps: number
  /** The height and the width of images. */
  readonly size: number
}

/** A U-Net: functions of its parameters. */
export interface UNet {
  /** Initial parameters, distributed as in PyTorch. */
  readonly init: Init<UNetParams>
  /** Predicts the noise in images `[N, 1, 28, 28]` at timesteps `[N]`. */
  readonly apply: Model<UNetParams>
  /** The description for a model file. */
  readonly config: UNetConfig
  /** The fixed table `[steps, 100]`, which is not trained. */
  readonly timeEmbedding: Tensor
}

const applyStage =
  ([a, b, c]: StageParams, last: { readonly normalize?: boolean } = {}) =>
  (x: Tensor): Tensor =>
    pipe(x, applyBlock(a), applyBlock(b), applyBlock(c, last))

const down3 =
  (p: Pair) =>
  (x: Tensor): Tensor =>
    pipe(x, applyConv(p[0], 1, 0), t.silu, applyConv(p[2], 2, 1))

const up1 =
  (p: Pair) =>
  (x: Tensor): Tensor =>
    pipe(x, applyConvTransposed(p[0], 2, 1), t.silu, applyConvTransposed(p[2], 1, 0))

/** Adds a number to each channel, computed from the time embedding. */
const timed =
  (embedded: Tensor) =>
  (p: Pair) =>
  (x: Tensor): Tensor =>
    t.add(x, pipe(embedded, applyLinear(p[0]), t.silu, applyLinear(p[2]), perChannel))

const beside =
  (left: Tensor) =>
  (right: Tensor): Tensor =>
    t.concat([left, right], { axis: 1 })

const forward = (p: UNetParams, x: Tensor, embedded: Tensor): Tensor => {
  const at = timed(embedded)
  const out1 = pipe(x, at(p.te1), applyStage(p.b1))
  const out2 = pipe(out1, applyConv(p.down1, 2, 1), at(p.te2), applyStage(p.b2))
  const out3 = pipe(out2, applyConv(p.down2, 2, 1), at(p.te3), applyStage(p.b3))
  const middle = pipe(out3, down3(p.down3), at(p.te_mid), applyStage(p.b_mid))
  const out4 = pipe(middle, up1(p.up1), beside(out3), at(p.te4), applyStage(p.b4))
  const out5 = pipe(out4, applyConvTransposed(p.up2, 2, 1), beside(out2), at(p.te5), applyStage(p.b5))
  const out = pipe(
    out5,
    applyConvTransposed(p.up3, 2, 1),
    beside(out1),
    at(p.te_out),
    applyStage(p.b_out, { normalize: false })
  )
  return applyConv(p.conv_out, 1, 1)(out)
}

const checkPictures = (x: Tensor): void => {
  const [, ...picture] = x.shape
  if (picture.join() !== `1,${size},${size}`)
    raise('unet', `wants pictures [N,1,${size},${size}], not [${x.shape.join()}]`)
}

const checkEmbedding = (table: Tensor, steps: number): void => {
  if (table.shape.join() !== `${steps},${timeSize}`)
    raise('unet', `wants a time embedding [${steps},${timeSize}], not [${table.shape.join()}]`)
}

/**
 * The U-Net of the article. It predicts the noise in noisy images `[N, 1, 28, 28]`, given the timestep of each.
 *
 * Three stages go down, one is in the middle, and three go up; each has three blocks. A stage on the way up also gets
 * the output of the stage of the same size on the way down. Before each stage, a small network of the time embedding
 * adds a number per channel. There are 506,852 trainable numbers, and an image takes 25 million multiply-adds.
 *
 * @throws TesseraError if the time embedding is not `[steps, 100]`; at a call, if the images are not `[N, 1, 28, 28]`
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { unet } from 'tessera/models'
 * const model = unet({ steps: 1000 })
 * const params = model.init(t.key(0))
 * const eps = model.apply(params, t.zeros([2, 1, 28, 28]), t.tensor([0, 999]))
 * assert.deepStrictEqual(eps.shape, [2, 1, 28, 28])
 * assert.equal(Object.keys(t.flattenTree(params)).length, 172)
 * ```
 */
export const unet = (given: UNetOptions = {}): UNet => {
  const { steps = 1000, timeEmbedding = embedding(steps) } = options('unet', given, {
    steps: true,
    timeEmbedding: true
  })
  checkEmbedding(timeEmbedding, steps)
  return {
    init: initial,
    apply: (params, x, ts) => {
      checkPictures(x)
      return forward(params, x, t.take(timeEmbedding, ts))
    },
    config: { model: 'unet', steps, size },
    timeEmbedding
  }
}
