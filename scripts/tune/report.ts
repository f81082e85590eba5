import type { Costs } from '../../lib/compile/kernel/costs.ts'
import { table } from '../lib/table.ts'
import type { Cells } from '../lib/table.ts'
import type { Candidate } from './candidates.ts'
import { expected, fitted } from './fit.ts'
import type { Sample } from './fit.ts'
import { meanRatio } from './tune.ts'
import type { Choice, Comparison } from './tune.ts'

/** `1x2x1x4`: results of a fragment along each axis. */
const tileText = ({ tiling: { tile } }: Candidate): string => tile.join('x')

const times = (ratio: number | undefined): string => (ratio === undefined ? 'fails' : `${ratio.toFixed(2)}x`)

const choiceCells = ({ candidate, ratio }: Choice): Cells => [tileText(candidate), times(ratio)]

/** For each sum the best tile, and those that the usual and the fitted constants choose. */
export const tileTable = (comparisons: readonly Comparison[]): string => {
  const rows = comparisons.map(({ name, best, ms, before, after }): Cells => {
    return [name, tileText(best), ms.toFixed(2), ...choiceCells(before), ...choiceCells(after)]
  })
  const mean = (which: 'before' | 'after'): string => times(meanRatio(comparisons.map((one) => one[which])))
  const last: Cells = ['geometric mean', '', '', '', mean('before'), '', mean('after')]
  return table(['sum', 'best', 'ms', 'usual', '', 'fitted', ''], [...rows, last])
}

const precise = (x: number): string => (x === 0 ? '0' : x < 0.01 ? x.toExponential(2) : x.toFixed(3))

/** The constants side by side. */
export const costTable = (usual: Costs, costs: Costs): string => {
  const rows = fitted.map((name): Cells => [name, precise(usual[name]), precise(costs[name])])
  return table(['ms of a', 'usual', 'fitted'], rows)
}

/** Where the middle eight tenths of predicted over measured lie. */
export const spreadLine = (samples: readonly Sample[], name: string, costs: Costs): string => {
  const ratios = samples.map(({ amounts, ms }) => expected(amounts, costs) / ms).toSorted((a, b) => a - b)
  const at = (q: number): string => ratios[Math.round(q * (ratios.length - 1))]!.toFixed(2)
  return `Predicted over measured, ${name} constants: ${at(0.1)} to ${at(0.9)} for eight tenths of ${ratios.length} measurements, ${at(0)} to ${at(1)} for all`
}
