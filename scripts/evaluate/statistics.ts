import { EigenvalueDecomposition, Matrix } from 'ml-matrix'

// What numbers say about images: nothing here knows of tensors or devices, and all of it is float64.

/** Mean and covariance of a number of vectors. */
export interface Moments {
  readonly count: number
  readonly mean: readonly number[]
  readonly covariance: readonly (readonly number[])[]
}

const totalOf = (xs: Iterable<number>): number => {
  let sum = 0
  for (const x of xs) sum += x
  return sum
}

/** The moments of vectors of `width` numbers, one after the other; the covariance is divided by n - 1. */
export const momentsOf = (vectors: ArrayLike<number>, width: number): Moments => {
  const rows = new Matrix(Math.floor(vectors.length / width), width)
  for (let i = 0; i < rows.rows; i++) for (let j = 0; j < width; j++) rows.set(i, j, vectors[i * width + j]!)
  const mean = rows.mean('column')
  const centred = rows.subRowVector(mean)
  const covariance = centred
    .transpose()
    .mmul(centred)
    .div(Math.max(1, rows.rows - 1))
  return { count: rows.rows, mean, covariance: covariance.to2DArray() }
}

/** What is so much smaller than the rest changes no eigenvalue, but ml-matrix does not get by with subnormal numbers. */
const negligible = 1e-100

const eigen = (symmetric: Matrix): EigenvalueDecomposition => {
  const least = negligible * Math.max(symmetric.max(), -symmetric.min())
  const rows = symmetric.to2DArray().map((row) => row.map((x) => (Math.abs(x) > least ? x : 0)))
  return new EigenvalueDecomposition(new Matrix(rows), { assumeSymmetric: true })
}

// rounding makes eigenvalues of 0 a little negative
const root = (x: number): number => Math.sqrt(Math.max(0, x))

/** S with S S = the matrix, both symmetric and without negative eigenvalues. */
const rootOf = (symmetric: Matrix): Matrix => {
  const { eigenvectorMatrix: v, realEigenvalues: values } = eigen(symmetric)
  return v.mmul(Matrix.diag(values.map(root))).mmul(v.transpose())
}

/**
 * The Fréchet distance of two normal distributions, squared: |m₁ - m₂|² + tr(C₁ + C₂ - 2 (C₁ C₂)^½) (Dowson and Landau
 * 1982; of images in the features of a network, Heusel et al. 2017). C₁ C₂ has the eigenvalues of the symmetric
 * C₁^½ C₂ C₁^½.
 */
export const frechet = (a: Moments, b: Moments): number => {
  const [p, q] = [new Matrix(a.covariance.map((row) => [...row])), new Matrix(b.covariance.map((row) => [...row]))]
  const half = rootOf(p)
  const between = totalOf(a.mean.map((m, i) => (m - b.mean[i]!) ** 2))
  const common = totalOf(eigen(half.mmul(q).mmul(half)).realEigenvalues.map(root))
  return Math.max(0, between + p.trace() + q.trace() - 2 * common)
}

/** How many of each class there are, as parts of all. */
export const sharesOf = (classes: ArrayLike<number>, count: number): readonly number[] => {
  const shares = new Array<number>(count).fill(0)
  for (const which of Array.from(classes)) shares[which]! += 1 / classes.length
  return shares
}

/** Half of what two histograms differ by: 0 for the same, 1 for those that have nothing in common. */
export const totalVariation = (p: readonly number[], q: readonly number[]): number =>
  totalOf(p.map((x, i) => Math.abs(x - q[i]!))) / 2

/** A mean, and its standard error. */
export interface Estimate {
  readonly mean: number
  readonly error: number
}

/** The mean of independent numbers; of a single one the error is not known. */
export const estimate = (xs: ArrayLike<number>): Estimate => {
  const numbers = Array.from(xs)
  const mean = totalOf(numbers) / numbers.length
  const squares = totalOf(numbers.map((x) => (x - mean) ** 2))
  return { mean, error: Math.sqrt(squares / (numbers.length - 1) / numbers.length) }
}
