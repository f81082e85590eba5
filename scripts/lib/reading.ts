import * as t from 'tessera'
import { classifier } from 'tessera/models'
import type { ClassifierParams } from 'tessera/models'

/** What a classifier makes of pictures. */
export interface Reading {
  /** What it sees in each, [count, 64]. */
  readonly features: Float32Array
  /** The likeliest class of each. */
  readonly classes: Uint8Array
  /** The probability of that class. */
  readonly confidence: Float32Array
}

/** Reads pictures, values in [-1, 1] of 28 × 28 each, one after the other. */
export type Reader = (images: Float32Array) => Promise<Reading>

/** Of a picture. */
export const pixels = 28 * 28
export const classCount = 10
const width = 64

/** The likeliest class of each picture, and how likely it is. */
const likeliest = (probabilities: t.Numbers): Omit<Reading, 'features'> => {
  const count = probabilities.length / classCount
  const [classes, confidence] = [new Uint8Array(count), new Float32Array(count)]
  probabilities.forEach((p, i) => {
    const n = Math.floor(i / classCount)
    // a probability that is no number is never above another: such a picture is a 0 of confidence 0
    if (!(p > confidence[n]!)) return
    confidence[n] = p
    classes[n] = i % classCount
  })
  return { classes, confidence }
}

/** A reader on a device, which reads so many pictures at a time. */
export const readerOf = (device: t.Device, params: ClassifierParams, batch: number): Reader => {
  const net = classifier()
  const read = device.compile((p: ClassifierParams, x: t.Tensor) => ({
    features: net.features(p, x),
    probabilities: t.softmax(net.apply(p, x))
  }))
  return async (images) => {
    const count = images.length / pixels
    const reading = {
      features: new Float32Array(count * width),
      classes: new Uint8Array(count),
      confidence: new Float32Array(count)
    }
    for (let from = 0; from < count; from += batch) {
      const n = Math.min(batch, count - from)
      const x = t.tensor(images.subarray(from * pixels, (from + n) * pixels), [n, 1, 28, 28])
      const seen = read(params, x)
      const { classes, confidence } = likeliest(await device.read(seen.probabilities))
      reading.features.set(await device.read(seen.features), from * width)
      reading.classes.set(classes, from)
      reading.confidence.set(confidence, from)
      t.tensorsOf(seen).forEach((tensor) => tensor[Symbol.dispose]())
    }
    return reading
  }
}

/** All pictures of a data set, in its order, as they go into networks. */
export const allOf = ({ images }: t.Dataset): Float32Array => t.normalise(images)

/** The part of pictures that were read as what they are. */
export const accuracyOf = (read: ArrayLike<number>, labels: ArrayLike<number>): number =>
  Array.from(labels).filter((label, i) => read[i] === label).length / labels.length
