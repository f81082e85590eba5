import { at, combine, type AnySampler, type Sampler } from './sampler.ts'

/**
 * Sampling from a model that predicts the picture in one step (Song et al. 2023, algorithm 1): each step takes the
 * picture and adds fresh noise of the next level.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const levels = [{ signal: 0.6, noise: 0.8 }, { signal: 1, noise: 0 }]
 * assert.deepStrictEqual(t.consistency().coefficients({ i: 0, levels }), { x0: 1, noise: 0 })
 * ```
 */
export const consistency = (): AnySampler =>
  ({
    name: 'consistency',
    coefficients: (place) => {
      const { signal, noise } = at(place, place.i + 1)
      return { x0: signal, noise }
    },
    init: () => null,
    step: ({ x0, c, noise }) => ({ x: combine([c.x0, x0], [c.noise, noise()]), memory: null })
  }) satisfies Sampler<'x0' | 'noise', null>
