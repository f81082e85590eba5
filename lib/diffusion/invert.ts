import { options } from '../core/options.ts'
import { breathe } from '../base/breathe.ts'
import { raise } from '../base/raise.ts'
import type { Scalar, Tensor } from '../core/tensor.ts'
import type { Device } from '../device/api/device.ts'
import { timestepFor } from './coefficient.ts'
import type { Model } from './loss.ts'
import type { Factors } from './prediction.ts'
import { courseOf, partsBy, scalars, type Sampled, type SampleOptionsFor } from './sample.ts'
import { combine } from './samplers/sampler.ts'
import type { AnySchedule } from './schedule.ts'

/** The options of an inversion. */
export interface Inversion<C = void> {
  /** How often each step is corrected; 4 by default. Each time the model is evaluated once. */
  readonly corrections?: number
  /** What the model is told beside the timesteps. */
  readonly condition?: C
}

/** What a step of the inversion computes with. */
interface Coefficients {
  readonly at: Factors
  readonly back: Scalar
  readonly fresh: Scalar
}

/**
 * The noise that `ddim()` makes pictures of: its steps in reverse, from pictures without noise to the noisiest timestep. It
 * yields the pictures after every step, like `sample`, whose options it takes. Each step solves x' = ddim(x) for x by
 * repeated substitution: with more corrections, sampling comes back to the pictures more exactly.
 *
 * @throws TesseraError if the options are wrong
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const model: t.Model<null> = (_, x) => t.mul(x, 0.1)
 * const [schedule, pictures] = [t.linearSchedule({ steps: 10 }), t.tensor([[1, -1]])]
 * let noise = pictures
 * for await (const { x } of t.invert(t.reference, schedule, model)(null, pictures)) noise = x
 * let again = noise
 * for await (const { x } of t.sample(t.reference, t.ddim(), schedule, model)(null, { key: t.key(0), start: noise })) again = x
 * assert.ok(Math.abs((await t.reference.read(again))[0]! - 1) < 1e-6)
 * ```
 */
export const invert = <P, S extends AnySchedule, C = void>(
  device: Device,
  schedule: S,
  model: Model<P, C>,
  ...[given = {}]: SampleOptionsFor<S>
) => {
  const { read, timesteps, levels } = courseOf(schedule, given)
  const parts = partsBy(model, read)

  // x' = to.signal · x_0 + to.noise · eps, solved for the noisy x = from.signal · x_0 + from.noise · eps
  const better = device.compile(
    (params: P, x: Tensor, next: Tensor, ts: Tensor, { at, back, fresh }: Coefficients, condition: C) =>
      combine([back, next], [fresh, parts(params, x, ts, at, condition).eps])
  )

  return async function* (
    params: P,
    pictures: Tensor,
    asked: Inversion<C> = {}
  ): AsyncGenerator<Omit<Sampled, 'x0'>, void, void> {
    const { corrections = 4, condition } = options('invert', asked, { corrections: true, condition: true })
    if (!Number.isSafeInteger(corrections) || corrections < 1)
      raise('invert', `corrections is a whole number above 0, not ${corrections}`)
    let x = pictures
    for (const [i, t] of [...timesteps.entries()].reverse()) {
      const [from, to] = [levels[i]!, levels[i + 1]!]
      const back = from.signal / to.signal
      const c: Coefficients = { at: scalars({ ...from }), ...scalars({ back, fresh: from.noise - back * to.noise }) }
      const ts = timestepFor(x.shape[0]!, t)
      const next = x
      for (let k = 0; k < corrections; k++) x = better(params, x, next, ts, c, condition as C)
      yield { t, x }
      await breathe()
    }
  }
}
