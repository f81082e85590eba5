import { raise } from '../base/raise.ts'

/**
 * The histogram of classes 0 … count-1, as parts of all: entry k is how often k occurs, divided by how many there are.
 * Raises where a class is outside the range, or where there is none.
 *
 * @example
 * ```ts
 * import * as metrics from 'tessera/metrics'
 * assert.deepStrictEqual(metrics.sharesOf([0, 2, 2, 2], 3), [0.25, 0, 0.75])
 * ```
 */
export const sharesOf = (classes: ArrayLike<number>, count: number): readonly number[] => {
  if (classes.length === 0) raise('sharesOf', 'wants one class at least: of nothing there are no shares')
  const shares = new Array<number>(count).fill(0)
  for (const which of Array.from(classes)) {
    if (!(Number.isInteger(which) && which >= 0 && which < count))
      raise('sharesOf', `a class is a whole number from 0 to ${count - 1}, not ${which}`)
    shares[which]! += 1 / classes.length
  }
  return shares
}

/**
 * The total variation distance of two histograms, Σ |p - q| / 2: the largest difference that the probability of any
 * event can have (Levin, Peres and Wilmer 2009, proposition 4.2). From 0, equal, to 1, nothing in common. Raises where
 * they have different lengths.
 *
 * @example
 * ```ts
 * import * as metrics from 'tessera/metrics'
 * assert.equal(metrics.totalVariation([0.5, 0.5], [1, 0]), 0.5)
 * ```
 */
export const totalVariation = (p: readonly number[], q: readonly number[]): number => {
  if (p.length !== q.length) raise('totalVariation', `wants histograms of one length, not ${p.length} and ${q.length}`)
  return p.reduce((sum, x, i) => sum + Math.abs(x - q[i]!), 0) / 2
}

/** A mean, and its standard error. */
export interface Estimate {
  /** The mean. */
  readonly mean: number
  /** Its standard error. */
  readonly error: number
}

/**
 * The mean of independent measurements and its standard error, √(Σ (x - mean)² / (n - 1) / n), both in the unit of the
 * measurements. The error of a single one is NaN. Raises where there is none.
 *
 * @example
 * ```ts
 * import * as metrics from 'tessera/metrics'
 * assert.deepStrictEqual(metrics.estimate([1, 5]), { mean: 3, error: 2 })
 * ```
 */
export const estimate = (xs: ArrayLike<number>): Estimate => {
  const numbers = Array.from(xs)
  if (numbers.length === 0) raise('estimate', 'wants one number at least')
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length
  const squares = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0)
  return { mean, error: Math.sqrt(squares / (numbers.length - 1) / numbers.length) }
}
