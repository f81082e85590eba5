import { tensor } from '../core/create.ts'
import { foldIn, type Key } from '../core/key.ts'
import { options, type OptionNames } from '../core/options.ts'
import { breathe } from '../base/breathe.ts'
import { raise } from '../base/raise.ts'
import type { Shape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Device } from '../device/api/device.ts'
import { normal } from '../ops/random.ts'
import { denoiseStep, type Denoising } from './denoise.ts'
import type { Model } from './loss.ts'
import type { Schedule } from './schedule.ts'

/** What to sample. */
export interface Sampling {
  /** The key of all noise: that of the start, and that of each step. */
  readonly key: Key
  /** The number of images; 1 by default. */
  readonly count?: number
  /** The shape of one image; `[1, 28, 28]` by default. */
  readonly shape?: Shape
  /** The noise `[count, …]` to start from; drawn from the key by default. */
  readonly start?: Tensor
  /** The noise of the step at timestep t; drawn from the key by default. */
  readonly noiseAt?: (t: number) => Tensor
  /** Whether the images of all steps stay readable, and not only the last ones; false by default. */
  readonly keep?: boolean
}

/** The images after one step. Those after t = 0 are the result. */
export interface Sampled {
  /** The timestep of the step. */
  readonly t: number
  /** The images, `[count, …]`. */
  readonly x: Tensor
}

const samplingNames: OptionNames<Sampling> = {
  key: true,
  count: true,
  shape: true,
  start: true,
  noiseAt: true,
  keep: true
}

const startOf = ({ key, count = 1, shape = [1, 28, 28], start }: Sampling, steps: number): Tensor => {
  if (!Number.isSafeInteger(count) || count < 1) raise('sample', `count is a whole number above 0, not ${count}`)
  return start ?? normal(foldIn(key, steps), [count, ...shape])
}

const noiseOf = ({ key, noiseAt }: Sampling, t: number): Tensor | Key => (noiseAt ? noiseAt(t) : foldIn(key, t))

/**
 * Sampling (Ho et al. 2020, algorithm 2) as a generator that yields the images after every step, from t = steps-1 down
 * to 0. The caller may draw them, show progress, or stop. The step is compiled once for each number of images.
 *
 * The images of a step are valid until the next ones are asked for. Then their memory is reused, and reading them
 * raises. The last ones stay, and so do all of them with `keep: true`.
 *
 * @throws TesseraError if the options are wrong, or the model's prediction does not have the shape of the images
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const silent: t.Model<null> = (_, x) => t.mul(x, 0)
 * const run = t.sample(t.reference, t.linearSchedule({ steps: 3 }), silent)
 * const seen: number[] = []
 * for await (const { t: at, x } of run(null, { key: t.key(0), count: 2, shape: [4] })) {
 *   seen.push(at)
 *   assert.deepStrictEqual(x.shape, [2, 4])
 * }
 * assert.deepStrictEqual(seen, [2, 1, 0])
 * ```
 */
export const sample = <P>(device: Device, schedule: Schedule, model: Model<P>, denoising: Denoising = {}) => {
  const step = device.compile(denoiseStep(schedule, model, denoising))
  return async function* (params: P, sampling: Sampling): AsyncGenerator<Sampled, void, void> {
    const { keep = false } = options('sample', sampling, samplingNames)
    const start = startOf(sampling, schedule.steps)
    let x = start
    for (let t = schedule.steps - 1; t >= 0; t--) {
      const before = x
      const ts = tensor(new Float32Array(x.shape[0]!).fill(t), [x.shape[0]!])
      x = step(params, before, ts, noiseOf(sampling, t))
      if (before !== start && !keep) before[Symbol.dispose]()
      yield { t, x }
      await breathe()
    }
  }
}
