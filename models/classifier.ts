import { pipe } from 'fp-ts/function'
import { raise } from '../lib/base/raise.ts'
import * as t from '../lib/index.ts'
import type { Init, Tensor } from '../lib/index.ts'
import { applyConv, applyLinear, conv, linear, type AffineParams } from './layers.ts'

/** Height and width of the pictures, and what three convolutions of stride 2 leave of them. */
const { height: size } = t.sources.mnist
const left = Math.floor(size / 8)
const classes = 10
const featureCount = 64

/** The 10 trainable tensors of a classifier, 44,058 numbers. */
export interface ClassifierParams {
  /** 1 to 16 channels, 28 × 28 to 14 × 14. */
  readonly conv1: AffineParams
  /** 16 to 32 channels, 14 × 14 to 7 × 7. */
  readonly conv2: AffineParams
  /** 32 to 32 channels, 7 × 7 to 3 × 3. */
  readonly conv3: AffineParams
  /** 288 inputs to 64 features. */
  readonly hidden: AffineParams
  /** 64 features to 10 logits. */
  readonly out: AffineParams
}

/** Three convolutions, each of which halves the image, and two linear layers. */
const initial: Init<ClassifierParams> = t.together({
  conv1: conv(1, 16, 4),
  conv2: conv(16, 32, 4),
  conv3: conv(32, 32, 4),
  hidden: linear(32 * left * left, featureCount),
  out: linear(featureCount, classes)
})

/** A function of a classifier's parameters and images `[N, 1, 28, 28]`. */
export type ClassifierFunction = (params: ClassifierParams, x: Tensor) => Tensor

/** The sizes of a classifier. */
export interface ClassifierConfig {
  /** The height and the width of images. */
  readonly size: number
  /** The number of classes. */
  readonly classes: number
  /** The number of activations of the last layer but one. */
  readonly features: number
}

/** A classifier of images. */
export interface Classifier {
  /** Initial parameters, distributed as in PyTorch. */
  readonly init: Init<ClassifierParams>
  /** The activations `[N, 64]` of the last layer but one. */
  readonly features: ClassifierFunction
  /** The logits `[N, 10]`, for `softmax` and `crossEntropy`. */
  readonly apply: ClassifierFunction
  /** Height and width of the images, and how many classes and features there are. */
  readonly config: ClassifierConfig
}

const halved =
  (layer: ClassifierParams['conv1']) =>
  (x: Tensor): Tensor =>
    t.silu(applyConv(layer, 2, 1)(x))

const features: ClassifierFunction = ({ conv1, conv2, conv3, hidden }, x) => {
  const [n, ...picture] = x.shape
  if (picture.join() !== `1,${size},${size}`)
    raise('classifier', `wants pictures [N,1,${size},${size}], not [${x.shape.join()}]`)
  const seen = pipe(x, halved(conv1), halved(conv2), halved(conv3))
  return pipe(t.reshape(seen, [n!, -1]), applyLinear(hidden), t.silu)
}

/**
 * A small classifier of ten classes of 28×28 images, with 0.6 million multiply-adds an image. Distances between its
 * features mean more than distances between pixels.
 *
 * `models/classifier.safetensors` holds a trained one, made by `npm run classify -- --dataset mnist`. Its metadata
 * holds its accuracy on MNIST's test images.
 *
 * @throws TesseraError at a call, if the images are not `[N, 1, 28, 28]`
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { classifier, type ClassifierParams } from 'tessera/models'
 * const net = classifier()
 * const digits = t.drawDigits(t.key(1), 2)
 * const x = t.tensor(t.normalise(digits.images), [2, 1, 28, 28])
 * const loss = (params: ClassifierParams, labels: t.Tensor) => t.crossEntropy(net.apply(params, x), labels)
 * const [value, grads] = t.valueAndGrad(loss)(net.init(t.key(0)), t.tensor(digits.labels, [2]))
 * assert.deepStrictEqual(value.shape, [])
 * assert.deepStrictEqual(grads.out.weight.shape, [10, 64])
 * ```
 */
export const classifier = (): Classifier => ({
  init: initial,
  features,
  apply: (params, x) => applyLinear(params.out)(features(params, x)),
  config: { size, classes, features: featureCount }
})
