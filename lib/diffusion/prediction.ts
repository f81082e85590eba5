import { add, div, mul, sub } from '../core/primitives.ts'
import type { Tensor } from '../core/tensor.ts'
import { square } from '../ops/pointwise.ts'
import type { AnySchedule, NoiseSchedule } from './schedule.ts'

/** The factors in x = signal · x_0 + noise · eps, as scalars, or as one number an image that broadcasts over it. */
export interface Factors {
  /** Of the clean pictures. */
  readonly signal: Tensor
  /** Of the noise. */
  readonly noise: Tensor
}

/** Clean pictures, and the noise in the noisy ones. */
export interface Parts {
  /** The clean pictures. */
  readonly x0: Tensor
  /** The noise. */
  readonly eps: Tensor
}

/** The name of what a model predicts; see `predictions`. */
export type Prediction = 'eps' | 'x0' | 'v' | 'flow'

/** What a kind of model predicts, as conversions to the clean pictures and the noise, and back. All are exact. */
export interface Conversion {
  /** The clean pictures and the noise, from what the model says of the pictures x. */
  readonly parts: (output: Tensor, x: Tensor, at: Factors) => Parts
  /** What the model should say where these are the parts of x. */
  readonly target: (parts: Parts, at: Factors) => Tensor
  /** Whether a level without any signal has parts. */
  readonly atPureNoise: boolean
}

/** The noise in x, if these are the clean pictures. */
export const noiseGiven = (x: Tensor, x0: Tensor, { signal, noise }: Factors): Tensor =>
  div(sub(x, mul(signal, x0)), noise)

/**
 * What models predict, by name: the noise `eps` (Ho et al. 2020), the picture `x0`, the velocity `v` = signal · eps -
 * noise · x_0 (Salimans and Ho 2022, for signal² + noise² = 1), or the direction `flow` = eps - x_0 (Lipman et al. 2023).
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const at = { signal: t.scalar(0.8), noise: t.scalar(0.6) }
 * const parts = { x0: t.tensor([1]), eps: t.tensor([2]) }
 * const v = t.predictions.v.target(parts, at)
 * const x = t.tensor([0.8 * 1 + 0.6 * 2])
 * const [x0] = await t.reference.read(t.predictions.v.parts(v, x, at).x0)
 * assert.ok(Math.abs(x0! - 1) < 1e-6)
 * ```
 */
export const predictions: Readonly<Record<Prediction, Conversion>> = {
  eps: {
    parts: (eps, x, { signal, noise }) => ({ x0: div(sub(x, mul(noise, eps)), signal), eps }),
    target: ({ eps }) => eps,
    atPureNoise: false
  },
  x0: {
    parts: (x0, x, at) => ({ x0, eps: noiseGiven(x, x0, at) }),
    target: ({ x0 }) => x0,
    atPureNoise: true
  },
  v: {
    parts: (v, x, { signal, noise }) => {
      const all = add(square(signal), square(noise))
      return {
        x0: div(sub(mul(signal, x), mul(noise, v)), all),
        eps: div(add(mul(noise, x), mul(signal, v)), all)
      }
    },
    target: ({ x0, eps }, { signal, noise }) => sub(mul(signal, eps), mul(noise, x0)),
    atPureNoise: true
  },
  flow: {
    parts: (flow, x, { signal, noise }) => {
      const all = add(signal, noise)
      return { x0: div(sub(x, mul(noise, flow)), all), eps: div(add(x, mul(signal, flow)), all) }
    },
    target: ({ x0, eps }) => sub(eps, x0),
    atPureNoise: true
  }
}

/** What has to be said for a schedule that ends in noise. */
export interface FromNoise {
  /** What the model predicts: not the noise, of which the picture could not be told. */
  readonly prediction: Exclude<Prediction, 'eps'>
}

/** Options for a schedule: one that ends in noise takes no model of `eps`, and so wants to know what the model predicts. */
export type OptionsFor<S extends AnySchedule, O> = S extends NoiseSchedule
  ? readonly [given: O & FromNoise]
  : readonly [given?: O]

/** The names of what models predict. */
export const predictionNames = Object.keys(predictions) as readonly Prediction[]
