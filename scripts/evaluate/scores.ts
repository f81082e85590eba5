import * as t from 'tessera'
import { frechet, kernelDistance, momentsOf, precisionRecall, sharesOf, totalVariation } from 'tessera/metrics'
import type { Moments, PrecisionRecall } from 'tessera/metrics'
import { accuracyOf, classCount, featureCount, picture, pixels } from '../lib/reading.ts'
import type { Reader, Reading } from '../lib/reading.ts'

/** How near the features of some images are to those of as many images of the data set. */
export interface FeatureScore extends PrecisionRecall {
  /** The kernel distance. */
  readonly kernel: number
}

/** How near some images are to those of the data set. */
export interface Score {
  readonly images: number
  /** The Fréchet distance of the features of both. */
  readonly frechet: number
  /** What their features tell beside it; undefined of too few images. */
  readonly features?: FeatureScore
  /** The total variation of the classes that both are read as. */
  readonly variation: number
  /** The mean probability of the class that an image is read as. */
  readonly confidence: number
  /** The part of the images that is read as each class. */
  readonly shares: readonly number[]
  /** The part of the images that is read as what it shall be, where that is known. */
  readonly right?: number
}

/** What a classifier makes of images of the data set, which others are compared with. */
export interface Standard {
  readonly features: Float32Array
  readonly moments: Moments
  readonly shares: readonly number[]
}

const momentsBy = ({ features }: Reading): Moments => momentsOf(features, featureCount)

export const standardOf = (reading: Reading): Standard => ({
  features: reading.features,
  moments: momentsBy(reading),
  shares: sharesOf(reading.classes, classCount)
})

/** Precision and recall look at this many neighbours, as their paper does; so many images and one more are the fewest. */
const neighbours = 3

const featureScoreOf = (features: Float32Array, standard: Float32Array): FeatureScore | undefined => {
  const count = Math.min(features.length, standard.length)
  if (count / featureCount <= neighbours) return undefined
  const [drawn, real] = [features.subarray(0, count), standard.subarray(0, count)]
  return {
    kernel: kernelDistance(drawn, real, featureCount),
    ...precisionRecall(drawn, real, featureCount, neighbours)
  }
}

export const scoreOf = (reading: Reading, standard: Standard, labels?: ArrayLike<number>): Score => {
  const { classes, confidence } = reading
  const shares = sharesOf(classes, classCount)
  const features = featureScoreOf(reading.features, standard.features)
  return {
    images: classes.length,
    frechet: frechet(momentsBy(reading), standard.moments),
    ...(features && { features }),
    variation: totalVariation(shares, standard.shares),
    confidence: confidence.reduce((sum, p) => sum + p, 0) / confidence.length,
    shares,
    ...(labels && { right: accuracyOf(classes, labels) })
  }
}

/** Clipped to what an image can show, [-1, 1]. */
export const shown = (images: Float32Array): Float32Array => images.map((v) => Math.min(1, Math.max(-1, v)))

/** Each image from its own darkest to its own brightest pixel, as pictures of samples are drawn; black where it is even. */
export const stretched = (images: Float32Array): Float32Array => {
  const result = new Float32Array(images.length)
  for (let at = 0; at < images.length; at += pixels) {
    const image = images.subarray(at, at + pixels)
    const [low, high] = image.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity])
    result.set(
      image.map((v) => (high > low ? (2 * (v - low)) / (high - low) - 1 : -1)),
      at
    )
  }
  return result
}

/** Noise, from which sampling starts. */
export const noiseImages = async (key: t.Key, count: number): Promise<Float32Array> =>
  Float32Array.from(await t.reference.read(t.normal(key, [count, ...picture])))

/** The images of a data set in random order: the first half of MNIST's test images is easier to read than the second. */
export const shuffled = async (dataset: t.Dataset, key: t.Key): Promise<t.Batch> =>
  t.batchAt(dataset, Uint32Array.from(await t.reference.read(t.permutation(key, dataset.count))))

/** Two parts of images: the first `count` of them, or half of all where there are too few, and the others. */
export const parted = (images: Float32Array, count: number): readonly [first: Float32Array, others: Float32Array] => {
  const at = Math.min(count, Math.floor(images.length / pixels / 2)) * pixels
  return [images.subarray(0, at), images.subarray(at)]
}

/** What is scored, by name. */
export type Scores = Readonly<Record<string, Score>>

/** Images, and what they show where that is known. */
export interface Lot {
  readonly images: Float32Array
  readonly labels?: ArrayLike<number>
}

/** Reads and scores several lots of images. */
export const scoresOf = async (
  read: Reader,
  standard: Standard,
  lots: Readonly<Record<string, Lot>>
): Promise<Scores> => {
  const scores: (readonly [string, Score])[] = []
  for (const [name, { images, labels }] of Object.entries(lots))
    scores.push([name, scoreOf(await read(images), standard, labels)])
  return Object.fromEntries(scores)
}
