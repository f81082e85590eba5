import { node, type Row, type Tensor } from '../tensor.ts'

// Rows that compute nothing: their value is their first input.

const barrierRow: Row<undefined> = {
  name: 'barrier',
  marks: 'barrier',
  kernel: { kind: 'pointwise', text: (x) => x },
  shape: (_, from) => from,
  reference: (_, __, x) => x,
  vjp: (ct) => [ct]
}

/** `x`, materialised in a buffer of exactly this shape. */
export const barrier = Object.assign((x: Tensor): Tensor => node(barrierRow, undefined, x), { row: barrierRow })

const differentiatedAsRow: Row<undefined> = {
  name: 'differentiatedAs',
  marks: 'gradient',
  kernel: { kind: 'pointwise', text: (value) => value },
  shape: (_, value) => value,
  reference: (_, __, value) => value,
  vjp: (ct) => [undefined, ct]
}

/**
 * The value of `value` with the gradient of `other`, which must be the same function written in another way. Use it if
 * one form keeps more digits, and the gradient of the other takes fewer operations.
 */
export const differentiatedAs = Object.assign(
  (value: Tensor, other: Tensor): Tensor => node(differentiatedAsRow, undefined, value, other),
  { row: differentiatedAsRow }
)
