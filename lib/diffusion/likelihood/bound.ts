import { foldIn, type Key } from '../../core/key.ts'
import { choice, options, type OptionNames } from '../../core/options.ts'
import { add, mul, sub } from '../../core/primitives.ts'
import { breathe } from '../../base/breathe.ts'
import type { Scalar, Tensor } from '../../core/tensor.ts'
import type { Device } from '../../device/api/device.ts'
import { square } from '../../ops/pointwise.ts'
import { normal } from '../../ops/random.ts'
import { checkTimesteps, timestepFor } from '../coefficient.ts'
import type { Level } from '../levels.ts'
import type { Model } from '../loss.ts'
import type { Factors, OptionsFor } from '../prediction.ts'
import { courseOf, partsBy, sampleNames, scalars, type SampleOptions } from '../sample.ts'
import { ddpm } from '../samplers/ddpm.ts'
import { isLast } from '../samplers/sampler.ts'
import type { AnySchedule } from '../schedule.ts'
import { bitsOf, dataValues, meanOfEach, toBits, type DataValues } from './bits.ts'
import { discretisedLogLikelihood } from './normals.ts'

/** The options of `variationalBound`: those of `sample`, of the sampler `ddpm`, and the kind of data. */
export interface BoundOptions extends SampleOptions {
  /**
   * The variance of the steps, as of `ddpm`; `beta` by default. With `posterior` the last step, whose posterior has none,
   * takes that of the step before, as Ho et al.'s code does.
   */
  readonly variance?: 'beta' | 'posterior'
  /** What the numbers of the data are; `bytes` by default. */
  readonly data?: DataValues
}

/** The options for a schedule: one that ends in noise takes no model of `eps`. */
export type BoundOptionsFor<S extends AnySchedule> = OptionsFor<S, BoundOptions>

/** What a likelihood is estimated with. */
export interface Estimation<C = void> {
  /** The key of all that is random. */
  readonly key: Key
  /** What the model is told beside the timesteps. */
  readonly condition?: C
}

/** The names of what a likelihood is estimated with. */
export const estimationNames: OptionNames<Estimation> = { key: true, condition: true }

/** A term of the bound. */
export interface BoundTerm {
  /** The timestep of the term; for the first term, L_T, the length T of the schedule. */
  readonly t: number
  /** The term of each image, in bits per dimension. */
  readonly bits: readonly number[]
  /** The sum of the terms so far. After the last it is the bound. */
  readonly bound: readonly number[]
}

type Variance = Required<BoundOptions>['variance']

const boundNames: OptionNames<BoundOptions> = { ...sampleNames, variance: true, data: true }

/** Where a term is: timesteps, one an image, their level, and the key of its noise. */
interface Situation {
  readonly ts: Tensor
  readonly at: Factors
  readonly key: Key
}

/** A term is base + factor · (the mean square by which two pictures differ), in bits per dimension. */
interface Line {
  readonly base: number
  readonly factor: number
}

/** KL(N(a, from) ‖ N(b, to)) of two variances, as a line in (a - b)². */
const klLine = (from: number, to: number): Line => ({
  base: (toBits / 2) * (Math.log(to / from) + from / to - 1),
  factor: toBits / (2 * to)
})

/** KL(q(x_T | x_0) ‖ N(0, 1)), in x_0². For noise² = 1 - signal². */
const priorLine = ({ signal }: Level): Line => ({
  base: (-toBits / 2) * (signal ** 2 + Math.log1p(-(signal ** 2))),
  factor: (toBits / 2) * signal ** 2
})

/** -log N(x_0; found, variance), in (x_0 - found)². */
const densityLine = (variance: number): Line => ({
  base: (toBits / 2) * Math.log(2 * Math.PI * variance),
  factor: toBits / (2 * variance)
})

/** The variance of step i of a sampling by `ddpm`; of the last step, that of the decoder. */
const varianceOf = (variance: Variance, i: number, levels: readonly Level[]): number => {
  if (!isLast({ i, levels })) return ddpm({ variance }).coefficients({ i, levels })['noise']! ** 2
  return variance === 'beta' || i === 0 ? levels[i]!.noise ** 2 : varianceOf(variance, i - 1, levels)
}

/** KL(q(x' | x, x_0) ‖ p(x' | x)) of step i, in (x_0 - found)²: the means differ by a multiple of it. */
const stepLine = (variance: Variance, i: number, levels: readonly Level[]): Line => {
  const own = varianceOf(variance, i, levels)
  if (isLast({ i, levels })) return densityLine(own)
  const { base, factor } = klLine(varianceOf('posterior', i, levels), own)
  return { base, factor: factor * ddpm().coefficients({ i, levels })['x0']! ** 2 }
}

type LineScalars = Readonly<Record<keyof Line, Scalar>>

const onLine = (off: Tensor, { base, factor }: LineScalars): Tensor => add(base, mul(factor, meanOfEach(square(off))))

/** The terms as functions of tensors, so that those of all timesteps are one program. */
const termsBy = <P, C>(model: Model<P, C>, read: SampleOptions) => {
  const parts = partsBy(model, read)
  /** The clean pictures that the model sees in those with noise. */
  const seen = (params: P, x0: Tensor, { ts, at, key }: Situation, condition: C): Tensor =>
    parts(params, add(mul(at.signal, x0), mul(at.noise, normal(key, x0.shape))), ts, at, condition).x0
  return {
    step: (params: P, x0: Tensor, where: Situation, condition: C, line: LineScalars): Tensor =>
      onLine(sub(x0, seen(params, x0, where, condition)), line),
    bytes: (params: P, x0: Tensor, where: Situation, condition: C, logVariance: Tensor): Tensor =>
      bitsOf(discretisedLogLikelihood(x0, { mean: seen(params, x0, where, condition), logVariance }))
  }
}

/**
 * The variational bound of the pictures that `sample` draws with `ddpm` (Ho et al. 2020, eq. 5): how many bits per
 * dimension it takes to store pictures with the model, at most, for each of the pictures `[N, …]`. It yields the terms
 * from the noisiest down, and their sum so far. In the paper's words, where timesteps count from 1, they are
 *
 * - L_T = KL(q(x_T | x_0) ‖ N(0, 1)), which no model changes
 * - L_t = KL(q(x_{t-1} | x_t, x_0) ‖ p(x_{t-1} | x_t)) of all timesteps but the first, with x_t drawn from the key
 * - L_0 = -log p(x_0 | x_1): of bytes the logarithm of `discretisedLogLikelihood`, of real numbers that of the density
 *
 * The terms are estimates without bias by one draw of noise each. With fewer `steps` than the schedule has, it is the bound
 * of that sampling. The model is evaluated once a step, and no more is kept of it than the numbers that are yielded.
 *
 * @throws TesseraError if the options are wrong; at a call, if there is no axis of pictures, or the prediction doesn't fit
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const silent: t.Model<null> = (_, x) => t.mul(x, 0)
 * const run = t.variationalBound(t.reference, t.linearSchedule({ steps: 10 }), silent)
 * const seen: number[] = []
 * let found: readonly number[] = []
 * for await (const { t: at, bound } of run(null, t.zeros([2, 4]), { key: t.key(0) })) {
 *   seen.push(at)
 *   found = bound
 * }
 * assert.deepStrictEqual(seen, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
 * assert.equal(found.length, 2)
 * ```
 */
export const variationalBound = <P, S extends AnySchedule, C = void>(
  device: Device,
  schedule: S,
  model: Model<P, C>,
  ...[given = {}]: BoundOptionsFor<S>
) => {
  const { variance = 'beta', data = 'bytes', ...asked } = options('variationalBound', given, boundNames)
  choice('variationalBound', 'variance', variance, ['beta', 'posterior'])
  choice('variationalBound', 'data', data, dataValues)
  const { read, timesteps, levels } = courseOf(schedule, asked)
  const terms = termsBy(model, read)
  const [prior, step, bytes] = [device.compile(onLine), device.compile(terms.step), device.compile(terms.bytes)]

  return async function* (params: P, x0: Tensor, by: Estimation<C>): AsyncGenerator<BoundTerm, void, void> {
    const { key, condition } = options('variationalBound', by, estimationNames as OptionNames<Estimation<C>>)
    checkTimesteps('variationalBound', schedule, x0, timestepFor(x0.shape[0] ?? 0, 0))
    const termAt = (i: number): Tensor => {
      const [t, at] = [timesteps[i]!, scalars({ ...levels[i]! })]
      const where = { ts: timestepFor(x0.shape[0]!, t), at, key: foldIn(key, t) }
      return data === 'bytes' && isLast({ i, levels })
        ? bytes(params, x0, where, condition as C, scalars({ own: Math.log(varianceOf(variance, i, levels)) }).own)
        : step(params, x0, where, condition as C, scalars({ ...stepLine(variance, i, levels) }))
    }
    let bound: readonly number[] = Array.from({ length: x0.shape[0]! }, () => 0)
    for (const [i, t] of [schedule.steps, ...timesteps].entries()) {
      const term = i === 0 ? prior(x0, scalars({ ...priorLine(levels[0]!) })) : termAt(i - 1)
      const bits = [...(await device.read(term))]
      term[Symbol.dispose]()
      bound = bound.map((sum, n) => sum + bits[n]!)
      yield { t, bits, bound }
      await breathe()
    }
  }
}
