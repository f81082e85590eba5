import { options } from '../core/options.ts'
import { add, mul, sqrt, sub } from '../core/primitives.ts'
import { raise } from '../base/raise.ts'
import type { Scalar, Tensor } from '../core/tensor.ts'
import { grad } from '../grad/grad.ts'
import { square } from '../ops/pointwise.ts'
import { sum } from '../ops/reduce.ts'
import { at, combine, type AnySampler, type StepInput, type StepOutput, type StepPlace } from './samplers/sampler.ts'

/** Noise that no sampler draws itself: combinators take the streams from here on. */
const stream = 1

/** The coefficients of a sampler beside others, whose names may not clash. */
const withOwn = (sampler: AnySampler, own: (place: StepPlace) => Readonly<Record<string, number>>) => {
  return (place: StepPlace): Readonly<Record<string, number>> => {
    const [inner, more] = [sampler.coefficients(place), own(place)]
    const twice = Object.keys(more).find((name) => Object.hasOwn(inner, name))
    return twice === undefined ? { ...inner, ...more } : raise(sampler.name, `two coefficients are called ${twice}`)
  }
}

/** What is known of the pictures that `inpaint` fills in. */
export interface Known {
  /** The pictures `[N, …]`; what they hold where the mask is 0 does not matter. */
  readonly known: Tensor
  /** 1 where the pictures are known, 0 where they are to be made; it broadcasts over them. */
  readonly mask: Tensor
}

/**
 * A sampler that fills in the rest of pictures (Lugmayr et al. 2022, RePaint): after each step the known part is put in its
 * place, with as much noise as the rest has. Without noise it is what is known, exactly. Around it, `resampled` makes
 * both parts agree.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const sampler = t.inpaint(t.ddim(), { known: t.tensor([[7, 0]]), mask: t.tensor([[1, 0]]) })
 * const silent: t.Model<null> = (_, x) => t.mul(x, 0)
 * const run = t.sample(t.reference, sampler, t.linearSchedule({ steps: 3 }), silent)
 * let last: t.Tensor = t.zeros([1, 2])
 * for await (const { x } of run(null, { key: t.key(0), shape: [2] })) last = x
 * assert.equal((await t.reference.read(last))[0], 7)
 * ```
 */
export const inpaint = (sampler: AnySampler, given: Known): AnySampler => {
  const { known, mask } = options('inpaint', given, { known: true, mask: true })
  return {
    name: `inpaint(${sampler.name})`,
    coefficients: withOwn(sampler, (place) => {
      const { signal, noise } = at(place, place.i + 1)
      return { knownSignal: signal, knownNoise: noise }
    }),
    init: (x) => sampler.init(x),
    step: (input) => {
      const { x, memory } = sampler.step(input)
      const { knownSignal, knownNoise } = input.c as Record<string, Scalar>
      const noisy = combine([knownSignal!, known], [knownNoise!, input.noise(stream)])
      return { x: add(mul(mask, noisy), mul(sub(1, mask), x)), memory }
    }
  }
}

/** The options of `resampled`. */
export interface ResampledOptions {
  /** How often each step is taken. */
  readonly times: number
}

/**
 * A sampler that takes each step several times (Lugmayr et al. 2022, section 4.2): in between, the pictures get back the
 * noise that the step took from them. What was put into them, such as by `inpaint`, thereby spreads to the rest.
 *
 * @throws TesseraError if times is not a whole number above 0
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.equal(t.resampled(t.ddim(), { times: 3 }).name, 'resampled(ddim)')
 * ```
 */
export const resampled = (sampler: AnySampler, given: ResampledOptions): AnySampler => {
  const { times } = options('resampled', given, { times: true })
  if (!Number.isSafeInteger(times) || times < 1) raise('resampled', `times is a whole number above 0, not ${times}`)
  return {
    name: `resampled(${sampler.name})`,
    coefficients: withOwn(sampler, (place) => {
      const [from, to] = [at(place, place.i), at(place, place.i + 1)]
      const kept = from.signal / to.signal
      return { back: kept, fresh: Math.sqrt(Math.max(0, from.noise ** 2 - (kept * to.noise) ** 2)) }
    }),
    init: (x) => sampler.init(x),
    step: (input) => {
      const { back, fresh } = input.c as Record<string, Scalar>
      let [x, out]: readonly [Tensor, StepOutput<unknown>] = [input.x, sampler.step(input)]
      for (let again = 1; again < times; again++) {
        // each repetition has streams of its own
        const shift = again * (stream + 2)
        x = combine([back!, out.x], [fresh!, input.noise(shift)])
        const noise = (of = 0): Tensor => input.noise(shift + 1 + of)
        const next: StepInput<string, unknown> = { ...input, ...input.here(x), x, noise }
        out = sampler.step(next)
      }
      return out
    }
  }
}

/** A measurement of pictures that `measured` looks for. */
export interface Measurement {
  /** What is measured of clean pictures: a linear function of them, such as a blur. */
  readonly measure: (x0: Tensor) => Tensor
  /** What it came to. */
  readonly found: Tensor
  /** How strongly each step is drawn there; 1 by default. */
  readonly scale?: number
}

/** Keeps the direction finite where a prediction fits exactly. */
const tiny = 1e-12

/**
 * A sampler that is drawn to pictures of which a measurement is known (Chung et al. 2023, DPS, algorithm 1): each step goes
 * scale · ∇ ‖found - measure(x_0(x))‖ further, where x_0(x) is the predicted picture.
 *
 * @throws TesseraError if the scale is not a number
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const sum = { measure: (x0: t.Tensor) => t.sum(x0, { axes: 1 }), found: t.tensor([2]) }
 * assert.equal(t.measured(t.ddim(), sum).name, 'measured(ddim)')
 * ```
 */
export const measured = (sampler: AnySampler, given: Measurement): AnySampler => {
  const { measure, found, scale = 1 } = options('measured', given, { measure: true, found: true, scale: true })
  if (!Number.isFinite(scale)) raise('measured', `scale is a number, not ${scale}`)
  return {
    name: `measured(${sampler.name})`,
    coefficients: (place) => sampler.coefficients(place),
    init: (x) => sampler.init(x),
    step: (input) => {
      const off = (x: Tensor): Scalar => sqrt(add(sum(square(sub(found, measure(input.here(x).x0)))), tiny))
      const { x, memory } = sampler.step(input)
      return { x: sub(x, mul(grad(off)(input.x), scale)), memory }
    }
  }
}
