import { percent, short, table } from '../lib/table.ts'
import type { Cells } from '../lib/table.ts'
import { byFamily, byProgram, summed, together } from './group.ts'
import type { Group } from './group.ts'
import type { Profile } from './work.ts'

/** Kinds of kernels that have their own lines. */
const most = 25

export const shapeText = (shape: readonly number[]): string => `[${shape.join(',')}]`

/** Calls, milliseconds, share, and the rate: billions of operations and of bytes a second. */
const figures = ({ calls, ms, flops, bytes }: Group, whole: number): Cells => [
  calls,
  short(ms),
  percent(ms, whole),
  short(flops / ms / 1e6),
  short(bytes / ms / 1e6)
]
const units = ['calls', 'ms', 'share', 'GFLOP/s', 'GB/s']

/** Where the time goes, by kind of kernel: all calls of one program. */
export const kernelTable = ({ kernels }: Profile): string => {
  const { ms } = together(kernels)
  const kinds = byProgram(kernels)
  const rest = kinds.slice(most)
  const rows = kinds.slice(0, most).map((kind): Cells => [kind.name, shapeText(kind.shape), ...figures(kind, ms)])
  const others: readonly Cells[] =
    rest.length === 0 ? [] : [[`${rest.length} other programs`, '', ...figures(summed(rest), ms)]]
  return table(['kernel', 'for example', ...units], [...rows, ...others], 2)
}

/** Where the time goes, by what kernels are for. */
export const familyTable = ({ kernels }: Profile): string => {
  const whole = together(kernels)
  const rows = byFamily(kernels).map(([family, group]): Cells => [family, group.programs, ...figures(group, whole.ms)])
  return table(['family', 'programs', ...units], [...rows, ['all', whole.programs, ...figures(whole, whole.ms)]])
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

/** The sums, and what the first run took. */
export const totalLines = ({ kernels, whole, first }: Profile, batch: number): readonly string[] => {
  const { calls, programs, ms, flops } = together(kernels)
  const { traceMs, planMs, compileMs, runMs } = first
  return [
    `${calls} calls of ${programs} programs, ${(flops / 1e9).toFixed(2)} GFLOP`,
    `${short(ms)} ms with a wait after each kernel, ${short(whole)} ms without: ${short((1000 * batch) / whole)} images/s, ${short(flops / whole / 1e6)} GFLOP/s`,
    `The first run: trace ${seconds(traceMs)}, plan ${seconds(planMs)}, compile ${seconds(compileMs)}, run ${seconds(runMs)}`
  ]
}
