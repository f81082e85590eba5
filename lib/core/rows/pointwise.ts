import { erf as erfValue, erfHelper } from '../erf.ts'
import { raise } from '../../base/raise.ts'
import { counted, dual, dualOp } from '../dual.ts'
import { kindOf } from '../options.ts'
import { broadcastShapes, sameShape, type Broadcast, type Fits, type Shape } from '../shape.ts'
import { isTensor, node, shaped, type Helper, type Row, type Scalar, type Tensor } from '../tensor.ts'
import { mapValues } from '../values.ts'
import { full } from './leaves.ts'
import { expand } from './adjoint.ts'
import { reshape } from './movement.ts'

type Ct = Tensor
interface Pointwise {
  readonly name: string
  /** The meaning. */
  readonly f: (...xs: number[]) => number
  /** The same in the kernels' language. */
  readonly text: (...xs: readonly string[]) => string
  readonly helper?: Helper
  /** Multiplications that take as long; 1 where it is left out. */
  readonly cost?: number
  readonly marks?: Row['marks']
  /** Cotangents of the operands. */
  readonly vjp: (ct: Ct, y: Tensor, ...xs: readonly Tensor[]) => readonly (Tensor | undefined)[]
}

const pointwise = ({ name, f, text, helper, cost = 1, marks, vjp }: Pointwise): Row<undefined> => ({
  name,
  kernel: { kind: 'pointwise', text, cost, ...(helper && { helper }) },
  ...(marks && { marks }),
  shape: (_, ...shapes) => shapes.reduce((a, b) => broadcastShapes(name, a, b)),
  reference: (_, shape, ...xs) => mapValues(f, shape, ...xs),
  vjp: (ct, y, xs) => vjp(ct, y, ...xs)
})

/** A tensor or a number as a tensor. */
export const lift = (x: Tensor | number): Tensor => (isTensor(x) ? x : full([], x))

/** Repeats a tensor along axes of size 1 and new leading axes until it has `shape`. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor => {
  if (sameShape(x.shape, shape)) return x
  const aligned = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape]
  return expand(reshape(x, aligned), shape)
}

const applied = (row: Row<undefined>, ...xs: readonly (Tensor | number)[]): Tensor => {
  const tensors = xs.map(lift)
  const shape = row.shape(undefined, ...tensors.map((x) => x.shape))
  return node(row, undefined, ...tensors.map((x) => broadcastTo(x, shape)))
}

export interface Unary {
  <S extends Shape>(x: Tensor<S>): Tensor<S>
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
export interface Binary extends BinaryCalls {
  readonly row: Row<undefined>
}

export const unary = (spec: Pointwise): Unary => {
  const row = pointwise(spec)
  return Object.assign(<S extends Shape>(x: Tensor<S>) => shaped<S>(applied(row, x)), { row })
}

const operand = (op: string, x: Tensor | number): Tensor | number =>
  isTensor(x) || typeof x === 'number' ? x : raise(op, `wants tensors or numbers, not ${kindOf(x)}`)

/** The overloads of `Binary` on a function of two tensors or numbers. */
export const binaryOp = (
  name: string,
  row: Row<undefined>,
  op: (a: Tensor | number, b: Tensor | number) => Tensor
): Binary =>
  Object.assign(
    dual<BinaryCalls>(counted(2), (b: Tensor | number) => {
      operand(name, b)
      return (a: Tensor | number) => op(operand(name, a), b)
    }),
    { row }
  )

const binary = (spec: Pointwise): Binary => {
  const row = pointwise(spec)
  return binaryOp(spec.name, row, (a, b) => applied(row, a, b))
}

/** What a function like exp takes, and a quotient. */
const transcendental = 4

// ---- the rows ---------------------------------------------------------------------------------------------------

/** x, as a node of its own: tells two uses of one tensor apart when differentiating by one of them. */
export const identity = unary({ name: 'identity', marks: 'gradient', f: (x) => x, text: (x) => x, vjp: (ct) => [ct] })

/** x, whose gradient is taken to be zero. */
export const stopGradient = unary({
  name: 'stopGradient',
  marks: 'gradient',
  f: (x) => x,
  text: (x) => x,
  vjp: () => [undefined]
})

// d(-x) = -dx
export const neg = unary({ name: 'neg', f: (x) => -x, text: (x) => `(-${x})`, vjp: (ct) => [neg(ct)] })

// d(e^x) = e^x dx
export const exp = unary({
  name: 'exp',
  cost: transcendental,
  f: Math.exp,
  text: (x) => `exp(${x})`,
  vjp: (ct, y) => [mul(ct, y)]
})

// d(ln x) = dx / x
export const log = unary({
  name: 'log',
  cost: transcendental,
  f: Math.log,
  text: (x) => `logarithm(${x})`,
  vjp: (ct, _, x) => [div(ct, x)]
})

// d(√x) = dx / 2√x
export const sqrt = unary({
  name: 'sqrt',
  cost: transcendental,
  f: Math.sqrt,
  text: (x) => `sqrt(${x})`,
  vjp: (ct, y) => [div(mul(ct, 0.5), y)]
})

// d(sin x) = cos x dx
export const sin = unary({
  name: 'sin',
  cost: transcendental,
  f: Math.sin,
  text: (x) => `sin(${x})`,
  vjp: (ct, _, x) => [mul(ct, cos(x))]
})

// d(cos x) = -sin x dx
export const cos = unary({
  name: 'cos',
  cost: transcendental,
  f: Math.cos,
  text: (x) => `cos(${x})`,
  vjp: (ct, _, x) => [neg(mul(ct, sin(x)))]
})

// dσ = σ (1 - σ) dx; a row of its own because 1 / (1 + e^-x) stays finite where e^x would not
export const sigmoid = unary({
  name: 'sigmoid',
  cost: transcendental,
  f: (x) => 1 / (1 + Math.exp(-x)),
  text: (x) => `sigmoid(${x})`,
  vjp: (ct, y) => [mul(ct, mul(y, sub(1, y)))]
})

// d(tanh x) = (1 - tanh² x) dx
export const tanh = unary({
  name: 'tanh',
  cost: transcendental,
  f: Math.tanh,
  text: (x) => `hyperbolicTangent(${x})`,
  vjp: (ct, y) => [mul(ct, sub(1, mul(y, y)))]
})

// d(erf x) = 2/√π e^(-x²) dx
export const erf = unary({
  name: 'erf',
  cost: 3 * transcendental,
  f: erfValue,
  text: (x) => `errorFunction(${x})`,
  helper: erfHelper,
  vjp: (ct, _, x) => [mul(ct, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))]
})

// the gradient is zero almost everywhere
export const floor = unary({ name: 'floor', f: Math.floor, text: (x) => `floor(${x})`, vjp: () => [undefined] })

export const add = binary({
  name: 'add',
  f: (a, b) => a + b,
  text: (a, b) => `(${a} + ${b})`,
  vjp: (ct) => [ct, ct]
})

export const sub = binary({
  name: 'sub',
  f: (a, b) => a - b,
  text: (a, b) => `(${a} - ${b})`,
  vjp: (ct) => [ct, neg(ct)]
})

// d(ab) = b da + a db
export const mul = binary({
  name: 'mul',
  f: (a, b) => a * b,
  text: (a, b) => `(${a} * ${b})`,
  vjp: (ct, _, a, b) => [mul(ct, b), mul(ct, a)]
})

// d(a/b) = da / b - (a/b) db / b
export const div = binary({
  name: 'div',
  cost: transcendental,
  f: (a, b) => a / b,
  text: (a, b) => `(${a} / ${b})`,
  vjp: (ct, y, _, b) => [div(ct, b), neg(div(mul(ct, y), b))]
})

// the larger one takes the cotangent, a tie shares it; chosen, as 0 times an infinite cotangent would not be 0
export const maximum = binary({
  name: 'maximum',
  f: (a, b) => Math.max(a, b),
  text: (a, b) => `larger(${a}, ${b})`,
  vjp: (ct, _, a, b) => [share(ct, a, b), share(ct, b, a)]
})
const share = (ct: Tensor, a: Tensor, b: Tensor): Tensor => select(less(a, b), 0, mul(ct, select(equal(a, b), 0.5, 1)))

// d(a^b) = b a^(b-1) da + a^b ln a db
export const power = binary({
  name: 'power',
  // IEEE 754's, which JavaScript's is not at 1^NaN and (±1)^±∞
  f: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b),
  text: (a, b) => `power(${a}, ${b})`,
  vjp: (ct, y, a, b) => [mul(ct, mul(b, power(a, sub(b, 1)))), mul(ct, mul(y, log(a)))]
})

// comparisons give 1 or 0 and have no gradient
const comparison = (name: string, f: (a: number, b: number) => boolean): Binary =>
  binary({
    name,
    f: (a, b) => Number(f(a, b)),
    text: (a, b) => `is_${name}(${a}, ${b})`,
    vjp: () => [undefined, undefined]
  })
export const less = comparison('less', (a, b) => a < b)
export const lessEqual = comparison('lessEqual', (a, b) => a <= b)
export const equal = comparison('equal', (a, b) => a === b)

// the chosen side takes the cotangent
const selectRow = pointwise({
  name: 'select',
  f: (c, a, b) => (c === 0 ? b : a),
  text: (c, a, b) => `select(${c}, ${a}, ${b})`,
  vjp: (ct, _, c) => [undefined, select(c, ct, 0), select(c, 0, ct)]
})

/** What to take where a condition holds, and where not; or these alone for `pipe`. */
export interface Selection {
  (condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor
  (a: Tensor | number, b: Tensor | number): (condition: Tensor) => Tensor
}

/** `a` where `condition` is not 0, else `b`; the three broadcast. */
export const select = Object.assign(
  dualOp<Selection>(
    'select',
    counted(3),
    (a: Tensor | number, b: Tensor | number) => (condition: Tensor) => applied(selectRow, condition, a, b)
  ),
  { row: selectRow }
)
