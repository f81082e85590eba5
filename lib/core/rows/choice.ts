import { raise, showShape } from '../raise.ts'
import { axesOf, isEmpty, sizeOf, stridesOf, type Shape } from '../shape.ts'
import { node, type Row, type Tensor, type Values } from '../tensor.ts'
import { foldValues, zeros } from '../values.ts'
import { foldAccess, foldedShape, sumKeep } from './adjoint.ts'
import { iota } from './leaves.ts'
import { reshape } from './movement.ts'
import { div, equal, mul } from './pointwise.ts'

const maxRow: Row<readonly number[]> = {
  name: 'max',
  kernel: { kind: 'access', at: foldAccess('max') },
  shape: (axes, from) =>
    isEmpty(axes.map((axis) => from[axis]!)) && !isEmpty(foldedShape(axes, from))
      ? raise('max', `there is no largest of no elements: axes ${showShape(axes)} of ${showShape(from)}`)
      : foldedShape(axes, from),
  reference: (axes, _, x) => foldValues((most, v) => (v > most ? v : most), -Infinity, axes, x),
  // the largest elements share the cotangent
  vjp: (ct, y, [x], axes) => {
    const largest = equal(x!, y)
    return [mul(ct, div(largest, sumKeep(largest, axes)))]
  },
  show: showShape
}

/** The largest element over some axes, which stay with size 1. */
export const maxKeep = Object.assign(
  (x: Tensor, axes?: number | readonly number[]): Tensor => {
    const over = axesOf('max', axes, x.shape.length)
    return over.length === 0 ? x : node(maxRow, over, x)
  },
  { row: maxRow }
)

const takeRow: Row<undefined> = {
  name: 'take',
  kernel: { kind: 'gather' },
  shape: (_, table, rows) =>
    table && rows && table.length > 0 && rows.length === 1 && (table[0]! > 0 || rows[0] === 0)
      ? [rows[0]!, ...table.slice(1)]
      : raise('take', `wants a table with axes and a list of row numbers: ${showShape(table)}, ${showShape(rows)}`),
  reference: (_, shape, table, rows) => taken(shape, table, rows),
  // row r gets Σ_n (rows_n = r) ct_n
  vjp: (ct, _, [table, rows]) => {
    const ones = new Array<number>(ct.shape.length - 1).fill(1)
    const [n, count] = [ct.shape[0]!, table!.shape[0]!]
    const hit = equal(reshape(rows!, [n, 1]), iota([n, count], 1))
    const sums = sumKeep(mul(reshape(hit, [n, count, ...ones]), reshape(ct, [n, 1, ...ct.shape.slice(1)])), 0)
    return [reshape(sums, table!.shape), undefined]
  }
}

const taken = (shape: Shape, table: Values, rows: Values): Values => {
  const y = zeros(shape)
  const inner = shape.slice(1)
  const [width, strides] = [sizeOf(inner), stridesOf(inner)]
  for (let i = 0; i < shape[0]!; i++) {
    const row = rows.get(i)
    if (!(row >= 0 && row < table.shape[0]!)) continue // outside the table there are zeros, as in the kernels
    for (let j = 0; j < width; j++) {
      const at = inner.map((d, k) => Math.floor(j / strides[k]!) % d)
      y.data[i * width + j] = table.get(Math.floor(row), ...at)
    }
  }
  return y
}

/** Rows of a table by number: `[r, …]` and `[n]` give `[n, …]`. A number outside the table gives zeros. */
export const take = Object.assign((table: Tensor, rows: Tensor): Tensor => node(takeRow, undefined, table, rows), {
  row: takeRow
})
