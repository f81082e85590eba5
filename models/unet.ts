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
  type BlockParams,
  type Pair
} from './layers.ts'
import { timeEmbedding as embedding, timeSize } from './time.ts'

/** Height and width of the pictures, and how three convolutions of stride 2 halve them: 28, 14, 7, 3. */
const { height: size } = t.sources.mnist
const [half, quarter, eighth] = [2, 4, 8].map((part) => Math.floor(size / part)) as [number, number, number]

type Stage = readonly [BlockParams, BlockParams, BlockParams]

/** Three blocks, from `inputs` channels over `widths`. */
const stage =
  (side: number, inputs: number, widths: readonly [number, number, number]): Init<Stage> =>
  (key) => {
    const [a, b, c] = t.split(key, 3)
    return [
      block(side, inputs, widths[0])(a!),
      block(side, widths[0], widths[1])(b!),
      block(side, widths[1], widths[2])(c!)
    ]
  }

/** From the time embedding to a number per channel. */
const time = (channels: number): Init<Pair> => pair(linear(timeSize, channels), linear(channels, channels))

/** The trainable parts under PyTorch's names. */
const initial = t.together({
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

/** The 172 trainable tensors: `flattenTree` names them as PyTorch does. */
export type UNetParams = ReturnType<typeof initial>

export interface UNetOptions {
  /** How many timesteps the time embedding knows. */
  readonly steps?: number
  /** A time embedding [steps, 100] other than the usual one, such as that of a model file. */
  readonly timeEmbedding?: Tensor
}

export interface UNet {
  /** Starting values, as PyTorch draws them. */
  readonly init: Init<UNetParams>
  /** The noise in pictures [N, 1, 28, 28] at timesteps [N]. */
  readonly apply: Model<UNetParams>
  /** What a model file says about the network. */
  readonly config: { readonly model: 'unet'; readonly steps: number; readonly size: number }
  /** The fixed table [steps, 100]; it is never trained. */
  readonly timeEmbedding: Tensor
}

const applyStage =
  ([a, b, c]: Stage, last: { readonly normalize?: boolean } = {}) =>
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

/** Adds to each channel a number made from the time embedding. */
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
 * The U-Net of the article: pictures [N, 1, 28, 28] of noise and the timestep of each in, the noise in them out.
 * Three stages down, one in the middle, three up, each of three blocks, with what the stages down see handed over to
 * those up; 506,852 trainable numbers. Before each stage a small network of the time embedding adds a number per
 * channel.
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
