import { zeros } from '../core/create.ts'
import { counted, dual } from '../core/dual.ts'
import { options } from '../core/options.ts'
import { add, cos, div, mul, sub } from '../core/primitives.ts'
import { raise } from '../base/raise.ts'
import type { Scalar } from '../core/tensor.ts'
import { pairTrees } from '../core/tree.ts'
import { clip, minimum } from '../ops/pointwise.ts'
import type { Optimiser } from './optimiser.ts'

/** A factor of the learning rate, from the number of steps done before. */
export type RateSchedule = (step: Scalar) => Scalar

/** The options of `warmupCosine`. */
export interface WarmupCosineOptions {
  /** Steps in which the factor grows from 0 to 1; 0 by default. */
  readonly warmup?: number
  /** Steps in all. The factor is 0 after them. */
  readonly steps: number
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0

/**
 * A learning rate that grows in a straight line from 0 to 1, and falls to 0 along half a wave of a cosine: step s has
 * min(s / warmup, (1 + cos(π (s - warmup) / (steps - warmup))) / 2) (Loshchilov and Hutter 2017, without restarts).
 *
 * @throws TesseraError if steps is not a whole number above warmup, or warmup is not one of 0 or more
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const rate = t.warmupCosine({ warmup: 2, steps: 10 })
 * const factors = await Promise.all([0, 1, 2, 6, 10].map(async (s) => (await t.reference.read(rate(t.scalar(s))))[0]))
 * assert.deepStrictEqual(factors.map((f) => Math.round(f! * 1e9) / 1e9), [0, 0.5, 1, 0.5, 0])
 * ```
 */
export const warmupCosine = (given: WarmupCosineOptions): RateSchedule => {
  const { warmup = 0, steps } = options('warmupCosine', given, { warmup: true, steps: true })
  if (!isCount(warmup)) raise('warmupCosine', `warmup is a whole number, 0 or more, not ${warmup}`)
  if (!isCount(steps) || steps <= warmup)
    raise('warmupCosine', `steps is a whole number above the warm-up's ${warmup}, not ${steps}`)
  return (step) => {
    const done = clip(div(sub(step, warmup), steps - warmup), 0, 1)
    const falling = mul(add(cos(mul(done, Math.PI)), 1), 0.5)
    return warmup === 0 ? falling : minimum(div(step, warmup), falling)
  }
}

/** The state of an optimiser whose rate follows a schedule. */
export interface RatedState<S> {
  /** The state of the optimiser itself. */
  readonly inner: S
  /** Steps done. */
  readonly step: Scalar
}

/** An optimiser and a schedule; or the schedule alone, for `pipe`. */
export interface WithRate {
  <P, S>(optimiser: Optimiser<P, S>, factor: RateSchedule): Optimiser<P, RatedState<S>>
  (factor: RateSchedule): <P, S>(optimiser: Optimiser<P, S>) => Optimiser<P, RatedState<S>>
}

/**
 * An optimiser whose every step is made shorter or longer by a factor: p ← p + factor(s) · (p' - p), where p' is where
 * the optimiser would have gone after s steps. For `adam` and `sgd` that is the same as a learning rate that changes.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const half = t.withRate(t.sgd<t.Tensor>({ lr: 1 }), () => t.scalar(0.5))
 * const x = t.tensor([4])
 * const [next, { step }] = half.update(t.tensor([2]), half.init(x), x)
 * assert.deepStrictEqual(await t.reference.read(next), Float64Array.of(3))
 * assert.deepStrictEqual(await t.reference.read(step), Float64Array.of(1))
 * ```
 */
export const withRate = dual<WithRate>(
  counted(2),
  (factor: RateSchedule) =>
    <P, S>({ init, update }: Optimiser<P, S>): Optimiser<P, RatedState<S>> => ({
      init: (params) => ({ inner: init(params), step: zeros([]) }),
      update: (grads, { inner, step }, params) => {
        const [whole, next] = update(grads, inner, params)
        const by = factor(step)
        const moved = pairTrees('withRate', { first: 'the parameters', second: 'the next ones', shapes: true }, [params, whole], (p, q) => add(p, mul(sub(q, p), by))) // prettier-ignore
        return [moved, { inner: next, step: add(step, 1) }]
      }
    })
)
