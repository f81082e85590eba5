import * as t from 'tessera'
import { frechet, momentsOf, sharesOf, totalVariation } from 'tessera/metrics'
import type { Moments } from 'tessera/metrics'
import { classCount, picture, pixels } from '../lib/reading.ts'
import type { Reader, Reading } from '../lib/reading.ts'

/** How near some images are to those of the data set. */
export interface Score {
  readonly images: number
  /** The Fréchet distance of the features of both. */
  readonly frechet: number
  /** The total variation of the classes that both are read as. */
  readonly variation: number
  /** The mean probability of the class that an image is read as. */
  readonly confidence: number
  /** The part of the images that is read as each class. */
  readonly shares: readonly number[]
}

/** What a classifier makes of images of the data set, which others are compared with. */
export interface Standard {
  readonly moments: Moments
  readonly shares: readonly number[]
}

const momentsBy = ({ features, classes }: Reading): Moments => momentsOf(features, features.length / classes.length)

export const standardOf = (reading: Reading): Standard => ({
  moments: momentsBy(reading),
  shares: sharesOf(reading.classes, classCount)
})

export const scoreOf = (reading: Reading, standard: Standard): Score => {
  const { classes, confidence } = reading
  const shares = sharesOf(classes, classCount)
  return {
    images: classes.length,
    frechet: frechet(momentsBy(reading), standard.moments),
    variation: totalVariation(shares, standard.shares),
    confidence: confidence.reduce((sum, p) => sum + p, 0) / confidence.length,
    shares
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

/** Reads and scores several lots of images. */
export const scoresOf = async (
  read: Reader,
  standard: Standard,
  lots: Readonly<Record<string, Float32Array>>
): Promise<Scores> => {
  const scores: (readonly [string, Score])[] = []
  for (const [name, images] of Object.entries(lots)) scores.push([name, scoreOf(await read(images), standard)])
  return Object.fromEntries(scores)
}
