import type { Row, Tensor } from '../core/tensor.ts'
import { topological } from '../core/tensor.ts'

/** Numbers that JSON has no text for: NaN, infinities and -0 must not pass for each other. */
const exact = (_: string, value: unknown): unknown =>
  typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `number ${Object.is(value, -0) ? '-0' : value}`
    : value

/** Text that the attributes of two nodes of one row share exactly where they are the same. */
export const attrsText = (attrs: unknown): string => JSON.stringify(attrs, exact)

const rows = new WeakMap<Row, number>()
let count = 0
const idOf = (row: Row): number => {
  const known = rows.get(row) ?? count++
  rows.set(row, known)
  return known
}

/** Text that two graphs share where one plan serves both, and the leaves in which they then differ, in order. */
export const graphKey = (outputs: readonly Tensor[]): { readonly key: string; readonly leaves: readonly Tensor[] } => {
  const ids = new Map<Tensor, number>()
  const leaves: Tensor[] = []
  const lines = topological(outputs).map((x) => {
    ids.set(x, ids.size)
    const isLeaf = x.row.kernel.kind === 'buffer'
    if (isLeaf) leaves.push(x)
    const what = isLeaf ? 'leaf' : `${idOf(x.row)} ${attrsText(x.attrs)} ${x.inputs.map((y) => ids.get(y)!).join(' ')}`
    return `${what} ${x.shape.join(',')}`
  })
  return { key: [...lines, outputs.map((x) => ids.get(x)!).join(' ')].join('\n'), leaves }
}
