import { zeros } from '../../core/create.ts'
import { foldIn, split, type Key } from '../../core/key.ts'
import { choice, options, whole, type OptionNames } from '../../core/options.ts'
import { add, equal, expand, iota, less, mul, reshape, select, sub } from '../../core/primitives.ts'
import { breathe } from '../../base/breathe.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Scalar, Tensor } from '../../core/tensor.ts'
import type { Device } from '../../device/api/device.ts'
import { vjp } from '../../grad/grad.ts'
import { square } from '../../ops/pointwise.ts'
import { normal, uniform } from '../../ops/random.ts'
import { checkTimesteps, timestepFor } from '../coefficient.ts'
import type { Level } from '../levels.ts'
import type { Model } from '../loss.ts'
import { predictions, type Factors, type OptionsFor } from '../prediction.ts'
import { courseOf, partsBy, release, scalars, type SampleOptions } from '../sample.ts'
import { combine } from '../samplers/sampler.ts'
import type { AnySchedule } from '../schedule.ts'
import { dataValues, meanOfEach, toBits, type DataValues } from './bits.ts'
import { estimationNames, type Estimation } from './bound.ts'
import { halfByte } from './normals.ts'

/** How the divergence of the flow is found. */
export type Divergence = 'rademacher' | 'gaussian' | 'exact'

/** The options of `flowLikelihood`. */
export interface FlowOptions extends Pick<SampleOptions, 'steps' | 'spacing' | 'timesteps' | 'prediction'> {
  /**
   * How the divergence is found: by random probes of ± 1 (`rademacher`, the default) or of normal noise, or exactly, at the
   * price of a gradient for each number of a picture.
   */
  readonly divergence?: Divergence
  /** How many random probes each picture has; 1 by default. All are of the same bias, which is none. */
  readonly probes?: number
  /** What the numbers of the data are; `bytes` by default. */
  readonly data?: DataValues
}

/** The options for a schedule: one that ends in noise takes no model of `eps`. */
export type FlowOptionsFor<S extends AnySchedule> = OptionsFor<S, FlowOptions>

/** The likelihood after a step of the flow. */
export interface FlowStep {
  /** The timestep that the step led to. */
  readonly t: number
  /** Bits per dimension of each picture, if the pictures of this timestep were pure noise. The last are the result. */
  readonly bits: readonly number[]
}

const flowNames: OptionNames<FlowOptions> = {
  steps: true,
  spacing: true,
  timesteps: true,
  prediction: true,
  divergence: true,
  probes: true,
  data: true
}

/** How the bits are found. */
type How = Required<Pick<FlowOptions, 'divergence' | 'probes' | 'data'>>

const howOf = ({ divergence = 'rademacher', probes = 1, data = 'bytes' }: FlowOptions): How => {
  choice('flowLikelihood', 'divergence', divergence, ['rademacher', 'gaussian', 'exact'])
  choice('flowLikelihood', 'data', data, dataValues)
  whole('flowLikelihood', 'probes', probes, 1)
  return { divergence, probes, data }
}

/** Where a step goes from and to. */
interface Situation {
  readonly ts: Tensor
  readonly after: Tensor
  readonly from: Factors
  readonly to: Factors
  /** The factors of the slope where it begins: for the guess of where it ends, and for the step. */
  readonly guess: Scalar
  readonly first: Scalar
  /** The factor of the slope at the guess. */
  readonly second: Scalar
}

/** The angle of a level: x = cos · x_0 + sin · eps. Its derivative by the angle is the velocity. */
const angle = ({ signal, noise }: Level): number => Math.atan2(noise, signal)

/** The steps from pictures without noise to the noisiest level, for a number of images. */
const situations =
  (timesteps: readonly number[], levels: readonly Level[]) =>
  (i: number, images: number): Situation => {
    const turn = angle(levels[i]!) - angle(levels[i + 1]!)
    // no model has a timestep for pictures without noise. There the velocity is 0, where data have a density, for eps is
    // -noise · score: what the model says has the coefficient 0, and must only be a number
    const begins = i === timesteps.length - 1
    const before = begins ? i : i + 1
    return {
      ts: timestepFor(images, timesteps[before]!),
      after: timestepFor(images, timesteps[i]!),
      from: scalars({ ...levels[before]! }),
      to: scalars({ ...levels[i]! }),
      ...scalars({ guess: begins ? 0 : turn, first: begins ? 0 : turn / 2, second: turn / 2 })
    }
  }

/** The directions in which the divergence is looked for: it is the mean, or the sum, of e · J e. */
const directions = ({ divergence, probes }: How, x: Tensor, key: Key): readonly Tensor[] => {
  const size = sizeOf(x.shape.slice(1))
  const axis = (j: number): Tensor => expand(reshape(equal(iota([size]), j), [1, ...x.shape.slice(1)]), x.shape)
  if (divergence === 'exact') return Array.from({ length: size }, (_, j) => axis(j))
  const draw = (k: Key): Tensor =>
    divergence === 'gaussian' ? normal(k, x.shape) : select(less(uniform(k, x.shape), 0.5), -1, 1)
  return Array.from({ length: probes }, (_, k) => draw(foldIn(key, k)))
}

/** The velocity v = signal · eps - noise · x_0, and its divergence, per dimension, of each picture. */
const slopeBy = <P, C>(model: Model<P, C>, read: SampleOptions, how: How) => {
  const parts = partsBy(model, read)
  return (params: P, x: Tensor, ts: Tensor, at: Factors, key: Key, condition: C): readonly [Tensor, Tensor] => {
    const [v, pullback] = vjp((y: Tensor) => predictions.v.target(parts(params, y, ts, at, condition), at), x)
    const along = directions(how, x, key).map((e) => meanOfEach(mul(e, pullback(e))))
    const sum = along.reduce((a, b) => add(a, b))
    return [v, how.divergence === 'exact' ? sum : mul(sum, 1 / along.length)]
  }
}

/** Pictures on their way, the integral of the divergence so far, and the bits that both come to. */
interface Course {
  readonly x: Tensor
  readonly integral: Tensor
  readonly bits: Tensor
}

/** -log N(x; 0, 1) - integral, in bits per dimension; of bytes, for the probability of a bin instead of the density. */
const bitsAfter = (x: Tensor, integral: Tensor, data: DataValues): Tensor => {
  const width = data === 'bytes' ? 2 * halfByte : 1
  const noise = add(mul(meanOfEach(square(x)), 0.5), Math.log(2 * Math.PI) / 2 - Math.log(width))
  return mul(sub(noise, integral), toBits)
}

/** A step by Heun's method. */
const stepBy = <P, C>(model: Model<P, C>, read: SampleOptions, how: How) => {
  const slope = slopeBy(model, read, how)
  return (
    params: P,
    { x, integral }: Pick<Course, 'x' | 'integral'>,
    where: Situation,
    key: Key,
    condition: C
  ): Course => {
    const { ts, after, from, to, guess, first, second } = where
    const [v, divergence] = slope(params, x, ts, from, key, condition)
    const [ahead, next] = slope(params, add(x, mul(guess, v)), after, to, key, condition)
    const moved = add(x, combine([first, v], [second, ahead]))
    const grown = add(integral, combine([first, divergence], [second, next]))
    return { x: moved, integral: grown, bits: bitsAfter(moved, grown, how.data) }
  }
}

/**
 * The likelihood of pictures `[N, …]` by the probability-flow equation, in bits per dimension (Song et al. 2021, eq. 39 and
 * 40): log p(x_0) = log N(x_T; 0, 1) + ∫ ∇·v dθ along dx = v dθ. The steps go from pictures without noise to the noisiest
 * timestep by Heun's method, in the angle θ whose sine is the noise and whose velocity is v = signal · eps - noise · x_0;
 * the error is of order 2. The divergence comes from random probes e, as the mean of e · ∇(v · e) (Hutchinson 1990), which
 * is an estimate without bias. It yields after each step; the bits of the last are the result.
 *
 * Bytes get uniform noise of the width of their bins, which makes the result an upper bound of the bits on average (Theis
 * et al. 2016). It is the likelihood of what samplers without fresh noise draw, and not bound by `variationalBound`.
 *
 * @throws TesseraError if the options are wrong; at a call, if there is no axis of pictures, or the prediction doesn't fit
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * // of standard normal data this model is the best, and they take ½ log2(2 π e) bits on average
 * const model: t.Model<null> = (_, x) => t.mul(x, 0)
 * const run = t.flowLikelihood(t.reference, t.linearSchedule({ steps: 10 }), model, { prediction: 'v', data: 'real' })
 * let found: readonly number[] = []
 * for await (const { bits } of run(null, t.tensor([[1, -1]]), { key: t.key(0) })) found = bits
 * assert.ok(Math.abs(found[0]! - 0.5 * Math.log2(2 * Math.PI * Math.E)) < 1e-9)
 * ```
 */
export const flowLikelihood = <P, S extends AnySchedule, C = void>(
  device: Device,
  schedule: S,
  model: Model<P, C>,
  ...[given = {}]: FlowOptionsFor<S>
) => {
  const { divergence: _, probes: __, data: ___, ...asked } = options('flowLikelihood', given, flowNames)
  const how = howOf(given)
  const { read, timesteps, levels } = courseOf(schedule, asked)
  const step = device.compile(stepBy(model, read, how))
  const situation = situations(timesteps, levels)

  return async function* (params: P, x0: Tensor, by: Estimation<C>): AsyncGenerator<FlowStep, void, void> {
    const { key, condition } = options('flowLikelihood', by, estimationNames as OptionNames<Estimation<C>>)
    const images = x0.shape[0] ?? 0
    checkTimesteps('flowLikelihood', schedule, x0, timestepFor(images, 0))
    const [forProbes, forBins] = split(key)
    const within = uniform(forBins!, x0.shape, { low: -halfByte, high: halfByte })
    const start = { x: how.data === 'real' ? x0 : add(x0, within), integral: zeros([images]) }
    let state: Pick<Course, 'x' | 'integral'> = start
    for (const [i, t] of [...timesteps.entries()].reverse()) {
      const next = step(params, state, situation(i, images), forProbes!, condition as C)
      release(state, next, x0)
      state = next
      yield { t, bits: [...(await device.read(next.bits))] }
      await breathe()
    }
  }
}
