import type { Key } from '../core/key.ts'
import { add, div, mul, sub } from '../core/primitives.ts'
import type { Tensor } from '../core/tensor.ts'
import { checkTimesteps, coefficient, noiseLike } from './coefficient.ts'
import type { AnySchedule } from './schedule.ts'

/**
 * The forward process q(x_t | x_0) in one jump: √alphaBar_t x_0 + √(1 - alphaBar_t) eta (Ho et al. 2020, eq. 4).
 *
 * `x0` is `[N, …]`; `ts` is `[N]`, one timestep 0 … steps-1 per image. `eta` is standard normal noise of the shape of
 * `x0`, or the key to draw it from.
 *
 * @throws TesseraError unless there is one timestep of the schedule per image, and the noise has the shape of the
 * images
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const schedule = t.scheduleOf([0.36, 0.5])
 * const xt = t.noise(schedule)(t.tensor([10, 10]), t.tensor([0, 0]), t.tensor([0, 1]))
 * assert.deepStrictEqual(await t.reference.read(xt), Float64Array.of(8, 8.6))
 * ```
 */
export const noise =
  (schedule: AnySchedule) =>
  (x0: Tensor, ts: Tensor, eta: Tensor | Key): Tensor => {
    checkTimesteps('noise', schedule, x0, ts)
    const { tables } = schedule
    const drawn = noiseLike('noise', x0, eta)
    return add(mul(coefficient(tables.signal, ts, x0), x0), mul(coefficient(tables.noise, ts, x0), drawn))
  }

/**
 * The inverse of `noise`, given the noise that it added: x_0 = (x_t - √(1 - alphaBar_t) eta) / √alphaBar_t. With the
 * noise that a model predicts, it gives the predicted image.
 *
 * @throws TesseraError unless there is one timestep of the schedule per image, and the noise has the shape of the
 * images
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const x0 = t.cleanFrom(t.scheduleOf([0.36]))(t.tensor([11]), t.tensor([0]), t.tensor([5]))
 * assert.deepStrictEqual(await t.reference.read(x0), Float64Array.of(10))
 * ```
 */
export const cleanFrom =
  (schedule: AnySchedule) =>
  (xt: Tensor, ts: Tensor, eta: Tensor): Tensor => {
    checkTimesteps('cleanFrom', schedule, xt, ts)
    const { tables } = schedule
    const drawn = noiseLike('cleanFrom', xt, eta)
    return div(sub(xt, mul(coefficient(tables.noise, ts, xt), drawn)), coefficient(tables.signal, ts, xt))
  }
