import { raise } from '../base/raise.ts'
import { counted, dual } from '../core/dual.ts'
import { Key, wordsOf } from '../core/key.ts'
import { kindOf, options, whole } from '../core/options.ts'
import { permutationValues } from '../random/threefry.ts'

/** Labelled gray images of one size. */
export interface Dataset {
  /** A short name, such as `mnist`. */
  readonly name: string
  /** The names of the classes: label k means `classes[k]`. */
  readonly classes: readonly string[]
  /** `count · height · width` bytes, row-major: 0 is background, 255 full ink. */
  readonly images: Uint8Array
  /** The class of each image. */
  readonly labels: Uint8Array
  /** The number of images. */
  readonly count: number
  /** The rows of an image. */
  readonly height: number
  /** The columns of an image. */
  readonly width: number
  /** The origin, for people: a folder, a mirror's address, "drawn here". */
  readonly source: string
}

/** Some images of a data set, ready for a network. */
export interface Batch {
  /** `size · 1 · height · width` values in [-1, 1]. */
  readonly images: Float32Array
  /** The class of each image. */
  readonly labels: Uint8Array
  /** The positions of these images in the data set. */
  readonly indices: Uint32Array
  /** The number of images. */
  readonly size: number
}

// (v / 255 - 0.5) · 2, each step in float32
const NORMALISED = Float32Array.from({ length: 256 }, (_, v) => Math.fround(Math.fround(v / 255) - 0.5) * 2)

/**
 * Turns bytes 0 … 255 into values in [-1, 1]: (v / 255 - 0.5) · 2, each step rounded to float32.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 *
 * assert.deepStrictEqual(t.normalise(Uint8Array.of(0, 255)), Float32Array.of(-1, 1))
 * ```
 */
export const normalise = (bytes: Uint8Array): Float32Array => Float32Array.from(bytes, (v) => NORMALISED[v]!)

/** Raises for anything that is not a data set, such as a path. */
const checkDataset = (op: string, x: Dataset): Dataset =>
  typeof x === 'object' && (x as Dataset | null) !== null && 'images' in x && 'count' in x
    ? x
    : raise(op, `wants a data set first, not ${kindOf(x)}`)

const pixels = (dataset: Dataset): number => dataset.height * dataset.width

/** A data set and a count; or the count alone, for `pipe`. */
export interface Limit {
  (dataset: Dataset, n: number): Dataset
  (n: number): (dataset: Dataset) => Dataset
}

/**
 * The first `n` images, or all if there are fewer.
 *
 * @throws TesseraError if n is not a whole number of at least 1
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.equal(t.limit(t.drawDigits(t.key(1), 20), 5).count, 5)
 * ```
 */
export const limit = dual<Limit>(counted(2), (n: number) => {
  whole('limit', 'the number of images', n, 1)
  return (dataset: Dataset): Dataset => {
    const count = Math.min(n, checkDataset('limit', dataset).count)
    const images = dataset.images.subarray(0, count * pixels(dataset))
    return { ...dataset, count, images, labels: dataset.labels.subarray(0, count) }
  }
})

/** A data set and positions of images; or the positions alone, for `pipe`. */
export interface BatchAt {
  (dataset: Dataset, indices: Uint32Array): Batch
  (indices: Uint32Array): (dataset: Dataset) => Batch
}

/**
 * The images at `indices`, in that order, with values in [-1, 1].
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const batch = t.batchAt(t.drawDigits(t.key(1), 20), Uint32Array.of(13, 4))
 * assert.deepStrictEqual([...batch.labels], [3, 4])
 * ```
 */
export const batchAt = dual<BatchAt>(counted(2), (indices: Uint32Array) => (dataset: Dataset): Batch => {
  const each = pixels(checkDataset('batchAt', dataset))
  const images = new Float32Array(indices.length * each)
  indices.forEach((index, place) => {
    const from = index * each
    for (let p = 0; p < each; p++) images[place * each + p] = NORMALISED[dataset.images[from + p]!]!
  })
  return { images, labels: Uint8Array.from(indices, (index) => dataset.labels[index]!), indices, size: indices.length }
})

/** The options of `epochBatches`. */
export interface EpochOptions {
  /** The number of images in a batch. The last batch is shorter if this does not divide the count. */
  readonly batch: number
  /** The number of batches to skip, to resume an epoch; 0 by default. */
  readonly skip?: number
}

/** A data set, a key and options; or the same without the data set, for `pipe`. */
export interface EpochBatches {
  (dataset: Dataset, key: Key, options: EpochOptions): Iterable<Batch>
  (key: Key, options: EpochOptions): (dataset: Dataset) => Iterable<Batch>
}

/**
 * One epoch: every image once, in batches, in an order drawn from the key. Batches are made one at a time. Iterating
 * again gives the same batches.
 *
 * @throws TesseraError if the batch size is not a whole number of at least 1, or the key is not a key
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 *
 * const digits = t.drawDigits(t.key(1), 10)
 * const batches = [...t.epochBatches(digits, t.key(2), { batch: 4 })]
 * assert.deepStrictEqual(batches.map((batch) => batch.size), [4, 4, 2])
 * ```
 */
export const epochBatches = dual<EpochBatches>(counted(3), (key: Key, given: EpochOptions) => {
  const { batch, skip = 0 } = options('epochBatches', given, { batch: true, skip: true })
  whole('epochBatches', 'batch', batch, 1)
  whole('epochBatches', 'skip', skip, 0)
  if (!(key instanceof Key))
    raise('epochBatches', `wants a key for the order, not ${kindOf(key)}: t.key(seed) makes one`)
  const words = wordsOf('epochBatches', key)
  return (dataset: Dataset): Iterable<Batch> => {
    const { count } = checkDataset('epochBatches', dataset)
    return {
      *[Symbol.iterator]() {
        const order = permutationValues(words, count)
        for (let from = skip * batch; from < count; from += batch)
          yield batchAt(dataset, order.slice(from, from + batch))
      }
    }
  }
})
