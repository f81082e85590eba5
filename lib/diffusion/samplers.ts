import type { Device } from '../device/api/device.ts'
import type { Denoising } from './denoise.ts'
import type { Model } from './loss.ts'
import { sample, type Sampled, type Sampling } from './sample.ts'
import type { Schedule } from './schedule.ts'

/** Makes a sampler: a function that draws pictures of a model, and yields them after every step. */
export type MakeSampler = <P>(
  device: Device,
  schedule: Schedule,
  model: Model<P>,
  options?: Denoising
) => (params: P, sampling: Sampling) => AsyncGenerator<Sampled, void, void>

const table = <N extends string>(makers: Readonly<Record<N, MakeSampler>>) => makers

/**
 * The samplers by name, for programs that let their user choose. A sampler that is added here can be chosen by every
 * program. `ddpm` is `sample`.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const silent: t.Model<null> = (_, x) => t.mul(x, 0)
 * const run = t.samplers.ddpm(t.reference, t.linearSchedule({ steps: 2 }), silent)
 * for await (const { x } of run(null, { key: t.key(0), shape: [4] })) assert.deepStrictEqual(x.shape, [1, 4])
 * ```
 */
export const samplers = table({ ddpm: sample })

/** The name of a sampler in the table. */
export type SamplerName = keyof typeof samplers
