import { raise, showShape } from '../../base/raise.ts'
import { isEmpty, sizeOf, stridesOf, type Shape } from '../shape.ts'
import { counted, dualOp } from '../dual.ts'
import { node, withRow, type Row, type Tensor, type Values } from '../tensor.ts'
import { zeros } from '../values.ts'
import { larger } from '../reductions.ts'
import { primitiveReduction, reducedShape, sumKeep, type Keep } from './adjoint.ts'
import { checkCountable, checkWithin, iota } from './leaves.ts'
import { reshape } from './movement.ts'
import { div, equal, less, mul, select } from './arithmetic.ts'
import { floor } from './pointwise.ts'

/** The largest element over some axes, which stay with size 1. */
export const maxKeep: Keep = primitiveReduction(
  {
    name: 'max',
    identity: -Infinity,
    combine: Math.max,
    text: (a, b) => `larger(${a}, ${b})`,
    helper: larger,
    adds: false,
    selects: true
  },
  {
    shape: (axes, from) =>
      isEmpty(axes.map((axis) => from[axis]!)) && !isEmpty(reducedShape(axes, from))
        ? raise('max', `there is no largest of no elements: axes ${showShape(axes)} of ${showShape(from)}`)
        : reducedShape(axes, from),
    // the largest elements share the cotangent; if one is NaN, none is the largest, and all get 0 / 0
    vjp: (ct, y, [x], axes) => {
      const largest = equal(x!, y)
      return [select(less(x!, y), 0, mul(ct, div(largest, sumKeep(largest, axes))))]
    }
  }
)

/** The product over some axes, which stay with size 1. */
export const prodKeep: Keep = primitiveReduction(
  {
    name: 'prod',
    identity: 1,
    combine: (a, b) => a * b,
    text: (a, b) => `${a} * ${b}`,
    adds: false,
    selects: false
  },
  {
    // the product of the elements that are not 0; an element that is 0 gets it if it is the only one
    vjp: (ct, _, [x], axes) => {
      const isZero = equal(x!, 0)
      const zeros = sumKeep(isZero, axes)
      const others = prodKeep(select(isZero, 1, x!), axes)
      return [
        mul(ct, select(isZero, select(less(zeros, 1.5), others, 0), select(less(zeros, 0.5), div(others, x!), 0)))
      ]
    }
  }
)

const takeRow: Row<undefined> = {
  name: 'take',
  kernel: { kind: 'gather' },
  shape: (_, table, rows) => {
    if (!table || rows?.length !== 1 || table.length === 0 || (table[0] === 0 && rows[0] !== 0))
      return raise('take', `wants a table with axes and a list of row numbers: ${showShape(table)}, ${showShape(rows)}`)
    checkCountable('take', 'the rows', table[0]!)
    return [rows[0]!, ...table.slice(1)]
  },
  reference: (_, shape, table, rows) => taken(shape, table, rows),
  // row r gets Σ_n (rows_n = r) ct_n
  vjp: (ct, _, [table, rows]) => {
    const ones = new Array<number>(ct.shape.length - 1).fill(1)
    const [n, count] = [ct.shape[0]!, table!.shape[0]!]
    const hit = equal(reshape(floor(rows!), [n, 1]), iota([n, count], { axis: 1 }))
    // chosen, not multiplied by 0 and 1: an infinite cotangent of one row must not make others NaN
    const each = select(reshape(hit, [n, count, ...ones]), reshape(ct, [n, 1, ...ct.shape.slice(1)]), 0)
    const sums = sumKeep(each, 0)
    return [reshape(sums, table!.shape), undefined]
  }
}

const taken = (shape: Shape, table: Values, rows: Values): Values => {
  const y = zeros(shape)
  y.data.fill(NaN)
  const inner = shape.slice(1)
  const [width, strides] = [sizeOf(inner), stridesOf(inner)]
  for (let i = 0; i < shape[0]!; i++) {
    const row = rows.get(i)
    if (!(row >= 0 && row < table.shape[0]!)) continue // a missing row is NaN, as in the kernels
    for (let j = 0; j < width; j++) {
      const at = inner.map((d, k) => Math.floor(j / strides[k]!) % d)
      y.data[i * width + j] = table.get(Math.floor(row), ...at)
    }
  }
  return y
}

/** A table and row numbers; or the row numbers alone, for `pipe`. */
export interface Take {
  (table: Tensor, rows: Tensor): Tensor
  (rows: Tensor): (table: Tensor) => Tensor
}

/**
 * Rows of a table by number, rounded down: `[r, …]` and `[n]` give `[n, …]`. The gradient adds up the cotangents of
 * equal row numbers.
 *
 * @throws TesseraError if the host knows a number outside the table; one that only the device knows gives NaN
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const table = t.tensor([[1, 2], [3, 4], [5, 6]])
 * assert.deepStrictEqual(await t.reference.read(t.take(table, t.tensor([2, 0]))), Float64Array.of(5, 6, 1, 2))
 * ```
 */
export const take = withRow(
  dualOp<Take>('take', counted(2), (rows: Tensor) => (table: Tensor) => {
    const result = node(takeRow, undefined, table, rows)
    checkWithin('take', 'the row', rows, table.shape[0]!, { floored: true })
    return result
  }),
  takeRow
)
