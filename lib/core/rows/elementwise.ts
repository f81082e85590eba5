import { raise } from '../../base/raise.ts'
import type { Helper } from '../helper.ts'
import { kindOf } from '../options.ts'
import { broadcastShapes, sameShape, type Broadcast, type Fits, type Shape } from '../shape.ts'
import { isTensor, node, shaped, type Row, type Scalar, type Tensor } from '../tensor.ts'
import { mapValues } from '../values.ts'
import { expand } from './adjoint.ts'
import { full } from './leaves.ts'
import { reshape } from './movement.ts'

// How a pointwise row is made of its formulas, and a function of the row. The rows are in arithmetic.ts and pointwise.ts.

export interface Pointwise {
  readonly name: string
  /** The meaning. */
  readonly f: (...xs: number[]) => number
  /** The same in the kernels' language; if left out, a call of the helper or of the language's own. */
  readonly text?: (...xs: readonly string[]) => string
  /** The function that the text calls. */
  readonly helper?: Helper
  /** Multiplications that take as long; 1 where it is left out. */
  readonly cost?: number
  readonly marks?: Row['marks']
  /** Cotangents of the operands. */
  readonly vjp: (ct: Tensor, y: Tensor, ...xs: readonly Tensor[]) => readonly (Tensor | undefined)[]
}

export const pointwise = ({ name, f, helper, cost = 1, marks, vjp, ...row }: Pointwise): Row<undefined> => ({
  name,
  kernel: { kind: 'pointwise', text: row.text ?? callOf(helper?.name ?? name), cost, ...(helper && { helper }) },
  ...(marks && { marks }),
  shape: (_, ...shapes) => shapes.reduce((a, b) => broadcastShapes(name, a, b)),
  reference: (_, shape, ...xs) => mapValues(f, shape, ...xs),
  vjp: (ct, y, xs) => vjp(ct, y, ...xs)
})

const callOf =
  (name: string) =>
  (...operands: readonly string[]): string =>
    `${name}(${operands.join(', ')})`

/** A tensor or a number as a tensor. */
export const lift = (x: Tensor | number): Tensor => (isTensor(x) ? x : full([], x))

/** Repeats a tensor along axes of size 1 and new leading axes until it has `shape`. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor => {
  if (sameShape(x.shape, shape)) return x
  const aligned = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape]
  return expand(reshape(x, aligned), shape)
}

export const applied = (row: Row<undefined>, ...xs: readonly (Tensor | number)[]): Tensor => {
  const tensors = xs.map(lift)
  const shape = row.shape(undefined, ...tensors.map((x) => x.shape))
  return node(row, undefined, ...tensors.map((x) => broadcastTo(x, shape)))
}

/** A function of one tensor, element by element. */
export interface Unary {
  <S extends Shape>(x: Tensor<S>): Tensor<S>
  /** The row that it applies. */
  readonly row: Row<undefined>
}

/** What may stand beside a tensor of shape S. Literal shapes that do not broadcast are a type error. */
export type Operand<S extends Shape, R extends Shape> = Tensor<Fits<S, R>> | Scalar | number

/** Two operands, or the second one alone for `pipe`. */
export interface BinaryCalls {
  <S extends Shape, R extends Shape>(a: Tensor<S>, b: Tensor<R> & Tensor<Fits<NoInfer<S>, R>>): Tensor<Broadcast<S, R>>
  <S extends Shape>(a: Tensor<S>, b: number | Scalar): Tensor<S>
  <S extends Shape>(a: number, b: Tensor<S>): Tensor<S>
  /** For `pipe`: `pipe(a, op(b))` is `op(a, b)`. */
  (b: number): <S extends Shape>(a: Tensor<S>) => Tensor<S>
  <R extends Shape>(
    b: Tensor<R>
  ): <S extends Shape>(a: Tensor<S> & Tensor<Fits<NoInfer<R>, S>>) => Tensor<Broadcast<S, R>>
}
/** A function of two tensors or numbers that broadcast, element by element. */
export interface Binary extends BinaryCalls {
  /** The row that it applies. */
  readonly row: Row<undefined>
}

/** A function of one tensor from its row. */
export const unary = (spec: Pointwise): Unary => {
  const row = pointwise(spec)
  return Object.assign(<S extends Shape>(x: Tensor<S>) => shaped<S>(applied(row, x)), { row })
}

const operand = (op: string, x: Tensor | number): Tensor | number =>
  isTensor(x) || typeof x === 'number' ? x : raise(op, `wants tensors or numbers, not ${kindOf(x)}`)

/** The overloads of `BinaryCalls` on a function of two tensors or numbers. */
const calls = (name: string, op: (a: Tensor | number, b: Tensor | number) => Tensor): BinaryCalls =>
  // as `dual` does it, without its closures: there are thousands of these in a gradient
  ((...args: readonly (Tensor | number)[]) => {
    const [first, second] = args
    if (args.length > 1) return op(operand(name, first!), operand(name, second!))
    const b = operand(name, first!)
    return (a: Tensor | number) => op(operand(name, a), b)
  }) as BinaryCalls

/**
 * A function of two tensors that is composed of others. It checks the shapes before its parts do, so that an error names
 * it and not one of them.
 */
export const binaryOp = (name: string, op: (a: Tensor, b: Tensor) => Tensor): BinaryCalls =>
  calls(name, (first, second) => {
    const [a, b] = [lift(first), lift(second)]
    broadcastShapes(name, a.shape, b.shape)
    return op(a, b)
  })

/** A function of two tensors from its row. */
export const binary = (spec: Pointwise): Binary => {
  const row = pointwise(spec)
  return Object.assign(
    calls(spec.name, (a, b) => applied(row, a, b)),
    { row }
  )
}

/** What a function like exp takes, and a quotient: this many multiplications. */
export const transcendental = 4
