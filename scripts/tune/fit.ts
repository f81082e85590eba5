import type { Costs } from '../../lib/compile/kernel/costs.ts'
import { total } from '../lib/table.ts'

/** The constants that time is linear in. */
export const fitted = ['fetch', 'madd', 'loop', 'write', 'call'] as const
export type Fitted = Readonly<Record<(typeof fitted)[number], number>>

/** How much of each cost a measurement takes, and how long it took. */
export interface Sample {
  readonly amounts: Fitted
  readonly ms: number
}

/** What the cost model expects of an amount: milliseconds. */
export const expected = (amounts: Fitted, costs: Fitted): number =>
  total(fitted.map((name) => amounts[name] * costs[name]))

/** Of relative errors: amounts in parts of the time measured, which should sum up to 1. */
const scaled = ({ amounts, ms }: Sample): readonly number[] => fitted.map((name) => amounts[name] / ms)

const most = 100_000
const enough = 1e-12

/**
 * min |A x - b|² over x >= 0 by coordinate descent, on G = AᵀA and h = Aᵀb: one constant after the other takes its best
 * value given the others, x_j = max(0, x_j + (h_j - G_j x) / G_jj), until none moves.
 */
const descent = (gram: readonly (readonly number[])[], target: readonly number[]): readonly number[] => {
  const x = target.map(() => 0)
  for (let i = 0, moved = Infinity; i < most && moved > enough; i++) {
    moved = 0
    for (const [j, row] of gram.entries()) {
      if (row[j] === 0) continue
      const before = x[j]!
      x[j] = Math.max(0, before + (target[j]! - total(row.map((g, k) => g * x[k]!))) / row[j]!)
      // in parts of a measurement: the columns have units of their own
      moved = Math.max(moved, Math.abs(x[j] - before) * Math.sqrt(row[j]!))
    }
  }
  return x
}

/** The weight of the default proportions against a measurement, for each constant. */
const usualTrust = 0.01

/** The factor by which all constants grow together, by least squares of relative errors. */
export const commonFactor = (samples: readonly Sample[], usual: Fitted): number => {
  const ratios = samples.map(({ amounts, ms }) => expected(amounts, usual) / ms)
  return total(ratios) / total(ratios.map((ratio) => ratio * ratio))
}

/**
 * The constants, none negative, with the least squares of relative errors. What the samples leave open (the writes of a
 * long sum are next to nothing) keeps the proportion that it usually has: each constant has `trust` samples for each
 * real one that say so. `cores` and `block` stay as they are.
 */
export const fit = (samples: readonly Sample[], usual: Costs, trust = usualTrust): Costs => {
  const factor = commonFactor(samples, usual)
  const rows = samples.map(scaled)
  const known = fitted.map((name, j) => {
    const weight = Math.sqrt(trust * samples.length)
    return { row: fitted.map((_, k) => (k === j ? weight / (factor * usual[name]) : 0)), goal: weight }
  })
  const all = [...rows.map((row) => ({ row, goal: 1 })), ...known]
  const gram = fitted.map((_, j) => fitted.map((__, k) => total(all.map(({ row }) => row[j]! * row[k]!))))
  const target = fitted.map((_, j) => total(all.map(({ row, goal }) => row[j]! * goal)))
  const [fetch, madd, loop, write, call] = descent(gram, target) as [number, number, number, number, number]
  return { ...usual, fetch, madd, loop, write, call }
}
