import { zeros } from '../../core/create.ts'
import { options } from '../../core/options.ts'
import { add, mul } from '../../core/primitives.ts'
import { raise } from '../../base/raise.ts'
import type { Tensor } from '../../core/tensor.ts'
import { at, combine, length, ratio, type AnySampler, type Sampler } from './sampler.ts'

/** The options of `dpmpp2mSde` and `dpmpp3mSde`. */
export interface SdeOptions {
  /** How much of the noise is drawn anew: 0 is none, 1 (the default) is as much as the reverse process has. */
  readonly stochasticity?: number
}

/** The pictures that the last steps predicted, the latest first. */
type Memory = readonly [last: Tensor, before: Tensor]

type Names = 'x' | 'x0' | 'last' | 'before' | 'noise'

/** Factors of x_0 and of the pictures predicted before, in a step of length h, relative to that of a step of order 1. */
type Weights = (h: number, eta: number, before: readonly [number, number]) => readonly [number, number, number]

const zero: readonly [number, number, number] = [1, 0, 0]

/** Order 2 by the midpoint: x_0 + (x_0 - last) h / (2 h_last). */
const midpoint: Weights = (h, _, [h1]) => {
  if (h1 === Infinity) return zero
  const k = h / (2 * h1)
  return [1 + k, -k, 0]
}

/** Order 3 by differences, as `sample_dpmpp_3m_sde` of k-diffusion; order 2 where there is only one step before. */
const differences: Weights = (h, eta, [h1, h2]) => {
  if (h1 === Infinity) return zero
  const long = h * (1 + eta)
  const whole = -Math.expm1(-long)
  const phi2 = 1 - whole / long
  const r0 = h1 / h
  if (h2 === Infinity) return [1 + phi2 / r0 / whole, -phi2 / r0 / whole, 0]
  const r1 = h2 / h
  const phi3 = phi2 / long - 0.5
  // d = (u - v) with u = (x_0 - last) / r0 and v = (last - before) / r1
  const skew = (phi2 * r0 - phi3) / (r0 + r1)
  const [u, v] = [phi2 + skew, -skew]
  return [1 + u / r0 / whole, (-u / r0 + v / r1) / whole, -v / r1 / whole]
}

/** A solver in log(signal / noise) that is exact where the predicted picture stays the same. */
const solver = (name: string, eta: number, weights: Weights): AnySampler =>
  ({
    name,
    coefficients: (place) => {
      const { i } = place
      const [from, to] = [at(place, i), at(place, i + 1)]
      const q = ratio(from, to)
      const h = length(place, i)
      const gain = to.signal * (1 - q ** (1 + eta))
      const [now, last, before] = h === Infinity ? zero : weights(h, eta, [length(place, i - 1), length(place, i - 2)])
      return {
        x: (to.noise / from.noise) * q ** eta,
        x0: gain * now,
        last: gain * last,
        before: gain * before,
        noise: to.noise * Math.sqrt(1 - q ** (2 * eta))
      }
    },
    init: (x) => [zeros(x.shape), zeros(x.shape)],
    step: ({ x, x0, c, noise, memory: [last, before] }) => {
      const silent = combine([c.x, x], [c.x0, x0], [c.last, last], [c.before, before])
      return { x: eta === 0 ? silent : add(silent, mul(c.noise, noise())), memory: [x0, last] }
    }
  }) satisfies Sampler<Names, Memory>

const etaOf = (name: string, given: SdeOptions): number => {
  const { stochasticity = 1 } = options(name, given, { stochasticity: true })
  return stochasticity >= 0 && stochasticity <= 1
    ? stochasticity
    : raise(name, `stochasticity is from 0 to 1, not ${stochasticity}`)
}

/**
 * DPM-Solver++(2M) (Lu et al. 2022, algorithm 2): a multistep method in log(signal / noise) that extrapolates the predicted
 * picture from the step before. Its first and last steps are of order 1, the others of order 2.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const { coefficients } = t.dpmpp2m()
 * assert.equal(coefficients({ i: 0, levels: [{ signal: 0.6, noise: 0.8 }, { signal: 1, noise: 0 }] }).x0, 1)
 * ```
 */
export const dpmpp2m = (): AnySampler => solver('dpmpp2m', 0, midpoint)

/**
 * `dpmpp2m` for the reverse process with noise (k-diffusion's `sample_dpmpp_2m_sde`, midpoint). Of order 2 without noise.
 *
 * @throws TesseraError unless the stochasticity is from 0 to 1
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const levels = t.levelsOf(t.linearSchedule({ steps: 10 }), [9, 4])
 * const quiet = t.dpmpp2mSde({ stochasticity: 0 })
 * assert.deepStrictEqual(quiet.coefficients({ i: 1, levels }), t.dpmpp2m().coefficients({ i: 1, levels }))
 * ```
 */
export const dpmpp2mSde = (given: SdeOptions = {}): AnySampler =>
  solver('dpmpp2mSde', etaOf('dpmpp2mSde', given), midpoint)

/**
 * DPM-Solver++(3M) for the reverse process with noise (k-diffusion's `sample_dpmpp_3m_sde`). It extrapolates from two steps
 * before.
 *
 * @throws TesseraError unless the stochasticity is from 0 to 1
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.throws(() => t.dpmpp3mSde({ stochasticity: 2 }), /stochasticity is from 0 to 1/)
 * ```
 */
export const dpmpp3mSde = (given: SdeOptions = {}): AnySampler =>
  solver('dpmpp3mSde', etaOf('dpmpp3mSde', given), differences)
