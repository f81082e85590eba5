import { add, mul, sub } from '../../core/primitives.ts'
import { at, combine, isLast, sigma, wantSignal, type AnySampler, type Sampler } from './sampler.ts'

/**
 * Heun's method for the probability-flow equation (Karras et al. 2022, algorithm 1, without churn): an Euler step, and
 * then the mean of the slopes at both of its ends. It evaluates the model twice a step. Of order 2.
 *
 * @throws TesseraError if sampling starts at a level without signal
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const { coefficients } = t.heun()
 * assert.equal(coefficients({ i: 0, levels: [{ signal: 0.6, noise: 0.8 }, { signal: 1, noise: 0 }] }).half, 0)
 * ```
 */
export const heun = (): AnySampler =>
  ({
    name: 'heun',
    coefficients: (place) => {
      const [from, to] = [wantSignal('heun', at(place, place.i)), at(place, place.i + 1)]
      // the slope at the end of the last step is not known: there the step stays Euler's
      const half = isLast(place) ? 0 : (to.signal * (sigma(to) - sigma(from))) / 2
      return { x0: to.signal, eps: to.noise, half }
    },
    init: () => null,
    step: ({ x0, eps, c, again }) => {
      const ahead = combine([c.x0, x0], [c.eps, eps])
      return { x: add(ahead, mul(c.half, sub(again(ahead).eps, eps))), memory: null }
    }
  }) satisfies Sampler<'x0' | 'eps' | 'half', null>
