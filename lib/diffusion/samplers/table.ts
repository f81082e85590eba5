import { consistency } from './consistency.ts'
import { ddim, euler, eulerAncestral } from './ddim.ts'
import { ddpm } from './ddpm.ts'
import { dpmpp2m, dpmpp2mSde, dpmpp3mSde } from './dpmpp.ts'
import { heun } from './heun.ts'
import { lms, pndm } from './multistep.ts'
import type { AnySampler } from './sampler.ts'
import { unipc } from './unipc.ts'

const table = <N extends string>(makers: Readonly<Record<N, () => AnySampler>>) => makers

/**
 * The samplers by name, with their usual options, for programs that let their user choose. A sampler that is added here
 * can be chosen by every program.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const silent: t.Model<null> = (_, x) => t.mul(x, 0)
 * const run = t.sample(t.reference, t.samplers.dpmpp2m(), t.linearSchedule({ steps: 9 }), silent, { steps: 3 })
 * for await (const { x } of run(null, { key: t.key(0), shape: [4] })) assert.deepStrictEqual(x.shape, [1, 4])
 * ```
 */
export const samplers = table({
  ddpm,
  ddim,
  euler,
  eulerAncestral,
  heun,
  dpmpp2m,
  dpmpp2mSde,
  dpmpp3mSde,
  unipc,
  pndm,
  lms,
  consistency
})

/** The name of a sampler in the table. */
export type SamplerName = keyof typeof samplers
