import { choice, options } from '../../core/options.ts'
import { at, combine, type AnySampler, type Sampler, type StepPlace } from './sampler.ts'

/** The options of `ddpm`. */
export interface DdpmOptions {
  /**
   * The variance of the noise that a step adds. `beta` (the default) is optimal for data of unit variance, `posterior`
   * for a single picture (Ho et al. 2020, section 3.2).
   */
  readonly variance?: 'beta' | 'posterior'
}

type Names = 'x0' | 'x' | 'noise'

const coefficients =
  (variance: 'beta' | 'posterior') =>
  ({ i, levels }: StepPlace): Readonly<Record<Names, number>> => {
    const [from, to] = [at({ levels }, i), at({ levels }, i + 1)]
    const kept = from.signal / to.signal
    // beta of a step that may stand for several: noise² = kept² noise'² + beta
    const beta = from.noise ** 2 - kept ** 2 * to.noise ** 2
    const of = { beta: Math.sqrt(beta), posterior: Math.sqrt(beta) * (to.noise / from.noise) }
    return {
      x0: (to.signal * beta) / from.noise ** 2,
      x: (kept * to.noise ** 2) / from.noise ** 2,
      noise: to.noise === 0 ? 0 : of[variance]
    }
  }

/**
 * Ancestral sampling (Ho et al. 2020, algorithm 2, with the mean of eq. 7): what the article does. With fewer steps than
 * the schedule has, each stands for several. Of order 1.
 *
 * @throws TesseraError if the variance has another name
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const { coefficients } = t.ddpm({ variance: 'posterior' })
 * const { x0, x, noise } = coefficients({ i: 0, levels: t.levelsOf(t.linearSchedule({ steps: 10 }), [0]) })
 * assert.deepStrictEqual([x0, x, noise], [1, 0, 0])
 * ```
 */
export const ddpm = (given: DdpmOptions = {}): AnySampler => {
  const { variance = 'beta' } = options('ddpm', given, { variance: true })
  choice('ddpm', 'variance', variance, ['beta', 'posterior'])
  return {
    name: 'ddpm',
    coefficients: coefficients(variance),
    init: () => null,
    step: ({ x, x0, noise, c }) => ({ x: combine([c.x0, x0], [c.x, x], [c.noise, noise()]), memory: null })
  } satisfies Sampler<Names, null>
}
