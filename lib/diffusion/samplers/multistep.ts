import { zeros } from '../../core/create.ts'
import { options } from '../../core/options.ts'
import { raise } from '../../base/raise.ts'
import type { Scalar, Tensor } from '../../core/tensor.ts'
import { at, combine, sigma, wantSignal, type AnySampler, type Sampler, type StepPlace } from './sampler.ts'

/** The noise that the last steps predicted, the latest first. */
type Memory = readonly [Tensor, Tensor, Tensor]

type Names = 'x' | 'eps' | 'eps1' | 'eps2' | 'eps3'

const noMemory = (x: Tensor): Memory => [zeros(x.shape), zeros(x.shape), zeros(x.shape)]

/** x' = c.x · x + Σ c_k · eps_k: all that methods of Adams and Bashforth do. */
const extrapolated = (x: Tensor, eps: Tensor, [one, two, three]: Memory, c: Readonly<Record<Names, Scalar>>): Tensor =>
  combine([c.x, x], [c.eps, eps], [c.eps1, one], [c.eps2, two], [c.eps3, three])

/** The coefficients of x and of four slopes in σ, times what a step of slope 1 moves the pictures. */
const inSigma = (place: StepPlace, by: number, weights: readonly number[]): Readonly<Record<Names, number>> => {
  const [from, to] = [at(place, place.i), at(place, place.i + 1)]
  const [eps = 0, eps1 = 0, eps2 = 0, eps3 = 0] = weights.map((w) => w * by * to.signal)
  return { x: to.signal / from.signal, eps, eps1, eps2, eps3 }
}

// Gauss and Legendre's rule of four points, exact for polynomials of degree 7
const inner = Math.sqrt(3 / 7 - (2 / 7) * Math.sqrt(6 / 5))
const outer = Math.sqrt(3 / 7 + (2 / 7) * Math.sqrt(6 / 5))
const [heavy, light] = [(18 + Math.sqrt(30)) / 36, (18 - Math.sqrt(30)) / 36]
const rule = [[-outer, light], [-inner, heavy], [inner, heavy], [outer, light]] as const // prettier-ignore

const integral = (f: (x: number) => number, low: number, high: number): number => {
  const [middle, half] = [(low + high) / 2, (high - low) / 2]
  return half * rule.reduce((sum, [x, weight]) => sum + weight * f(middle + half * x), 0)
}

/** The options of `lms`. */
export interface LmsOptions {
  /** Slopes that a step extrapolates from, 1 to 4; 4 by default. */
  readonly order?: number
}

/**
 * The linear multistep method (k-diffusion's `sample_lms`): the slopes eps of up to four steps are extrapolated by a
 * polynomial in σ = noise / signal, and that is integrated.
 *
 * @throws TesseraError unless the order is 1 to 4; if sampling starts at a level without signal
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const levels = [{ signal: 0.6, noise: 0.8 }, { signal: 0.8, noise: 0.6 }, { signal: 1, noise: 0 }]
 * // the first step is Euler's: x' = x signal' / signal + signal' (σ' - σ) eps
 * const { eps } = t.lms().coefficients({ i: 0, levels })
 * assert.ok(Math.abs(eps! - 0.8 * (0.6 / 0.8 - 0.8 / 0.6)) < 1e-12)
 * ```
 */
export const lms = (given: LmsOptions = {}): AnySampler => {
  const { order = 4 } = options('lms', given, { order: true })
  if (![1, 2, 3, 4].includes(order)) raise('lms', `order is 1, 2, 3 or 4, not ${order}`)
  const weights = (place: StepPlace): readonly number[] => {
    const known = Array.from({ length: Math.min(order, place.i + 1) }, (_, k) =>
      sigma(wantSignal('lms', at(place, place.i - k)))
    )
    const next = sigma(at(place, place.i + 1))
    return known.map((own, j) => {
      const others = known.filter((_, k) => k !== j)
      return integral((s) => others.reduce((product, o) => (product * (s - o)) / (own - o), 1), known[0]!, next)
    })
  }
  return {
    name: 'lms',
    coefficients: (place) => inSigma(place, 1, weights(place)),
    init: noMemory,
    step: ({ x, eps, c, memory }) => ({
      x: extrapolated(x, eps, memory, c),
      memory: [eps, memory[0], memory[1]]
    })
  } satisfies Sampler<Names, Memory>
}

/** Adams and Bashforth's weights for steps of equal length, by the number of slopes that are known. */
const adams = [[1], [3 / 2, -1 / 2], [23 / 12, -16 / 12, 5 / 12], [55 / 24, -59 / 24, 37 / 24, -9 / 24]] as const

/**
 * Pseudo linear multistep (Liu et al. 2022, PLMS): DDIM's step with the noise that Adams and Bashforth extrapolate from
 * the last four. It starts with the lower orders, so that no step evaluates the model twice. Of order 2 where the steps
 * of σ differ in length.
 *
 * @throws TesseraError if sampling starts at a level without signal
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const levels = t.levelsOf(t.linearSchedule({ steps: 10 }), [9, 6, 3, 0])
 * assert.ok(t.pndm().coefficients({ i: 3, levels }).eps3! > 0)
 * ```
 */
export const pndm = (): AnySampler => ({
  ...lms(),
  name: 'pndm',
  coefficients: (place) => {
    const [from, to] = [wantSignal('pndm', at(place, place.i)), at(place, place.i + 1)]
    return inSigma(place, sigma(to) - sigma(from), adams[Math.min(place.i, 3)]!)
  }
})
