export type Cells = readonly (string | number)[]

/** Columns under their heads: the first `left` are aligned to the left, the others, which hold numbers, to the right. */
export const table = (head: Cells, rows: readonly Cells[], left = 1): string => {
  const all = [head, ...rows].map((row) => row.map(String))
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i < left ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')
  return all.map((row) => line(row).trimEnd()).join('\n')
}

/** A number with about three digits, at most two of them decimals. */
export const short = (x: number): string => x.toFixed(Math.abs(x) < 10 ? 2 : Math.abs(x) < 100 ? 1 : 0)

export const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`

export const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)

/** The middle number, or the mean of the middle two. */
export const median = (xs: readonly number[]): number => {
  const sorted = xs.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
