import { options } from '../../core/options.ts'
import { raise } from '../../base/raise.ts'
import { at, combine, ratio, type AnySampler, type Sampler, type StepPlace } from './sampler.ts'

/** The options of `ddim`. */
export interface DdimOptions {
  /** How much of the noise is drawn anew, from 0 (none, the default) to 1 (as much as `ddpm` with the posterior's variance). */
  readonly stochasticity?: number
}

type Names = 'x0' | 'eps' | 'noise'

const coefficients =
  (eta: number) =>
  ({ i, levels }: StepPlace): Readonly<Record<Names, number>> => {
    const [from, to] = [at({ levels }, i), at({ levels }, i + 1)]
    const fresh = eta * to.noise * Math.sqrt(1 - ratio(from, to) ** 2)
    return { x0: to.signal, eps: Math.sqrt(to.noise ** 2 - fresh ** 2), noise: fresh }
  }

const step: Sampler<Names, null>['step'] = ({ x0, eps, noise, c }) => ({
  x: combine([c.x0, x0], [c.eps, eps], [c.noise, noise()]),
  memory: null
})

const silent: Sampler<'x0' | 'eps', null>['step'] = ({ x0, eps, c }) => ({
  x: combine([c.x0, x0], [c.eps, eps]),
  memory: null
})

/**
 * DDIM (Song et al. 2021, eq. 12): x' = signal' · x_0 + √(noise'² - f²) · eps + f · z, where f = stochasticity · noise' ·
 * √(1 - (σ'/σ)²) is the share of the noise that is drawn anew. Of order 1.
 *
 * @throws TesseraError unless the stochasticity is from 0 to 1
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const { coefficients } = t.ddim()
 * const levels = [{ signal: 0.6, noise: 0.8 }, { signal: 0.8, noise: 0.6 }, { signal: 1, noise: 0 }]
 * assert.deepStrictEqual(coefficients({ i: 0, levels }), { x0: 0.8, eps: 0.6, noise: 0 })
 * ```
 */
export const ddim = (given: DdimOptions = {}): AnySampler => {
  const { stochasticity = 0 } = options('ddim', given, { stochasticity: true })
  if (!(stochasticity >= 0 && stochasticity <= 1)) raise('ddim', `stochasticity is from 0 to 1, not ${stochasticity}`)
  return {
    name: 'ddim',
    coefficients: coefficients(stochasticity),
    init: () => null,
    step: stochasticity === 0 ? silent : step
  } satisfies Sampler<Names, null>
}

/**
 * Euler's method for the probability-flow equation (Karras et al. 2022, algorithm 1): the same as `ddim()`. Of order 1.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.equal(t.euler().name, 'euler')
 * ```
 */
export const euler = (): AnySampler => ({ ...ddim(), name: 'euler' })

/**
 * Euler's method with as much fresh noise as the reverse process has (k-diffusion's `sample_euler_ancestral`): the same
 * as `ddim({ stochasticity: 1 })`. Of order 1.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.equal(t.eulerAncestral().name, 'eulerAncestral')
 * ```
 */
export const eulerAncestral = (): AnySampler => ({ ...ddim({ stochasticity: 1 }), name: 'eulerAncestral' })
