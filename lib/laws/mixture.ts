import { tensor } from '../core/create.ts'
import { options, type OptionNames } from '../core/options.ts'
import { add, div, exp, log, mul, reshape, sub, take } from '../core/primitives.ts'
import { raise } from '../base/raise.ts'
import { sameShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Model } from '../diffusion/loss.ts'
import { noiseGiven, predictions, type Factors, type Prediction } from '../diffusion/prediction.ts'
import type { AnySchedule } from '../diffusion/schedule.ts'
import { square } from '../ops/pointwise.ts'
import { max, softmax, sum } from '../ops/reduce.ts'

/** The parts of `mixture`: K normal laws in D dimensions, each with independent coordinates. */
export interface MixtureOptions {
  /** K lists of D numbers. */
  readonly means: readonly (readonly number[])[]
  /** The variance of each coordinate, 0 or more; K lists of D numbers. */
  readonly variances: readonly (readonly number[])[]
  /** How likely each part is; equally by default. They need not sum to 1. */
  readonly weights?: readonly number[]
}

/** A law of data for which all that a model approximates is known exactly. Pictures are rows of D numbers: `[N, D]`. */
export interface Law {
  /** E[x_0 | x]: what the best model says of noisy pictures. */
  readonly denoise: (x: Tensor, at: Factors) => Tensor
  /** The logarithm of the density of noisy pictures, `[N]`. */
  readonly logDensity: (x: Tensor, at: Factors) => Tensor
  /** Its gradient: (signal · E[x_0 | x] - x) / noise² (Robbins 1956, known as Tweedie's formula). */
  readonly score: (x: Tensor, at: Factors) => Tensor
}

const optionNames: OptionNames<MixtureOptions> = { means: true, variances: true, weights: true }

const checked = (given: MixtureOptions): Required<MixtureOptions> => {
  const { means, variances, weights: some } = options('mixture', given, optionNames)
  const weights = some ?? means.map(() => 1)
  const d = means[0]?.length ?? 0
  if (d === 0 || [...means, ...variances].some((row) => row.length !== d) || variances.length !== means.length)
    raise('mixture', 'wants at least one mean and as many variances, all of the same length')
  if (variances.some((row) => row.some((v) => !(v >= 0)))) raise('mixture', 'variances are 0 or more')
  if (weights.length !== means.length || weights.some((w) => !(w > 0)))
    raise('mixture', 'wants a positive weight for each mean')
  return { means, variances, weights }
}

const rows = (lists: readonly (readonly number[])[]): Tensor =>
  tensor(Float64Array.from(lists.flat()), [1, lists.length, lists[0]!.length])

/** A factor, whether it is one for all pictures or a column [N, 1], to broadcast over their parts. */
const wide = (factor: Tensor): Tensor => (factor.shape.length === 0 ? factor : reshape(factor, [-1, 1, 1]))

/** log Σ e^x over the last axis, without overflow. */
const logSumExp = (x: Tensor): Tensor => {
  const most = max(x, { axes: -1, keepDims: true })
  return add(log(sum(exp(sub(x, most)), { axes: -1 })), reshape(most, x.shape.slice(0, -1)))
}

/**
 * A mixture of normal laws with independent coordinates; with one part, a normal law. Noise of a level makes it another
 * mixture, of means signal · m and variances signal² · v + noise².
 *
 * @throws TesseraError if lists differ in length, a variance is negative, or a weight is not positive
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { mixture } from 'tessera/laws'
 * const law = mixture({ means: [[-1], [1]], variances: [[0], [0]] })
 * const at = { signal: t.scalar(0.5), noise: t.scalar(0.5) }
 * // of x = ½ x_0 + ½ eps the best guess is tanh(2x)
 * const [x0] = await t.reference.read(law.denoise(t.tensor([[0.25]]), at))
 * assert.ok(Math.abs(x0! - Math.tanh(0.5)) < 1e-12)
 * ```
 */
export const mixture = (given: MixtureOptions): Law => {
  const { means, variances, weights } = checked(given)
  const [m, v, d] = [rows(means), rows(variances), means[0]!.length]
  const all = weights.reduce((total, w) => total + w, 0)
  const logWeights = tensor(weights.map((w) => Math.log(w / all)))

  /** Of each picture and part: how far off its mean it is, the variance, and the logarithm of weight · density. */
  const parts = (x: Tensor, at: Factors) => {
    const [signal, noise] = [wide(at.signal), wide(at.noise)]
    if (!sameShape(x.shape.slice(1), [d])) raise('mixture', `wants pictures of ${d} numbers in rows: [N,${d}]`)
    const off = sub(reshape(x, [-1, 1, d]), mul(signal, m))
    const spread = add(mul(square(signal), v), square(noise))
    const terms = add(div(square(off), spread), log(mul(spread, 2 * Math.PI)))
    return { off, spread, logs: add(mul(sum(terms, { axes: -1 }), -0.5), logWeights) }
  }

  const denoise = (x: Tensor, at: Factors): Tensor => {
    const { off, spread, logs } = parts(x, at)
    const each = add(m, mul(div(mul(wide(at.signal), v), spread), off))
    return sum(mul(reshape(softmax(logs, { axis: -1 }), [x.shape[0]!, means.length, 1]), each), { axes: 1 })
  }

  return {
    denoise,
    logDensity: (x, at) => logSumExp(parts(x, at).logs),
    score: (x, at) => div(sub(mul(at.signal, denoise(x, at)), x), square(at.noise))
  }
}

/**
 * The model that knows a law exactly, for a schedule: what training on its data would come to. It has no parameters.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { mixture, modelOf } from 'tessera/laws'
 * const normal = mixture({ means: [[0]], variances: [[1]] })
 * const model = modelOf(normal, t.scheduleOf([0.36]))
 * // x is 0.8 x_0 + 0.6 eps, both of unit variance: eps is 0.6 x at best
 * const [eps] = await t.reference.read(model(null, t.tensor([[1]]), t.tensor([0])))
 * assert.ok(Math.abs(eps! - 0.6) < 1e-12)
 * ```
 */
export const modelOf =
  (law: Law, { tables }: AnySchedule, prediction: Prediction = 'eps'): Model<null> =>
  (_, x, ts) => {
    const column = (numbers: Tensor): Tensor => reshape(take(numbers, ts), [-1, 1])
    const at = { signal: column(tables.signal), noise: column(tables.noise) }
    const x0 = law.denoise(x, at)
    return predictions[prediction].target({ x0, eps: noiseGiven(x, x0, at) }, at)
  }
