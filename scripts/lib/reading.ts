import * as t from 'tessera'
import { classifier } from 'tessera/models'
import type { ClassifierParams } from 'tessera/models'

/** What a classifier reads in pictures. */
export interface Reading {
  /** Its features of each, [count, 64]. */
  readonly features: Float32Array
  /** The likeliest class of each. */
  readonly classes: Uint8Array
  /** The probability of that class. */
  readonly confidence: Float32Array
}

/** Reads pictures, `pixels` values in [-1, 1] each, one after the other. */
export type Reader = (images: Float32Array) => Promise<Reading>

const { size, classes: classCount, features: featureCount } = classifier().config

/** The shape of a picture that the classifier reads, and how many numbers it has. */
export const picture = [1, size, size] as const
export const pixels = size * size
export { classCount, featureCount }

/** The likeliest class of each picture, and how likely it is. */
const likeliest = (probabilities: t.Numbers): Omit<Reading, 'features'> => {
  const count = probabilities.length / classCount
  const [classes, confidence] = [new Uint8Array(count), new Float32Array(count)]
  probabilities.forEach((p, i) => {
    const n = Math.floor(i / classCount)
    // NaN is never above another probability: such a picture is a 0 of confidence 0
    if (!(p > confidence[n]!)) return
    confidence[n] = p
    classes[n] = i % classCount
  })
  return { classes, confidence }
}

/** A reader on a device that reads `batch` pictures at a time. */
export const readerOf = (device: t.Device, params: ClassifierParams, batch: number): Reader => {
  const net = classifier()
  const read = device.compile((p: ClassifierParams, x: t.Tensor) => ({
    features: net.features(p, x),
    probabilities: t.softmax(net.apply(p, x))
  }))
  return async (images) => {
    const count = images.length / pixels
    const reading = {
      features: new Float32Array(count * featureCount),
      classes: new Uint8Array(count),
      confidence: new Float32Array(count)
    }
    for (let from = 0; from < count; from += batch) {
      const n = Math.min(batch, count - from)
      const x = t.tensor(images.subarray(from * pixels, (from + n) * pixels), [n, ...picture])
      const seen = read(params, x)
      const { classes, confidence } = likeliest(await device.read(seen.probabilities))
      reading.features.set(await device.read(seen.features), from * featureCount)
      reading.classes.set(classes, from)
      reading.confidence.set(confidence, from)
      t.tensorsOf(seen).forEach((tensor) => tensor[Symbol.dispose]())
    }
    return reading
  }
}

/** All pictures of a data set, in its order, as networks take them. */
export const allOf = ({ images }: t.Dataset): Float32Array => t.normalise(images)

/** The part of the pictures that was read right. */
export const accuracyOf = (read: ArrayLike<number>, labels: ArrayLike<number>): number =>
  Array.from(labels).filter((label, i) => read[i] === label).length / labels.length
