import { held } from '../core/create.ts'
import { foldIn, type Key } from '../core/key.ts'
import { choice, options, type OptionNames } from '../core/options.ts'
import { breathe } from '../base/breathe.ts'
import { raise } from '../base/raise.ts'
import type { Shape } from '../core/shape.ts'
import type { Scalar, Tensor } from '../core/tensor.ts'
import { tensorsOf } from '../core/tree.ts'
import type { Device } from '../device/api/device.ts'
import { normal } from '../ops/random.ts'
import { checkClip, clippedPictures, type SampleClip } from './clip.ts'
import { checkTimesteps, noiseLike, timestepFor } from './coefficient.ts'
import { levelsOf, type Level } from './levels.ts'
import { predicted, type Model } from './loss.ts'
import {
  noiseGiven,
  predictionNames,
  predictions,
  type Factors,
  type OptionsFor,
  type Parts,
  type Prediction
} from './prediction.ts'
import { isLast, type Sampler } from './samplers/sampler.ts'
import type { AnySchedule } from './schedule.ts'
import { timestepsOf, type Spacing } from './spacing.ts'

/** Which steps a sampling takes, and how it reads the model. */
export interface SampleOptions {
  /** How many steps; all of the schedule's by default. */
  readonly steps?: number
  /** How they are spread over the schedule; `trailing` by default. */
  readonly spacing?: Spacing
  /** The timesteps themselves, from the noisiest down, instead of `steps` and `spacing`. */
  readonly timesteps?: readonly number[]
  /** What the model predicts; `eps` by default. */
  readonly prediction?: Prediction
  /**
   * Keeps the predicted picture within its range before a step uses it: clips it to ± this number, or each picture in a way
   * of its own; off by default.
   */
  readonly clip?: SampleClip | undefined
  /** What the noise is after the picture was clipped: that which leads to it (`derived`, the default), or the model's. */
  readonly clippedNoise?: 'derived' | 'predicted'
}

/** The options for a schedule: one that ends in noise takes no model of `eps`. */
export type SampleOptionsFor<S extends AnySchedule> = OptionsFor<S, SampleOptions>

/** What to sample. */
export interface Sampling<C = void> {
  /** The key of all noise: that of the start, and that of each step. */
  readonly key: Key
  /** The number of images; 1 by default. */
  readonly count?: number
  /** The shape of one image; `[1, 28, 28]` by default. */
  readonly shape?: Shape
  /** The noisy images `[count, …]` to start from; noise from the key by default. */
  readonly start?: Tensor
  /** The noise of the step at timestep t; drawn from the key by default. */
  readonly noiseAt?: (t: number) => Tensor
  /** What the model is told beside the timesteps. */
  readonly condition?: C
  /** Whether the images of all steps stay readable, and not only the last ones; false by default. */
  readonly keep?: boolean
}

/** The images after one step. Those after the last are the result. */
export interface Sampled {
  /** The timestep of the step. */
  readonly t: number
  /** The images, `[count, …]`. */
  readonly x: Tensor
  /** The clean images that the model predicted in the step, clipped if that was asked for. */
  readonly x0: Tensor
}

/** The names of the options that say which steps are taken, and how the model is read. */
export const sampleNames: OptionNames<SampleOptions> = {
  steps: true,
  spacing: true,
  timesteps: true,
  prediction: true,
  clip: true,
  clippedNoise: true
}

const samplingNames: OptionNames<Sampling> = {
  key: true,
  count: true,
  shape: true,
  start: true,
  noiseAt: true,
  condition: true,
  keep: true
}

const startOf = (sampling: Omit<Sampling, 'condition'>, steps: number): Tensor => {
  const { key, count = 1, shape = [1, 28, 28], start } = sampling
  if (!Number.isSafeInteger(count) || count < 1) raise('sample', `count is a whole number above 0, not ${count}`)
  return start ?? normal(foldIn(key, steps), [count, ...shape])
}

/** The timesteps of a sampling, the noisiest first. */
const chosen = (schedule: AnySchedule, { steps, spacing, timesteps }: SampleOptions): readonly number[] => {
  if (timesteps === undefined) return timestepsOf(schedule, steps ?? schedule.steps, spacing)
  if (steps !== undefined || spacing !== undefined)
    raise('sample', 'timesteps say which steps to take: steps and spacing do not go with them')
  const [first] = timesteps
  if (first === undefined) raise('sample', 'timesteps name at least one step')
  const up = timesteps.findIndex((t, i) => i > 0 && !(t < timesteps[i - 1]!))
  return up === -1 ? timesteps : raise('sample', `timesteps fall, but ${timesteps[up]} follows ${timesteps[up - 1]}`)
}

/** Raises for options that no sampling takes. */
const checkOptions = ({ prediction = 'eps', clip, clippedNoise = 'derived' }: SampleOptions): void => {
  choice('sample', 'prediction', prediction, predictionNames)
  choice('sample', 'clippedNoise', clippedNoise, ['derived', 'predicted'])
  if (clip !== undefined) checkClip(clip)
}

/** Raises if the model can't say what the pictures of the noisiest level are. */
const checkLevels = (prediction: Prediction, [first]: readonly Level[]): void => {
  if (first!.signal === 0 && !predictions[prediction].atPureNoise)
    raise('sample', `the first timestep has no signal, and from pure noise ${prediction} tells no picture: train a model that predicts x0, v or flow`) // prettier-ignore
}

/** The course of a sampling: its options, checked, its timesteps, and their levels. */
export const courseOf = (schedule: AnySchedule, given: SampleOptions) => {
  const read = options('sample', given, sampleNames)
  checkOptions(read)
  const timesteps = chosen(schedule, read)
  const levels = levelsOf(schedule, timesteps)
  checkLevels(read.prediction ?? 'eps', levels)
  return { read, timesteps, levels }
}

/** Where a step is, as tensors: so all steps are one program. */
interface Situation {
  /** Timesteps of the step, and of the one after it, one an image. */
  readonly ts: Tensor
  readonly after: Tensor
  readonly from: Factors
  readonly to: Factors
  readonly c: Readonly<Record<string, Scalar>>
}

/** A number as a scalar that the reference reads in float64. */
const exact = (x: number): Scalar => held({ read: () => Float64Array.of(x), dispose: () => undefined }, []) as Scalar

/** Numbers as scalars. */
export const scalars = <K extends string>(numbers: Readonly<Record<K, number>>): Readonly<Record<K, Scalar>> =>
  Object.fromEntries(Object.entries<number>(numbers).map(([name, x]) => [name, exact(x)])) as Record<K, Scalar>

/** The situations of all steps, for a number of images. */
const situations =
  (timesteps: readonly number[], levels: readonly Level[], coefficients: readonly Readonly<Record<string, number>>[]) =>
  (i: number, images: number): Situation => {
    // the last step leads to pictures without noise, for which a model has no timestep: what it says of them has the
    // coefficient 0, and so must only be a number
    const next = isLast({ i, levels }) ? i : i + 1
    const [from, to] = [scalars({ ...levels[i]! }), scalars({ ...levels[next]! })]
    return {
      ts: timestepFor(images, timesteps[i]!),
      after: timestepFor(images, timesteps[next]!),
      from,
      to,
      c: scalars(coefficients[i]!)
    }
  }

/** The parts of noisy pictures by a model. */
export const partsBy =
  <P, C>(model: Model<P, C>, { prediction = 'eps', clip, clippedNoise = 'derived' }: SampleOptions) =>
  (params: P, x: Tensor, ts: Tensor, at: Factors, condition: C): Parts => {
    const output = predicted('sample', model, params, x, ts, condition)
    const free = predictions[prediction].parts(output, x, at)
    if (clip === undefined) return free
    const x0 = clippedPictures(free, x, at, clip)
    return { x0, eps: clippedNoise === 'derived' ? noiseGiven(x, x0, at) : free.eps }
  }

/** The noise of a step, or the key to draw it from; and the key of all other noise. */
interface StepNoise {
  readonly z: Tensor | Key
  readonly key: Key
}

/** A step of a sampler with a model, as one function of tensors. */
const stepOf =
  <K extends string, M, P, C>(sampler: Sampler<K, M>, model: Model<P, C>, given: SampleOptions) =>
  (params: P, x: Tensor, memory: M, { ts, after, from, to, c }: Situation, { z, key }: StepNoise, condition: C) => {
    const parts = partsBy(model, given)
    const { x0, eps } = parts(params, x, ts, from, condition)
    const noise = (stream = 0): Tensor =>
      stream === 0 ? noiseLike('sample', x, z) : normal(foldIn(key, stream), x.shape)
    const here = (y: Tensor): Parts => parts(params, y, ts, from, condition)
    const again = (y: Tensor): Parts => parts(params, y, after, to, condition)
    return { x0, ...sampler.step({ x, x0, eps, memory, c, noise, here, again }) }
  }

/**
 * Sampling as a generator that yields the images after every step, from the noisiest timestep down to the last. The
 * caller may draw them, show progress, or stop. The step is compiled once for each number of images. With `ddpm()` and
 * all steps it is algorithm 2 of Ho et al. 2020.
 *
 * The images of a step are valid until the next ones are asked for. Then their memory is reused, and reading them
 * raises. The last ones stay, and so do all of them with `keep: true`.
 *
 * Sampling may start anywhere: `timesteps` that begin in the middle of the schedule, with `start` at that noise level.
 *
 * @throws TesseraError if the options are wrong, if the model's prediction does not have the shape of the images, or if
 * the sampler can't start at the noise level of the first timestep
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const silent: t.Model<null> = (_, x) => t.mul(x, 0)
 * const run = t.sample(t.reference, t.ddim(), t.linearSchedule({ steps: 9 }), silent, { steps: 3 })
 * const seen: number[] = []
 * for await (const { t: at, x, x0 } of run(null, { key: t.key(0), count: 2, shape: [4] })) {
 *   seen.push(at)
 *   assert.deepStrictEqual([x.shape, x0.shape], [[2, 4], [2, 4]])
 * }
 * assert.deepStrictEqual(seen, [8, 5, 2])
 * ```
 */
export const sample = <K extends string, M, P, S extends AnySchedule, C = void>(
  device: Device,
  sampler: Sampler<K, M>,
  schedule: S,
  model: Model<P, C>,
  ...[given = {}]: SampleOptionsFor<S>
) => {
  const { read, timesteps, levels } = courseOf(schedule, given)
  const situation = situations(
    timesteps,
    levels,
    timesteps.map((_, i) => sampler.coefficients({ i, levels }))
  )
  const step = device.compile(stepOf(sampler, model, read))

  return async function* (params: P, sampling: Sampling<C>): AsyncGenerator<Sampled, void, void> {
    const { condition, ...where } = options('sample', sampling, samplingNames as OptionNames<Sampling<C>>)
    const { key, noiseAt, keep = false } = where
    const start = startOf(where, schedule.steps)
    checkTimesteps('sample', schedule, start, timestepFor(start.shape[0] ?? 0, 0))
    let state: { readonly x: Tensor; readonly memory: M; readonly x0?: Tensor } = {
      x: start,
      memory: sampler.init(start)
    }
    for (const [i, t] of timesteps.entries()) {
      const { x, memory } = state
      const own = foldIn(key, t)
      const noise = { z: noiseAt ? noiseAt(t) : own, key: own }
      const next = step(params, x, memory, situation(i, start.shape[0]!), noise, condition as C)
      if (!keep) release(state, next, start)
      state = next
      yield { t, x: next.x, x0: next.x0 }
      await breathe()
    }
  }
}

/** Frees what a step made and the next one has no use for. */
export const release = (old: object, next: object, start: Tensor): void => {
  const used = new Set([start, ...tensorsOf(next)])
  for (const x of new Set(tensorsOf(old))) if (!used.has(x)) x[Symbol.dispose]()
}
