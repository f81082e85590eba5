import { raise } from '../base/raise.ts'

/** Vectors of `width` numbers, one after the other, as float64. */
interface Cloud {
  readonly numbers: Float64Array
  readonly width: number
  readonly count: number
}

const cloudOf = (op: string, vectors: ArrayLike<number>, width: number): Cloud => {
  const count = vectors.length / width
  return Number.isSafeInteger(count) && count > 0 && Number.isSafeInteger(width)
    ? { numbers: Float64Array.from(vectors), width, count }
    : raise(op, `wants vectors of ${width} numbers, one at least: ${vectors.length} numbers are none`)
}

/** The squared distance of vector i of one from vector j of another. */
const apart = (a: Cloud, i: number, b: Cloud, j: number): number => {
  let sum = 0
  for (let k = 0; k < a.width; k++) sum += (a.numbers[i * a.width + k]! - b.numbers[j * b.width + k]!) ** 2
  return sum
}

const dot = (a: Cloud, i: number, b: Cloud, j: number): number => {
  let sum = 0
  for (let k = 0; k < a.width; k++) sum += a.numbers[i * a.width + k]! * b.numbers[j * b.width + k]!
  return sum
}

/** A vector among others, and how far it is. */
export interface Neighbour {
  /** Its place among them. */
  readonly index: number
  /** Euclidean, in the unit of the vectors. */
  readonly distance: number
}

/** Keeps the k smallest of what is offered, the smallest first; of equals the earlier. */
const smallest = (k: number) => {
  const found: { readonly index: number; readonly size: number }[] = []
  return {
    offer: (index: number, size: number): void => {
      if (found.length === k && !(size < found[k - 1]!.size)) return
      const place = found.findIndex((other) => size < other.size)
      found.splice(place === -1 ? found.length : place, 0, { index, size })
      found.length = Math.min(found.length, k)
    },
    found
  }
}

const checkCount = (op: string, k: number, others: number): void => {
  if (!(Number.isSafeInteger(k) && k >= 1 && k <= others))
    raise(op, `the number of neighbours is a whole number from 1 to ${others}, not ${k}`)
}

/**
 * The `k` nearest of other vectors to each vector, the nearest first: images of the training set that a sample is most
 * like, if the vectors are pixels. Vectors of `width` numbers lie one after the other. Raises unless they are whole, and
 * there are k others.
 *
 * @example
 * ```ts
 * import * as metrics from 'tessera/metrics'
 * const [first] = metrics.nearest([0, 0], [9, 9, 3, 4], 2, 1)
 * assert.deepStrictEqual(first, [{ index: 1, distance: 5 }])
 * ```
 */
export const nearest = (
  vectors: ArrayLike<number>,
  others: ArrayLike<number>,
  width: number,
  k: number
): readonly (readonly Neighbour[])[] => {
  const [a, b] = [cloudOf('nearest', vectors, width), cloudOf('nearest', others, width)]
  checkCount('nearest', k, b.count)
  return Array.from({ length: a.count }, (_, i) => {
    const best = smallest(k)
    for (let j = 0; j < b.count; j++) best.offer(j, apart(a, i, b, j))
    return best.found.map(({ index, size }) => ({ index, distance: Math.sqrt(size) }))
  })
}

/** How many samples are like the data, and how much of the data samples are like. */
export interface PrecisionRecall {
  /** The part of the samples that lie within the data. */
  readonly precision: number
  /** The part of the data that lies within the samples. */
  readonly recall: number
}

/** The squared distance of each vector from its k-th nearest among the others of its cloud. */
const radiiOf = (cloud: Cloud, k: number): Float64Array =>
  Float64Array.from({ length: cloud.count }, (_, i) => {
    const best = smallest(k)
    for (let j = 0; j < cloud.count; j++) if (j !== i) best.offer(j, apart(cloud, i, cloud, j))
    return best.found[k - 1]!.size
  })

/** The part of some vectors that lie within the ball of a vector of another cloud, which reaches to its k-th neighbour. */
const within = (vectors: Cloud, cloud: Cloud, radii: Float64Array): number => {
  let inside = 0
  for (let i = 0; i < vectors.count; i++) {
    let found = false
    for (let j = 0; j < cloud.count && !found; j++) found = apart(vectors, i, cloud, j) <= radii[j]!
    inside += found ? 1 : 0
  }
  return inside / vectors.count
}

/**
 * Precision and recall of samples by nearest neighbours (Kynkäänniemi et al. 2019, eq. 1 and 2): a vector lies within a
 * cloud if it is in the ball of some vector of it that reaches to that vector's k-th nearest neighbour; 3 by default. The
 * vectors are usually features of a network, `width` numbers each, and as many of samples as of data. Raises where a cloud
 * has no more than k vectors.
 *
 * @example
 * ```ts
 * import * as metrics from 'tessera/metrics'
 * const data = [0, 1, 2, 3, 100, 101, 102, 103]
 * // samples that are good, but only of one half
 * const found = metrics.precisionRecall([0.5, 1.5, 2.5, 3.5], data, 1, 1)
 * assert.deepStrictEqual(found, { precision: 1, recall: 0.5 })
 * ```
 */
export const precisionRecall = (
  samples: ArrayLike<number>,
  data: ArrayLike<number>,
  width: number,
  k = 3
): PrecisionRecall => {
  const [drawn, real] = [cloudOf('precisionRecall', samples, width), cloudOf('precisionRecall', data, width)]
  checkCount('precisionRecall', k, Math.min(drawn.count, real.count) - 1)
  return {
    precision: within(drawn, real, radiiOf(real, k)),
    recall: within(real, drawn, radiiOf(drawn, k))
  }
}

/** The mean of a kernel over all pairs of two clouds; over all pairs of different vectors of one cloud with itself. */
const meanKernel = (a: Cloud, b: Cloud): number => {
  let sum = 0
  for (let i = 0; i < a.count; i++)
    for (let j = 0; j < b.count; j++) if (a !== b || i !== j) sum += (dot(a, i, b, j) / a.width + 1) ** 3
  return sum / (a.count * (a === b ? a.count - 1 : b.count))
}

/**
 * The kernel distance of two lots of vectors (Bińkowski et al. 2018): the squared maximum mean discrepancy with the kernel
 * (x · y / width + 1)³, estimated without bias. Unlike the Fréchet distance it does not depend on how many samples there
 * are, but for its noise; where the two are alike it may be a little negative. In the features of a network it is the KID.
 * Raises where one has fewer than two vectors.
 *
 * @example
 * ```ts
 * import * as metrics from 'tessera/metrics'
 * assert.equal(metrics.kernelDistance([0, 0], [1, 1], 1), 1 + 8 - 2)
 * ```
 */
export const kernelDistance = (a: ArrayLike<number>, b: ArrayLike<number>, width: number): number => {
  const [p, q] = [cloudOf('kernelDistance', a, width), cloudOf('kernelDistance', b, width)]
  if (Math.min(p.count, q.count) < 2)
    raise('kernelDistance', `wants two vectors of each at least, not ${p.count} and ${q.count}`)
  return meanKernel(p, p) + meanKernel(q, q) - 2 * meanKernel(p, q)
}
