import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { raise } from '../base/raise.ts'

/** Mean and covariance of a number of vectors. */
export interface Moments {
  /** How many vectors. */
  readonly count: number
  /** [width] */
  readonly mean: readonly number[]
  /** [width, width] */
  readonly covariance: readonly (readonly number[])[]
}

/**
 * The moments of vectors of `width` numbers that lie one after the other, such as features [N, width]: the mean
 * m = Σ x / N and the covariance Σ (x - m)(x - m)ᵀ / (N - 1), in float64. A single vector has the covariance 0. Raises
 * unless the numbers are one or more whole vectors.
 *
 * @example
 * ```ts
 * import * as metrics from 'tessera/metrics'
 * const { mean, covariance } = metrics.momentsOf([1, 10, 3, 20, 5, 60], 2)
 * assert.deepStrictEqual(mean, [3, 30])
 * assert.deepStrictEqual(covariance, [[4, 50], [50, 700]])
 * ```
 */
export const momentsOf = (vectors: ArrayLike<number>, width: number): Moments => {
  const count = vectors.length / width
  if (!(Number.isSafeInteger(count) && count > 0 && Number.isSafeInteger(width)))
    raise('momentsOf', `wants vectors of ${width} numbers, one at least: ${vectors.length} numbers are none`)
  const rows = new Matrix(count, width)
  for (let i = 0; i < count; i++) for (let j = 0; j < width; j++) rows.set(i, j, vectors[i * width + j]!)
  const mean = rows.mean('column')
  const centred = rows.subRowVector(mean)
  const covariance = centred
    .transpose()
    .mmul(centred)
    .div(Math.max(1, count - 1))
  return { count, mean, covariance: covariance.to2DArray() }
}

/** Entries this much smaller than the largest change no eigenvalue, and ml-matrix fails on subnormal numbers. */
const negligible = 1e-100

const eigen = (symmetric: Matrix): EigenvalueDecomposition => {
  const least = negligible * Math.max(symmetric.max(), -symmetric.min())
  const rows = symmetric.to2DArray().map((row) => row.map((x) => (Math.abs(x) > least ? x : 0)))
  return new EigenvalueDecomposition(new Matrix(rows), { assumeSymmetric: true })
}

// rounding makes eigenvalues of 0 a little negative
const root = (x: number): number => Math.sqrt(Math.max(0, x))

/** S with S S = the matrix; both are symmetric and have no negative eigenvalue. */
const rootOf = (symmetric: Matrix): Matrix => {
  const { eigenvectorMatrix: v, realEigenvalues: values } = eigen(symmetric)
  return v.mmul(Matrix.diag(values.map(root))).mmul(v.transpose())
}

const total = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0)

const matrixOf = ({ mean, covariance }: Moments): Matrix => {
  if (covariance.length !== mean.length || covariance.some((row) => row.length !== mean.length))
    raise('frechet', `wants a covariance [${mean.length},${mean.length}] for a mean of ${mean.length} numbers`)
  return new Matrix(covariance.map((row) => [...row]))
}

/**
 * The squared Fréchet distance of two normal distributions with these moments,
 * |m₁ - m₂|² + tr(C₁ + C₂ - 2 (C₁ C₂)^½) (Dowson and Landau 1982). Of images in the features of a network it is the FID
 * (Heusel et al. 2017, eq. 6). The unit is that of the vectors, squared; 0 means equal moments. Raises where the two
 * have vectors of different widths.
 *
 * (C₁ C₂)^½ is never formed: C₁ C₂ has the eigenvalues of the symmetric C₁^½ C₂ C₁^½.
 *
 * @example
 * ```ts
 * import * as metrics from 'tessera/metrics'
 * const p = { count: 9, mean: [0, 0], covariance: [[1, 0], [0, 4]] }
 * const q = { count: 9, mean: [3, 0], covariance: [[4, 0], [0, 4]] }
 * // 3² + (1 - 2)² + (2 - 2)²
 * assert.ok(Math.abs(metrics.frechet(p, q) - 10) < 1e-9)
 * ```
 */
export const frechet = (a: Moments, b: Moments): number => {
  if (a.mean.length !== b.mean.length)
    raise('frechet', `wants moments of vectors of one width, not ${a.mean.length} and ${b.mean.length}`)
  const [p, q] = [matrixOf(a), matrixOf(b)]
  const half = rootOf(p)
  const between = total(a.mean.map((m, i) => (m - b.mean[i]!) ** 2))
  const common = total(eigen(half.mmul(q).mmul(half)).realEigenvalues.map(root))
  return Math.max(0, between + p.trace() + q.trace() - 2 * common)
}
