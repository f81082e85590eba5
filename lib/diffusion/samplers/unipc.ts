import { zeros } from '../../core/create.ts'
import type { Tensor } from '../../core/tensor.ts'
import { at, combine, length, ratio, type AnySampler, type Sampler, type StepPlace } from './sampler.ts'

/** The corrected pictures of the step before, and the pictures that were predicted in the two steps before. */
type Memory = readonly [corrected: Tensor, last: Tensor, before: Tensor]

type Names = 'keep' | 'correct' | 'now' | 'last' | 'before' | 'x' | 'x0' | 'x0Last'

const none = { keep: 1, correct: 0, now: 0, last: 0, before: 0 } as const

/**
 * The step to level i once more, now that the picture predicted there is known (bh2): order 2 if two steps lead there, 1
 * if it is one.
 */
const corrector = (place: StepPlace): Readonly<Record<keyof typeof none, number>> => {
  const { i } = place
  if (i === 0) return none
  const [from, to] = [at(place, i - 1), at(place, i)]
  const q = ratio(from, to)
  const gain = to.signal * (1 - q)
  const [h, h1] = [length(place, i - 1), length(place, i - 2)]
  const moved = { keep: 0, correct: to.noise / from.noise }
  if (!Number.isFinite(h)) return none
  if (!Number.isFinite(h1)) return { ...moved, now: gain / 2, last: gain / 2, before: 0 }
  // ρ₁ + ρ₂ = b₁ and r ρ₁ + ρ₂ = b₂, with h's sign turned as pictures are predicted, not noise
  const b1 = (1 - (1 - q) / h) / (1 - q)
  const b2 = (2 * (b1 * (1 - q) * (1 / -h) + 1 / 2)) / (1 - q)
  const r = -h1 / h
  const rho1 = (b1 - b2) / (1 - r)
  const rho2 = b1 - rho1
  return { ...moved, now: gain * rho2, before: (gain * rho1) / r, last: gain * (1 - rho1 / r - rho2) }
}

/** The step from level i: of order 2, but for the first and the last. */
const predictor = (place: StepPlace): Readonly<Record<'x' | 'x0' | 'x0Last', number>> => {
  const { i } = place
  const [from, to] = [at(place, i), at(place, i + 1)]
  const gain = to.signal * (1 - ratio(from, to))
  const [h, h1] = [length(place, i), length(place, i - 1)]
  const ends = i === place.levels.length - 2
  const k = ends || !Number.isFinite(h1) || !Number.isFinite(h) ? 0 : h / (2 * h1)
  return { x: to.noise / from.noise, x0: gain * (1 + k), x0Last: -gain * k }
}

/**
 * UniPC of order 2 with B(h) = e^h - 1 (Zhao et al. 2023, algorithms 5 and 6): each step first corrects the pictures that
 * the last step came to, which costs no evaluation of the model, then predicts as `dpmpp2m` does.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const levels = t.levelsOf(t.linearSchedule({ steps: 10 }), [9, 4])
 * assert.equal(t.unipc().coefficients({ i: 0, levels }).correct, 0)
 * ```
 */
export const unipc = (): AnySampler =>
  ({
    name: 'unipc',
    coefficients: (place) => ({ ...corrector(place), ...predictor(place) }),
    init: (x) => [zeros(x.shape), zeros(x.shape), zeros(x.shape)],
    step: ({ x, x0, c, memory: [before, last, first] }) => {
      const corrected = combine([c.keep, x], [c.correct, before], [c.now, x0], [c.last, last], [c.before, first])
      return { x: combine([c.x, corrected], [c.x0, x0], [c.x0Last, last]), memory: [corrected, x0, last] }
    }
  }) satisfies Sampler<Names, Memory>
