import type { Figure } from './figures.ts'

/** Three digits that say something. */
export const short = (x: number): string => {
  if (!Number.isFinite(x)) return '?'
  if (Math.abs(x) >= 100) return x.toFixed(0)
  return Math.abs(x) >= 10 ? x.toFixed(1) : x.toPrecision(3)
}

const percent = (share: number | undefined): string => (share === undefined ? '' : `${(100 * share).toFixed(0)} %`)

const times = (ratio: number): string => `${short(ratio)}x`

/** The peers of all rows, in the order in which they first come. */
const peersOf = (figures: readonly Figure[]): readonly string[] => [
  ...new Set(figures.flatMap(({ peers, faults = [] }) => [...peers, ...faults].map(({ name }) => name)))
]

const peerCell = ({ peers, faults = [] }: Figure, name: string): string => {
  const found = peers.find((peer) => peer.name === name)
  if (found) return `${short(found.value)} (${times(found.ratio)})`
  return faults.some((fault) => fault.name === name) ? 'error' : ''
}

type Cells = readonly string[]

/** The cells of the table: the head, then a row for each figure. */
export const cellsOf = (figures: readonly Figure[], ours: string): readonly Cells[] => {
  const peers = peersOf(figures).filter((name) => name !== ours)
  const head = ['', 'unit', ours, 'of probe', ...peers]
  const row = (figure: Figure): Cells => [
    figure.name,
    figure.unit,
    figure.rounds.length === 0 ? 'error' : short(figure.value),
    percent(figure.share),
    ...peers.map((name) => peerCell(figure, name))
  ]
  return [head, ...figures.map(row)]
}

/** Columns for a terminal: the names to the left, the rest to the right. */
export const tableText = (rows: readonly Cells[]): string => {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  const padded = (cell: string, i: number): string =>
    i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)
  return rows.map((row) => row.map(padded).join('  ').trimEnd()).join('\n')
}

/** The same as a table in Markdown. */
export const tableMarkdown = ([head = [], ...rows]: readonly Cells[]): string => {
  const line = (cells: Cells): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i < 2 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

/** What went wrong, a line each. */
export const faultLines = (figures: readonly Figure[]): readonly string[] =>
  figures.flatMap(({ name, faults = [] }) => faults.map((fault) => `${fault.name}, ${name}: ${fault.message}`))
