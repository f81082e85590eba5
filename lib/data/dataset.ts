import { raise } from '../base/raise.ts'
import { permutationValues } from '../random/threefry.ts'
import type { Words } from '../random/threefry.ts'

/** Labelled gray images of one size. */
export interface Dataset {
  readonly name: string
  /** What the labels mean: label k is `classes[k]`. */
  readonly classes: readonly string[]
  /** `count · height · width` bytes, row-major: 0 is background, 255 full ink. */
  readonly images: Uint8Array
  readonly labels: Uint8Array
  readonly count: number
  readonly height: number
  readonly width: number
  /** Where it comes from, for people: a folder, a mirror's address, "drawn here". */
  readonly source: string
}

/** Some images of a data set, ready for a network. */
export interface Batch {
  /** `size · 1 · height · width` values in [-1, 1]. */
  readonly images: Float32Array
  readonly labels: Uint8Array
  /** Which images of the data set these are. */
  readonly indices: Uint32Array
  readonly size: number
}

// (v / 255 - 0.5) · 2, each step in float32
const NORMALISED = Float32Array.from({ length: 256 }, (_, v) => Math.fround(Math.fround(v / 255) - 0.5) * 2)

/**
 * Bytes 0 … 255 as values in [-1, 1]: (v / 255 - 0.5) · 2.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 *
 * assert.deepStrictEqual(t.normalise(Uint8Array.of(0, 255)), Float32Array.of(-1, 1))
 * ```
 */
export const normalise = (bytes: Uint8Array): Float32Array => Float32Array.from(bytes, (v) => NORMALISED[v]!)

const pixels = (dataset: Dataset): number => dataset.height * dataset.width

/** The first `n` images (all of them where there are fewer). */
export const limit =
  (n: number) =>
  (dataset: Dataset): Dataset => {
    if (!Number.isInteger(n) || n < 1) raise('limit', `the number of images must be a positive integer: ${n}`)
    const count = Math.min(n, dataset.count)
    return {
      ...dataset,
      count,
      images: dataset.images.subarray(0, count * pixels(dataset)),
      labels: dataset.labels.subarray(0, count)
    }
  }

/** The images at `indices`, in that order. */
export const batchAt = (dataset: Dataset, indices: Uint32Array): Batch => {
  const each = pixels(dataset)
  const images = new Float32Array(indices.length * each)
  indices.forEach((index, place) => {
    const from = index * each
    for (let p = 0; p < each; p++) images[place * each + p] = NORMALISED[dataset.images[from + p]!]!
  })
  return { images, labels: Uint8Array.from(indices, (index) => dataset.labels[index]!), indices, size: indices.length }
}

/**
 * One epoch: every image once, in the random order of `words`, in batches of `batchSize`, the last one
 * shorter where it does not divide the count. Batches are made when they are asked for, and asking
 * again gives the same ones. The first `skip` of them can be left out, to go on where an epoch was left.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 *
 * const digits = t.drawDigits(undefined, { hi: 0, lo: 1 }, 10)
 * const batches = [...t.epochBatches(digits, { hi: 0, lo: 2 }, 4)]
 * assert.deepStrictEqual(batches.map((batch) => batch.size), [4, 4, 2])
 * ```
 */
export const epochBatches = (dataset: Dataset, words: Words, batchSize: number, skip = 0): Iterable<Batch> => {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    raise('epochBatches', `the batch size must be a positive integer: ${batchSize}`)
  }
  return {
    *[Symbol.iterator]() {
      const order = permutationValues(words, dataset.count)
      for (let from = skip * batchSize; from < dataset.count; from += batchSize) {
        yield batchAt(dataset, order.slice(from, from + batchSize))
      }
    }
  }
}
