import { pipe } from 'fp-ts/function'
import { choice, options, whole, type OptionNames } from '../lib/core/options.ts'
import { raise } from '../lib/base/raise.ts'
import * as t from '../lib/index.ts'
import type { Init, Model, Tensor } from '../lib/index.ts'
import {
  applyBlock,
  applyConv,
  applyConvTransposed,
  applyLinear,
  applyPictureAttention,
  attention,
  block,
  conv,
  convTransposed,
  linear,
  pair,
  perChannel,
  type AffineParams,
  type AttentionParams,
  type BlockParams,
  type NormKind,
  type Pair
} from './layers.ts'
import { timeEmbedding, timeSize } from './time.ts'

/** The parameters of a stage: three blocks, one after the other. */
export type StageParams = readonly [BlockParams, BlockParams, BlockParams]

/** The stages, on the way down and up again. */
export type StageName = 'b1' | 'b2' | 'b3' | 'b_mid' | 'b4' | 'b5' | 'b_out'

/** The trainable tensors of the U-Net, 172 in the article's. `flattenTree` gives PyTorch's names, such as `b1.0.conv1.weight`. */
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
  /** A row for each class, and a last one for no class, `[classes + 1, 100]`; only in a network of classes. */
  readonly class_emb?: {
    /** The table of the rows. */
    readonly weight: Tensor
  }
  /** Self-attention after stages; only where it was asked for. */
  readonly attention?: Readonly<Partial<Record<StageName, AttentionParams>>>
}

/** What the shapes of a U-Net's parameters depend on. */
type Layout = Omit<UNetConfig, 'model' | 'steps'>

/** The side of the pictures in each stage: they are halved three times. An odd one, 7 in the article, becomes (7 - 1) / 2. */
export const sidesOf = (size: number): Readonly<Record<StageName, number>> => {
  const [half, quarter, eighth] = [2, 4, 8].map((part) => Math.floor(size / part)) as [number, number, number]
  return { b1: size, b2: half, b3: quarter, b_mid: eighth, b4: quarter, b5: half, b_out: size }
}

/** The channels of each stage's three blocks, as multiples of the width. */
const widths: Readonly<Record<StageName, readonly [number, number, number]>> = {
  b1: [1, 1, 1],
  b2: [2, 2, 2],
  b3: [4, 4, 4],
  b_mid: [2, 2, 4],
  b4: [4, 2, 2],
  b5: [2, 1, 1],
  b_out: [1, 1, 1]
}

/** The names of the stages, in their order. */
export const stageNames = Object.keys(widths) as readonly StageName[]

/** The layers from the time embedding to a number per channel. */
const time = (channels: number): Init<Pair> => pair(linear(timeSize, channels), linear(channels, channels))

/** Normal rows, as in PyTorch, for classes to differ from the start; that of no class is zero, and changes nothing. */
const classEmbedding =
  (classes: number): Init<{ readonly weight: Tensor }> =>
  (key) => ({ weight: t.concat([t.normal(key, [classes, timeSize]), t.zeros([1, timeSize])], { axis: 0 }) })

/** The parts that not every network has. */
const extras = ({ size, width, classes, attention: at }: Layout): t.Inits => {
  const sides = sidesOf(size)
  const attending = stageNames
    .filter((name) => at.includes(sides[name]))
    .map((name) => [name, attention(width * widths[name][2])] as const)
  return {
    ...(classes > 0 && { class_emb: classEmbedding(classes) }),
    ...(attending.length > 0 && { attention: t.together(Object.fromEntries(attending)) })
  }
}

/** The parameters at first. Those of the article have the same values whatever else there is. */
const initial = (layout: Layout): Init<UNetParams> => {
  const { size, channels, width: w, norm } = layout
  const sides = sidesOf(size)
  const stage =
    (name: StageName, inputs: number): Init<StageParams> =>
    (key) => {
      const [side, [a, b, c]] = [sides[name], widths[name]]
      const keys = t.split(key, 3)
      return [
        block(norm, side, inputs, w * a)(keys[0]!),
        block(norm, side, w * a, w * b)(keys[1]!),
        block(norm, side, w * b, w * c)(keys[2]!)
      ]
    }
  // an odd side loses a pixel before it is halved, and gets it back
  const kernel = sides.b3 % 2 === 1 ? 2 : 3
  return t.together({
    te1: time(channels),
    b1: stage('b1', channels),
    down1: conv(w, w, 4),
    te2: time(w),
    b2: stage('b2', w),
    down2: conv(2 * w, 2 * w, 4),
    te3: time(2 * w),
    b3: stage('b3', 2 * w),
    down3: pair(conv(4 * w, 4 * w, kernel), conv(4 * w, 4 * w, 4)),
    te_mid: time(4 * w),
    b_mid: stage('b_mid', 4 * w),
    up1: pair(convTransposed(4 * w, 4 * w, 4), convTransposed(4 * w, 4 * w, kernel)),
    te4: time(8 * w),
    b4: stage('b4', 8 * w),
    up2: convTransposed(2 * w, 2 * w, 4),
    te5: time(4 * w),
    b5: stage('b5', 4 * w),
    up3: convTransposed(w, w, 4),
    te_out: time(2 * w),
    b_out: stage('b_out', 2 * w),
    conv_out: conv(w, channels, 3),
    ...extras(layout)
  })
}

/** The options of `unet`. The defaults are the article's network. */
export interface UNetOptions {
  /** The number of timesteps, 1000 by default. */
  readonly steps?: number
  /** The time embedding `[steps, 100]`, such as that of a model file; the one of `timeEmbedding(steps)` by default. */
  readonly timeEmbedding?: Tensor
  /** The height and the width of images, a multiple of 4; 28 by default. */
  readonly size?: number
  /** The channels of images: 1 for gray, the default, 3 for colours. */
  readonly channels?: number
  /** The channels of the first stage, and a half and a quarter of those of the next; 10 by default. */
  readonly width?: number
  /** How many classes the network can be told; 0, the default, for none. */
  readonly classes?: number
  /** What blocks normalise over: all of an image (`layer`, the default), or groups of its channels. */
  readonly norm?: NormKind
  /** The sides of the stages that self-attention follows, such as `[7]`; none by default. It takes memory of side⁴. */
  readonly attention?: readonly number[]
}

/** The description of a U-Net: its options, but for the time embedding. */
export type UNetConfig = {
  /** Tells it from other models. */
  readonly model: 'unet'
} & Required<Omit<UNetOptions, 'timeEmbedding'>>

/** The class `[N]` of each image, as numbers from 0, or `null` for none. */
export type Labels = Tensor | null

/** Something, or no argument at all. */
export type OrNothing<T, Nothing = void> = T | Nothing

/** What a U-Net is told that may have classes or not. */
export type MaybeLabels = OrNothing<Labels>

/** A U-Net: functions of its parameters. `C` is what it is told: nothing, or `Labels` if it has classes. */
export interface UNet<C = void> {
  /** Initial parameters, distributed as in PyTorch. */
  readonly init: Init<UNetParams>
  /** Predicts the noise in images `[N, channels, size, size]` at timesteps `[N]`. */
  readonly apply: Model<UNetParams, C>
  /** The description for a model file. */
  readonly config: UNetConfig
  /** The fixed table `[steps, 100]`, which is not trained. */
  readonly timeEmbedding: Tensor
}

/** Makes a U-Net. One with classes is told labels, or `null` for none; one without is told nothing. */
export interface MakeUNet {
  (options: UNetOptions & { readonly classes: number }): UNet<Labels>
  (options?: UNetOptions & { readonly classes?: never }): UNet
  (options: UNetOptions): UNet<MaybeLabels>
}

/** The article's network. */
export const articleNetwork: Omit<UNetConfig, 'model'> = {
  steps: 1000,
  size: t.sources.mnist.height,
  channels: 1,
  width: 10,
  classes: 0,
  norm: 'layer',
  attention: []
}

const optionNames: OptionNames<UNetOptions> = {
  steps: true,
  timeEmbedding: true,
  size: true,
  channels: true,
  width: true,
  classes: true,
  norm: true,
  attention: true
}

const applyStage =
  ([a, b, c]: StageParams, last: { readonly normalize?: boolean } = {}) =>
  (x: Tensor): Tensor =>
    pipe(x, applyBlock(a), applyBlock(b), applyBlock(c, last))

/** The padding with which a kernel of 3 keeps the side; one of 2 changes it by a pixel. */
const paddingOf = ({ weight }: AffineParams): number => weight.shape.at(-1)! - 2

const down3 =
  (p: Pair) =>
  (x: Tensor): Tensor =>
    pipe(x, applyConv(p[0], 1, paddingOf(p[0])), t.silu, applyConv(p[2], 2, 1))

const up1 =
  (p: Pair) =>
  (x: Tensor): Tensor =>
    pipe(x, applyConvTransposed(p[0], 2, 1), t.silu, applyConvTransposed(p[2], 1, paddingOf(p[2])))

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
  const stage = (name: StageName, last?: { readonly normalize: boolean }) => {
    const attending = p.attention?.[name]
    const blocks = applyStage(p[name], last)
    return attending === undefined ? blocks : (y: Tensor) => applyPictureAttention(attending)(blocks(y))
  }
  const out1 = pipe(x, at(p.te1), stage('b1'))
  const out2 = pipe(out1, applyConv(p.down1, 2, 1), at(p.te2), stage('b2'))
  const out3 = pipe(out2, applyConv(p.down2, 2, 1), at(p.te3), stage('b3'))
  const middle = pipe(out3, down3(p.down3), at(p.te_mid), stage('b_mid'))
  const out4 = pipe(middle, up1(p.up1), beside(out3), at(p.te4), stage('b4'))
  const out5 = pipe(out4, applyConvTransposed(p.up2, 2, 1), beside(out2), at(p.te5), stage('b5'))
  const out = pipe(
    out5,
    applyConvTransposed(p.up3, 2, 1),
    beside(out1),
    at(p.te_out),
    stage('b_out', { normalize: false })
  )
  return applyConv(p.conv_out, 1, 1)(out)
}

/** The embedding of what the network is told: the row of each label, or for all images the last row. */
const told = ({ class_emb }: UNetParams, { classes }: UNetConfig, labels: MaybeLabels): Tensor | undefined => {
  if (classes === 0 || class_emb === undefined)
    return labels ? raise('unet', 'has no classes to be told: unet({ classes }) makes one that has') : undefined
  return t.take(class_emb.weight, labels ?? t.tensor([classes]))
}

const checkPictures = (x: Tensor, { size, channels }: UNetConfig): void => {
  const [, ...picture] = x.shape
  if (picture.join() !== `${channels},${size},${size}`)
    raise('unet', `wants pictures [N,${channels},${size},${size}], not [${x.shape.join()}]`)
}

const checkEmbedding = (table: Tensor, steps: number): void => {
  if (table.shape.join() !== `${steps},${timeSize}`)
    raise('unet', `wants a time embedding [${steps},${timeSize}], not [${table.shape.join()}]`)
}

const checkConfig = ({ size, channels, width, classes, norm, attention: at }: UNetConfig): void => {
  whole('unet', 'size', size, 8)
  if (size % 4 !== 0) raise('unet', `size is a multiple of 4, not ${size}`)
  whole('unet', 'channels', channels, 1)
  whole('unet', 'width', width, 1)
  whole('unet', 'classes', classes, 0)
  choice('unet', 'norm', norm, ['layer', 'group'])
  const sides = [...new Set(Object.values(sidesOf(size)))]
  const wrong = at.find((side) => !sides.includes(side))
  if (wrong !== undefined) raise('unet', `no stage has the side ${wrong} for attention: there are ${sides.join(', ')}`)
}

/**
 * The U-Net of the article. It predicts the noise in noisy images `[N, 1, 28, 28]`, given the timestep of each.
 *
 * Three stages go down, one is in the middle, and three go up; each has three blocks. A stage on the way up also gets
 * the output of the stage of the same size on the way down. Before each stage, a small network of the time embedding
 * adds a number per channel. There are 506,852 trainable numbers, and an image takes 25 million multiply-adds.
 *
 * Options make it for other images, wider, with classes, group norm or attention. What it is told of classes is added to
 * the time embedding.
 *
 * @throws TesseraError if an option is out of range or the time embedding is not `[steps, 100]`; at a call, if the images
 * are not `[N, channels, size, size]`
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
 * const told = unet({ classes: 10 })
 * const seven = told.apply(told.init(t.key(0)), t.zeros([1, 1, 28, 28]), t.tensor([500]), t.tensor([7]))
 * assert.deepStrictEqual(seven.shape, [1, 1, 28, 28])
 * ```
 */
export const unet: MakeUNet = (given: UNetOptions = {}): UNet<MaybeLabels> => {
  const { timeEmbedding: own, ...rest } = options('unet', given, optionNames)
  const config: UNetConfig = { model: 'unet', ...articleNetwork, ...rest }
  checkConfig(config)
  const table = own ?? timeEmbedding(config.steps)
  checkEmbedding(table, config.steps)
  return {
    init: initial(config),
    apply: (params, x, ts, labels) => {
      checkPictures(x, config)
      const [now, label] = [t.take(table, ts), told(params, config, labels)]
      return forward(params, x, label === undefined ? now : t.add(now, label))
    },
    config,
    timeEmbedding: table
  }
}
