import type { Key } from '../core/key.ts'
import { choice, options, type OptionNames } from '../core/options.ts'
import { add, equal, mul, select, stopGradient, sub } from '../core/primitives.ts'
import { raise, showShape } from '../base/raise.ts'
import { sameShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { slice } from '../ops/movement.ts'
import { square } from '../ops/pointwise.ts'
import { mean } from '../ops/reduce.ts'
import { checkTimesteps, coefficient, noiseLike, perImage } from './coefficient.ts'
import { bitsOf, dataValues, meanOfEach, toBits, type DataValues } from './likelihood/bits.ts'
import { discretisedLogLikelihood, logDensity, normalKl } from './likelihood/normals.ts'
import type { Loss, Model } from './loss.ts'
import { noise } from './noise.ts'
import { predictionNames, predictions, type OptionsFor, type Prediction } from './prediction.ts'
import { lossesOf, table, type AnySchedule } from './schedule.ts'

/** What a model of a learned variance says, in two tensors of the shape of the pictures. */
export interface Halves {
  /** What it predicts: the noise, or what else `Prediction` names. */
  readonly output: Tensor
  /** Where the logarithm of the variance lies: -1 is the posterior's, 1 is beta's. */
  readonly place: Tensor
}

/** Splits what a model of a learned variance says, `[N, 2C, …]`, into halves `[N, C, …]`. */
export const halvesOf = (op: string, said: Tensor, x: Tensor): Halves => {
  const [n = 0, channels = 0, ...rest] = x.shape
  if (x.shape.length < 2 || !sameShape(said.shape, [n, 2 * channels, ...rest]))
    raise(op, `a model of a learned variance says two numbers for each of ${showShape(x.shape)}, along axis 1: not ${showShape(said.shape)}`) // prettier-ignore
  return { output: slice(said, [[], [0, channels]]), place: slice(said, [[], [channels]]) }
}

/** The number at a place between two: -1 is the first, 1 the second. */
export const between = (place: Tensor, low: Tensor, high: Tensor): Tensor =>
  add(low, mul(mul(add(place, 1), 0.5), sub(high, low)))

/** The logarithms of both variances of each timestep. The first, whose posterior has none, takes that of the second. */
const logVariances = ({ beta, steps }: AnySchedule): { readonly low: Tensor; readonly high: Tensor } => {
  const lost = lossesOf(beta)
  const posterior = beta.map((b, t) => (b * (lost[t - 1] ?? 0)) / lost[t]!)
  const clipped = [steps > 1 ? posterior[1]! : beta[0]!, ...posterior.slice(1)]
  return { low: table(clipped.map(Math.log)), high: table(beta.map(Math.log)) }
}

/**
 * The logarithm of a learned variance (Nichol and Dhariwal 2021, eq. 15, scaled as in their code): f log(beta_t) + (1 - f)
 * log(the posterior's variance), with f = (place + 1) / 2. `place` is `[N, …]`, `ts` is `[N]`.
 *
 * @throws TesseraError unless there is one timestep of the schedule per image
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * // the variances of the second step: beta is 0.75, the posterior's 0.75 · 0.5 / 0.875
 * const logs = t.learnedLogVariance(t.scheduleOf([0.5, 0.75]))(t.tensor([[1, -1]]), t.tensor([1]))
 * const found = (await t.reference.read(logs)).map((log) => Math.round(Math.exp(log) * 1e9) / 1e9)
 * assert.deepStrictEqual(found, Float64Array.of(0.75, 0.428571429))
 * ```
 */
export const learnedLogVariance = (schedule: AnySchedule): ((place: Tensor, ts: Tensor) => Tensor) => {
  const { low, high } = logVariances(schedule)
  return (place, ts) => {
    checkTimesteps('learnedLogVariance', schedule, place, ts)
    return between(place, coefficient(low, ts, place), coefficient(high, ts, place))
  }
}

/** The options of `hybridTerms`. */
export interface HybridTermsOptions {
  /** What the first half of the model's channels predicts; `eps` by default. */
  readonly prediction?: Prediction
  /** What the numbers of the data are; `bytes` by default. */
  readonly data?: DataValues
}

/** The options of `hybridLoss`. */
export interface HybridOptions extends HybridTermsOptions {
  /** How much the bound counts, of all timesteps together and in bits per dimension; 0.001 by default. */
  readonly lambda?: number
}

/** The options for a schedule: one that ends in noise takes no model of `eps`. */
export type HybridOptionsFor<S extends AnySchedule, O extends HybridTermsOptions = HybridOptions> = OptionsFor<S, O>

/** The two losses of each picture, `[N]`. */
export interface HybridTerms {
  /** The mean squared error of what the model predicts. */
  readonly simple: Tensor
  /** The term of the variational bound at the picture's timestep, in bits per dimension. */
  readonly bound: Tensor
}

const termNames: OptionNames<HybridTermsOptions> = { prediction: true, data: true }
const hybridNames: OptionNames<HybridOptions> = { ...termNames, lambda: true }

const checked = (op: string, { endsInNoise }: AnySchedule, given: HybridTermsOptions): Required<HybridTermsOptions> => {
  const { prediction = 'eps', data = 'bytes' } = given
  choice(op, 'prediction', prediction, predictionNames)
  choice(op, 'data', data, dataValues)
  if (endsInNoise && prediction === 'eps')
    raise(op, 'the schedule ends in pure noise, which tells no picture: train a model that predicts x0, v or flow')
  return { prediction, data }
}

/** L_t of a predicted picture and a log variance: KL(q ‖ p), and at t = 0 minus the logarithm of the likelihood. */
const boundBy = (schedule: AnySchedule, data: DataValues) => {
  const { low } = logVariances(schedule)
  const { ofClean } = schedule.tables
  return (x0: Tensor, found: Tensor, logVariance: Tensor, ts: Tensor): Tensor => {
    // both means have the multiple of x_t in common, and differ in that of x_0
    const meanBy = (x: Tensor): Tensor => mul(coefficient(ofClean, ts, x), x)
    const posterior = { mean: meanBy(x0), logVariance: coefficient(low, ts, x0) }
    const apart = mul(meanOfEach(normalKl(posterior, { mean: meanBy(found), logVariance })), toBits)
    const first = equal(ts, 0)
    // the guess of another timestep may be so far off that its gradient, times 0, is no number
    const decoder = { mean: select(perImage(first, x0), found, x0), logVariance }
    return select(first, bitsOf((data === 'bytes' ? discretisedLogLikelihood : logDensity)(x0, decoder)), apart)
  }
}

const termsBy = <P, C>(
  op: string,
  schedule: AnySchedule,
  model: Model<P, C>,
  { prediction, data }: Required<HybridTermsOptions>
) => {
  const [bound, logVariance] = [boundBy(schedule, data), learnedLogVariance(schedule)]
  const { parts, target } = predictions[prediction]
  return (params: P, x0: Tensor, ts: Tensor, eta: Tensor | Key, condition: C): HybridTerms => {
    const eps = noiseLike(op, x0, eta)
    const xt = noise(schedule)(x0, ts, eps)
    const { output, place } = halvesOf(op, model(params, xt, ts, condition), x0)
    const at = {
      signal: coefficient(schedule.tables.signal, ts, x0),
      noise: coefficient(schedule.tables.noise, ts, x0)
    }
    return {
      simple: meanOfEach(square(sub(output, target({ x0, eps }, at)))),
      bound: bound(x0, parts(stopGradient(output), xt, at).x0, logVariance(place, ts), ts)
    }
  }
}

/**
 * Both parts of the hybrid loss, picture by picture, for weights of their own, such as those of `importance`. The arguments
 * are those of `hybridLoss`.
 *
 * @throws TesseraError if the timesteps, the noise or the prediction don't fit the images
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const model: t.Model<null> = (_, x) => t.concat([t.mul(x, 0), t.mul(x, 0)], { axis: 1 })
 * const { simple, bound } = t.hybridTerms(t.linearSchedule(), model)(null, t.zeros([3, 1]), t.tensor([0, 9, 99]), t.key(0))
 * assert.deepStrictEqual([simple.shape, bound.shape], [[3], [3]])
 * ```
 */
export const hybridTerms = <P, S extends AnySchedule, C = void>(
  schedule: S,
  model: Model<P, C>,
  ...[given = {}]: HybridOptionsFor<S, HybridTermsOptions>
): ((params: P, x0: Tensor, ts: Tensor, eta: Tensor | Key, condition: C) => HybridTerms) =>
  termsBy('hybridTerms', schedule, model, checked('hybridTerms', schedule, options('hybridTerms', given, termNames)))

/**
 * The loss of a model that also learns the variance of its steps, L_simple + λ L_vlb (Nichol and Dhariwal 2021, eq. 16).
 * The model returns `[N, 2C, …]` for pictures `[N, C, …]`: what it predicts, and the places of `learnedLogVariance`. L_vlb
 * is the sum of the bound's terms in bits per dimension, estimated by those of the timesteps `ts`. Only the variance learns
 * from it: the gradient of the prediction is stopped there.
 *
 * `x0` is `[N, C, …]`. Draw `ts` with `randint(key, [N], { high: schedule.steps })`; `eta` is standard normal noise of the
 * shape of `x0`, or the key to draw it from. A model that takes a condition gets the last argument. `denoiseStep` draws with
 * the variance that was learned.
 *
 * @throws TesseraError if the timesteps, the noise or the prediction don't fit the images, or an `eps` model is trained on
 * a schedule that ends in noise
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const model: t.Model<t.Scalar> = (w, x) => t.concat([t.mul(x, w), t.mul(x, 0)], { axis: 1 })
 * const loss = t.hybridLoss(t.linearSchedule(), model)
 * const [value, gradient] = t.valueAndGrad(loss)(t.scalar(0), t.zeros([3, 2]), t.tensor([7, 7, 7]), t.key(0), undefined)
 * assert.deepStrictEqual([value.shape, gradient.shape], [[], []])
 * ```
 */
export const hybridLoss = <P, S extends AnySchedule, C = void>(
  schedule: S,
  model: Model<P, C>,
  ...[given = {}]: HybridOptionsFor<S>
): Loss<P, C> => {
  const { lambda = 0.001, ...more } = options('hybridLoss', given, hybridNames)
  if (!(lambda >= 0)) raise('hybridLoss', `lambda is not negative: ${lambda}`)
  const terms = termsBy('hybridLoss', schedule, model, checked('hybridLoss', schedule, more))
  return (params, x0, ts, eta, condition) => {
    const { simple, bound } = terms(params, x0, ts, eta, condition)
    return add(mean(simple), mul(mean(bound), lambda * schedule.steps))
  }
}
