import { pipe } from 'fp-ts/function'
import { raise } from '../lib/base/raise.ts'
import * as t from '../lib/index.ts'
import type { Init, Tensor } from '../lib/index.ts'
import { applyConv, applyLinear, conv, linear } from './layers.ts'

/** Height and width of the pictures, and what three convolutions of stride 2 leave of them. */
const { height: size } = t.sources.mnist
const left = Math.floor(size / 8)
const classes = 10
const featureCount = 64

/** Three convolutions, each of which halves the picture (28, 14, 7, 3), and two linear layers. */
const initial = t.together({
  conv1: conv(1, 16, 4),
  conv2: conv(16, 32, 4),
  conv3: conv(32, 32, 4),
  hidden: linear(32 * left * left, featureCount),
  out: linear(featureCount, classes)
})

/** Its 10 trainable tensors, 44,058 numbers. */
export type ClassifierParams = ReturnType<typeof initial>

/** What a classifier makes of pictures [N, 1, 28, 28]. */
type Reading = (params: ClassifierParams, x: Tensor) => Tensor

export interface Classifier {
  readonly init: Init<ClassifierParams>
  /** What it sees in pictures: the activations [N, 64] of its last layer but one. */
  readonly features: Reading
  /** The logits [N, 10]: softmax makes probabilities of them, `crossEntropy` a loss. */
  readonly apply: Reading
  /** Height and width of the pictures, and how many classes and features there are. */
  readonly config: { readonly size: number; readonly classes: number; readonly features: number }
}

const halved =
  (layer: ClassifierParams['conv1']) =>
  (x: Tensor): Tensor =>
    t.silu(applyConv(layer, 2, 1)(x))

const features: Reading = ({ conv1, conv2, conv3, hidden }, x) => {
  const [n, ...picture] = x.shape
  if (picture.join() !== `1,${size},${size}`)
    raise('classifier', `wants pictures [N,1,${size},${size}], not [${x.shape.join()}]`)
  const seen = pipe(x, halved(conv1), halved(conv2), halved(conv3))
  return pipe(t.reshape(seen, [n!, -1]), applyLinear(hidden), t.silu)
}

/**
 * A small network that tells ten classes of pictures apart: 0.6 million multiply-adds a picture. What it sees in them
 * on the way, its features, is a space in which distances mean more than between pixels.
 *
 * `models/classifier.safetensors` holds a trained one, made by `npm run classify -- --dataset mnist`; its metadata say
 * how many of MNIST's test images it reads right.
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
