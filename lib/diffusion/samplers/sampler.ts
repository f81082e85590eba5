import type { Scalar, Tensor } from '../../core/tensor.ts'
import { add, mul } from '../../core/primitives.ts'
import { raise } from '../../base/raise.ts'
import type { Level } from '../levels.ts'
import type { Parts } from '../prediction.ts'

/** A step of a sampling: from levels[i] to levels[i + 1], which is less noisy. The last level has no noise. */
export interface StepPlace {
  /** The number of the step, counted from 0. */
  readonly i: number
  /** The noise levels that the sampling goes through. */
  readonly levels: readonly Level[]
}

/** What a step of a sampler computes with. */
export interface StepInput<C extends string, M> extends Parts {
  /** The pictures at the noise level of the step. */
  readonly x: Tensor
  /** What the step before left. */
  readonly memory: M
  /** The coefficients of this step, by name. */
  readonly c: Readonly<Record<C, Scalar>>
  /**
   * Standard normal noise like x, the same whenever it is asked for within a step. A sampler that needs several numbers
   * the streams, and a combinator around a sampler takes one that the sampler does not: 0 by default.
   */
  readonly noise: (stream?: number) => Tensor
  /** The parts of other pictures, at the noise level of the step: one more evaluation of the model. */
  readonly here: (x: Tensor) => Parts
  /** The parts of other pictures, at the noise level that the step leads to. */
  readonly again: (x: Tensor) => Parts
}

/** What a step of a sampler comes to. */
export interface StepOutput<M> {
  /** The pictures at the next noise level. */
  readonly x: Tensor
  /** What the next step shall know. */
  readonly memory: M
}

/**
 * A way to draw samples: a step from one noise level to the next, for whatever predicts the parts of noisy pictures.
 *
 * Everything that depends on the noise levels is in `coefficients`, which computes on numbers in float64. `step` is a
 * pure function of tensors, compiled once: its first, last and other steps are the same program with other coefficients.
 */
export interface Sampler<C extends string = string, M = unknown> {
  /** For messages and file names. */
  readonly name: string
  /** The coefficients of a step. All steps have the same names; those of a term that a step leaves out are 0. */
  coefficients(place: StepPlace): Readonly<Record<C, number>>
  /** The memory before the first step, as a tree of tensors. */
  init(x: Tensor): M
  /** The pictures at the next noise level, and what the next step shall know. */
  step(input: StepInput<C, M>): StepOutput<M>
}

/** A sampler of any coefficients and memory. It is safe as long as it gets back what it made itself. */
export type AnySampler = Sampler

/** The level of a step, the next one, and the steps before it. */
export const at = ({ levels }: Pick<StepPlace, 'levels'>, i: number): Level =>
  levels[i] ?? raise('sampler', `there is no level ${i} among ${levels.length}`)

/** noise / signal: infinite where there is no signal. */
export const sigma = ({ signal, noise }: Level): number => noise / signal

/** σ' / σ from one level to the next: 0 if the one has no signal, or the other no noise. */
export const ratio = (from: Level, to: Level): number => (to.noise * from.signal) / (from.noise * to.signal)

/**
 * The length of a step in log(signal / noise): infinite where it starts or ends without one of the two, and where there is
 * no such step.
 */
export const length = (place: Pick<StepPlace, 'levels'>, i: number): number =>
  i < 0 ? Infinity : -Math.log(ratio(at(place, i), at(place, i + 1)))

/** Whether the step leads to pictures without noise. */
export const isLast = ({ i, levels }: StepPlace): boolean => at({ levels }, i + 1).noise === 0

/** Raises for a level without signal, which a sampler that counts in σ = noise / signal can't leave. */
export const wantSignal = (name: string, level: Level): Level =>
  level.signal > 0
    ? level
    : raise(name, 'starts at a level without signal, where sigma is infinite: take ddim, ddpm or a dpmpp sampler')

/** Σ c_k · x_k. */
export const combine = (...terms: readonly (readonly [c: Scalar, x: Tensor])[]): Tensor =>
  terms.map(([c, x]) => mul(c, x)).reduce((sum, term) => add(sum, term))
