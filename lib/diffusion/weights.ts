import { options } from '../core/options.ts'
import type { Level } from './levels.ts'
import type { Prediction } from './prediction.ts'

/**
 * How much the error of a predicted picture counts at a noise level: a function of the ratio signal² / noise². It is
 * given for the error of x_0, whatever a model predicts, so that weights of all models compare.
 */
export type LossWeight = (snr: number) => number

/** The options of `minSnr`. */
export interface MinSnrOptions {
  /** The most that a level counts; 5 by default. */
  readonly gamma?: number
}

/**
 * The weight min(snr, gamma) (Hang et al. 2023, eq. 6): as L_simple for an `eps` model, but for pictures with little noise.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual([0.5, 100].map(t.minSnr({ gamma: 5 })), [0.5, 5])
 * ```
 */
export const minSnr = (given: MinSnrOptions = {}): LossWeight => {
  const { gamma = 5 } = options('minSnr', given, { gamma: true })
  return (snr) => Math.min(snr, gamma)
}

/** The options of `p2`. */
export interface P2Options {
  /** How strongly pictures with little noise are played down; 1 by default. */
  readonly gamma?: number
  /** Keeps the weight finite; 1 by default. */
  readonly k?: number
}

/**
 * The weight snr / (k + snr)^gamma (Choi et al. 2022, eq. 8).
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.equal(t.p2()(3), 0.75)
 * ```
 */
export const p2 = (given: P2Options = {}): LossWeight => {
  const { gamma = 1, k = 1 } = options('p2', given, { gamma: true, k: true })
  return (snr) => snr / (k + snr) ** gamma
}

/** The options of `edmWeight`. */
export interface EdmOptions {
  /** The standard deviation of the data; 0.5 by default. */
  readonly sigmaData?: number
}

/**
 * The weight snr + 1 / sigmaData² (Karras et al. 2022, table 1).
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.equal(t.edmWeight()(3), 7)
 * ```
 */
export const edmWeight = (given: EdmOptions = {}): LossWeight => {
  const { sigmaData = 0.5 } = options('edmWeight', given, { sigmaData: true })
  return (snr) => snr + 1 / sigmaData ** 2
}

/**
 * The weight max(snr, 1) (Salimans and Ho 2022, section 4): no level counts less than the picture itself.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual([0.5, 100].map(t.truncatedSnr), [1, 100])
 * ```
 */
export const truncatedSnr: LossWeight = (snr) => Math.max(snr, 1)

/** The square of the error of what is predicted, over that of the picture, at a noise level. */
const relative: Readonly<Record<Prediction, (at: Level) => number>> = {
  eps: ({ signal, noise }) => (signal / noise) ** 2,
  x0: () => 1,
  v: ({ signal, noise }) => (signal ** 2 + noise ** 2) ** 2 / noise ** 2,
  flow: ({ signal, noise }) => ((signal + noise) / noise) ** 2
}

/** The factor of a model's own squared error that gives the picture's error its weight. */
export const ownWeight = (weight: LossWeight, prediction: Prediction, at: Level): number =>
  weight((at.signal / at.noise) ** 2) / relative[prediction](at)
