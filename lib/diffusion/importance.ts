import { zeros } from '../core/create.ts'
import type { Key } from '../core/key.ts'
import { options, whole, type OptionNames } from '../core/options.ts'
import { add, div, equal, floor, full, iota, less, lessEqual, mul, reshape, select, sqrt, sub, take } from '../core/primitives.ts' // prettier-ignore
import { checkWithin } from '../core/rows/leaves.ts'
import { raise, showShape } from '../base/raise.ts'
import { sameShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { matmul } from '../ops/linear.ts'
import { minimum, square } from '../ops/pointwise.ts'
import { uniform } from '../ops/random.ts'
import { mean, min, sum } from '../ops/reduce.ts'

/** The options of `importance`. */
export interface ImportanceOptions {
  /** The number of timesteps T. */
  readonly steps: number
  /** How many of its last losses each timestep remembers; 10 by default. */
  readonly history?: number
  /** The part of the draws that stays equally likely, so that no timestep is forgotten; 0.001 by default. */
  readonly equal?: number
}

/** The last losses of each timestep: a tree of tensors, which compiles with a training step and can be stored. */
export interface LossHistory {
  /** The losses `[T, history]`; each row is written in turns. */
  readonly losses: Tensor
  /** How many losses each timestep has had, `[T]`. */
  readonly seen: Tensor
}

/** Timesteps, and how much the loss of each counts. */
export interface WeightedTimesteps {
  /** The timesteps `[N]`. */
  readonly ts: Tensor
  /** 1 / (T p_t) for each, `[N]`. */
  readonly weights: Tensor
}

/** Timesteps drawn by their losses. */
export interface Importance {
  /** The history before the first loss. */
  readonly init: () => LossHistory
  /** How likely each timestep is, `[T]`. */
  readonly probabilities: (history: LossHistory) => Tensor
  /** Draws `n` timesteps and their weights. */
  readonly draw: (history: LossHistory, key: Key, n: number) => WeightedTimesteps
  /** The history with the losses `[N]` of timesteps `[N]` too. */
  readonly update: (history: LossHistory, ts: Tensor, losses: Tensor) => LossHistory
}

const optionNames: OptionNames<ImportanceOptions> = { steps: true, history: true, equal: true }

const checked = (given: ImportanceOptions): Required<ImportanceOptions> => {
  const { steps, history = 10, equal: same = 0.001 } = options('importance', given, optionNames)
  whole('importance', 'steps', steps, 1)
  whole('importance', 'history', history, 1)
  if (!(same > 0 && same <= 1)) raise('importance', `equal is above 0 and at most 1, not ${same}`)
  return { steps, history, equal: same }
}

const row = (x: Tensor): Tensor => reshape(x, [1, -1])
const column = (x: Tensor): Tensor => reshape(x, [-1, 1])

/** The rest of whole numbers; the half keeps what is rounded in a division on its side. */
const modulo = (x: Tensor, n: number): Tensor => sub(x, mul(floor(div(add(x, 0.5), n)), n))

/** p_t ∝ √mean(L_t²), once each timestep has its history. Where all losses are 0, no timestep is better than another. */
const probabilitiesBy =
  ({ steps, history, equal: same }: Required<ImportanceOptions>) =>
  ({ losses, seen }: LossHistory): Tensor => {
    const sizes = sqrt(mean(square(losses), { axes: 1 }))
    const total = sum(sizes)
    const known = mul(lessEqual(history, min(seen)), less(0, total))
    return select(
      known,
      add(mul(div(sizes, select(known, total, 1)), 1 - same), same / steps),
      full([steps], 1 / steps)
    )
  }

/** The timesteps at which the cumulated probabilities reach uniform numbers. */
const drawBy =
  (probabilities: Importance['probabilities'], steps: number): Importance['draw'] =>
  (history, key, n) => {
    const p = probabilities(history)
    const upTo = matmul(lessEqual(iota([steps, steps], { axis: 1 }), iota([steps, steps])), p)
    const below = sum(lessEqual(row(upTo), column(uniform(key, [n]))), { axes: 1 })
    // the last sum is 1 only up to rounding
    const ts = minimum(below, steps - 1)
    return { ts, weights: div(1 / steps, take(p, ts)) }
  }

/** Writes losses in turns. Of a timestep that occurs more often than its history is long, the last ones stay. */
const updateBy =
  ({ steps, history }: Required<ImportanceOptions>): Importance['update'] =>
  ({ losses, seen }, ts, given) => {
    if (ts.shape.length !== 1 || !sameShape(ts.shape, given.shape))
      raise('importance', `wants one loss per timestep: ${showShape(given.shape)} for ${showShape(ts.shape)}`)
    checkWithin('importance', 'the timestep', ts, steps)
    const n = ts.shape[0]!
    const [same, at] = [equal(column(ts), row(ts)), [iota([n, n]), iota([n, n], { axis: 1 })] as const]
    const earlier = sum(mul(same, less(at[1], at[0])), { axes: 1 })
    const later = sum(mul(same, less(at[0], at[1])), { axes: 1 })
    const kept = mul(equal(iota([steps, n]), row(ts)), row(less(later, history)))
    const place = modulo(add(take(seen, ts), earlier), history)
    const placed = equal(iota([n, history], { axis: 1 }), column(place))
    const written = matmul(kept, placed)
    return {
      losses: select(written, matmul(kept, mul(placed, column(given))), losses),
      seen: add(seen, sum(equal(iota([steps, n]), row(ts)), { axes: 1 }))
    }
  }

/**
 * Timesteps drawn in proportion to √E[L_t²], and weighted by 1 / (T p_t), so that the mean of weight · loss is still the
 * mean over all timesteps, with less noise (Nichol and Dhariwal 2021, eq. 18). E[L_t²] is the mean of the last ten losses
 * of t. Until each timestep has had as many, all are equally likely.
 *
 * @throws TesseraError if an option is out of range; at an update, unless there is one loss per timestep
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const { init, update, probabilities, draw } = t.importance({ steps: 2, history: 1, equal: 0.2 })
 * const history = update(init(), t.tensor([0, 1]), t.tensor([3, 1]))
 * const p = await t.reference.read(probabilities(history))
 * assert.deepStrictEqual(p.map((x) => Math.round(x * 1e9) / 1e9), Float64Array.of(0.7, 0.3))
 * const { ts, weights } = draw(history, t.key(0), 64)
 * assert.deepStrictEqual([ts.shape, weights.shape], [[64], [64]])
 * ```
 */
export const importance = (given: ImportanceOptions): Importance => {
  const all = checked(given)
  const probabilities = probabilitiesBy(all)
  return {
    init: () => ({ losses: zeros([all.steps, all.history]), seen: zeros([all.steps]) }),
    probabilities,
    draw: drawBy(probabilities, all.steps),
    update: updateBy(all)
  }
}
