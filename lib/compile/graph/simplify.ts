import { scalar, tensor } from '../../core/create.ts'
import {
  add,
  broadcastTo,
  div,
  expand,
  flip,
  full,
  mul,
  neg,
  pad,
  permute,
  reshape,
  sliceAt,
  sub,
  window
} from '../../core/primitives.ts'
import { isEmpty, sameShape } from '../../core/shape.ts'
import { attrsText } from '../kernel/key.ts'
import { node, type Row, type Tensor } from '../../core/tensor.ts'
import { rewrite, withInputs } from './rewrite.ts'

/** A simpler node with the same value, or undefined. */
type Rule = (x: Tensor, inputs: readonly Tensor[]) => Tensor | undefined

const constantOf = (x: Tensor | undefined): number | undefined =>
  x?.row.kernel.kind === 'constant' ? (x.attrs as { readonly value: number }).value : undefined

const is = (x: Tensor, { row }: RowOf): boolean => x.row === row
const isNegative = (x: Tensor, of: Tensor): boolean => is(x, neg) && x.inputs[0] === of

/** A function that carries its row. */
interface RowOf {
  readonly row: unknown
}

/** Rules, and the rows that each applies to: all rows if the list is empty. */
const rules: readonly (readonly [on: readonly RowOf[], rule: Rule])[] = [
  // a tensor without elements is data and needs no kernel
  [[], (x) => (isEmpty(x.shape) && x.row.kernel.kind !== 'buffer' ? tensor([], x.shape) : undefined)],
  // a reduction of no elements is its identity; the padding of an empty tensor is 0
  [[], (x, [a]) => (x.row.kernel.kind === 'access' && isEmpty(a!.shape) ? full(x.shape, nothing(x.row)) : undefined)],
  // GLSL has no literals for NaN and infinity: they come as data
  [
    [],
    (x) => {
      const value = constantOf(x)
      return value !== undefined && !Number.isFinite(Math.fround(value))
        ? broadcastTo(scalar(value), x.shape)
        : undefined
    }
  ],
  // 0 · x and 0 / x: drivers take them for 0 even if x is NaN or infinite, unless the 0 comes as data
  [
    [mul, div],
    (x, [a, b]) => {
      const known = constantOf(a) === 0 ? a : is(x, mul) && constantOf(b) === 0 ? b : undefined
      const zero = known && broadcastTo(scalar(constantOf(known)!), x.shape)
      return zero && node(x.row, x.attrs, known === a ? zero : a!, known === a ? b! : zero)
    }
  ],
  // x - x and x + -x are 0 · x: drivers take them for 0 even if x is NaN or infinite
  [
    [sub, add],
    (x, [a, b]) => {
      const isOpposite = is(x, sub) ? a === b : isNegative(a!, b!) || isNegative(b!, a!)
      return isOpposite ? node(mul.row, undefined, is(a!, neg) ? b! : a!, broadcastTo(scalar(0), x.shape)) : undefined
    }
  ],
  // markers for autodiff compute nothing
  [[], (x, [a]) => (x.row.marks === 'gradient' ? a : undefined)],
  // x + 0, x - 0, 0 + x
  [[add, sub], (_, [a, b]) => (constantOf(b) === 0 ? a : undefined)],
  [[add], (_, [a, b]) => (constantOf(a) === 0 ? b : undefined)],
  // x · 1, x / 1, 1 · x
  [[mul, div], (_, [a, b]) => (constantOf(b) === 1 ? a : undefined)],
  [[mul], (_, [a, b]) => (constantOf(a) === 1 ? b : undefined)],
  // moving a constant gives the same constant (except pad, which adds zeros)
  [
    [reshape, permute, sliceAt, flip, expand, window],
    (x, [a]) => {
      const value = constantOf(a)
      return value === undefined ? undefined : full(x.shape, value)
    }
  ],
  // a function of constants is a constant
  [
    [],
    (x, inputs) => {
      if (x.row.kernel.kind !== 'pointwise') return undefined
      const values = inputs.map(constantOf)
      if (!values.every((v) => v !== undefined)) return undefined
      const scalars = values.map((value) => full([], value).row.reference({ shape: [], value }, []))
      return full(x.shape, x.row.reference(x.attrs, [], ...scalars).get())
    }
  ],
  // consecutive reshapes are one
  [
    [reshape],
    (x, [a]) => (is(a!, reshape) && !sameShape(a!.shape, x.shape) ? node(x.row, x.shape, a!.inputs[0]!) : undefined)
  ],
  // a movement that changes nothing
  [[reshape, expand, pad, sliceAt], (x, [a]) => (sameShape(a!.shape, x.shape) ? a : undefined)],
  [[permute], (x, [a]) => ((x.attrs as readonly number[]).every((axis, i) => axis === i) ? a : undefined)]
]

/** The value that a row gives for an empty input. */
const nothing = ({ kernel }: Row): number => (kernel.kind === 'access' && kernel.reduces ? kernel.reduces.identity : 0)

/** The rules for each row, in order. */
const rulesOn = new WeakMap<Row, readonly Rule[]>()
const rulesOf = (row: Row): readonly Rule[] => {
  const own = rulesOn.get(row)
  if (own) return own
  const found = rules.flatMap(([on, rule]) => (on.length === 0 || on.some((op) => op.row === row) ? [rule] : []))
  rulesOn.set(row, found)
  return found
}

/** Equal for equal expressions: the same row of the same inputs. A buffer is only equal to itself. */
const keyOf = (x: Tensor, inputs: readonly Tensor[], id: (x: object) => number): string | undefined =>
  x.row.kernel.kind === 'buffer'
    ? undefined
    : `${id(x.row)} ${attrsText(x.attrs)} ${inputs.map(id).join(' ')} ${x.shape.join(',')}`

/**
 * Computes the same outputs from fewer nodes: applies the rules above, and keeps equal expressions once. The outputs stay
 * in order.
 */
export const simplify = (outputs: readonly Tensor[]): readonly Tensor[] => {
  const ids = new Map<object, number>()
  const id = (x: object): number => ids.get(x) ?? (ids.set(x, ids.size), ids.size - 1)
  const known = new Map<string, Tensor>()
  const unique = (x: Tensor): Tensor => {
    const key = keyOf(x, x.inputs, id)
    if (key === undefined) return x
    const found = known.get(key) ?? x
    known.set(key, found)
    return found
  }
  const step = (x: Tensor, inputs: readonly Tensor[]): Tensor => {
    for (const rule of rulesOf(x.row)) {
      const simpler = rule(x, inputs)
      if (simpler) return simpler === inputs[0] || simpler === inputs[1] ? simpler : step(simpler, simpler.inputs)
    }
    return unique(withInputs(x, inputs))
  }
  return rewrite(outputs, step)
}
