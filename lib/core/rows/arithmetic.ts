import { counted, dualOp } from '../dual.ts'
import { larger } from '../reductions.ts'
import type { Tensor } from '../tensor.ts'
import { applied, binary, pointwise, transcendental, unary, type Binary } from './elementwise.ts'

/** x, as a node of its own: tells two uses of one tensor apart when differentiating by one of them. */
export const identity = unary({ name: 'identity', marks: 'gradient', f: (x) => x, text: (x) => x, vjp: (ct) => [ct] })

/**
 * x, with a gradient of 0. Use it to treat a value as a constant.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.stopGradient(t.tensor([3]))), Float64Array.of(3))
 * ```
 */
export const stopGradient = unary({
  name: 'stopGradient',
  marks: 'gradient',
  f: (x) => x,
  text: (x) => x,
  vjp: () => [undefined]
})

/**
 * -x.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.neg(t.tensor([3]))), Float64Array.of(-3))
 * ```
 */
export const neg = unary({ name: 'neg', f: (x) => -x, text: (x) => `(-${x})`, vjp: (ct) => [neg(ct)] })

/**
 * a + b.
 *
 * @throws TesseraError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.add(t.tensor([1, 2]), 3)), Float64Array.of(4, 5))
 * ```
 */
export const add = binary({ name: 'add', f: (a, b) => a + b, text: (a, b) => `(${a} + ${b})`, vjp: (ct) => [ct, ct] })

/**
 * a - b.
 *
 * @throws TesseraError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.sub(t.tensor([1, 2]), 3)), Float64Array.of(-2, -1))
 * ```
 */
export const sub = binary({
  name: 'sub',
  f: (a, b) => a - b,
  text: (a, b) => `(${a} - ${b})`,
  vjp: (ct) => [ct, neg(ct)]
})

/**
 * a · b, element by element. d(ab) = b da + a db.
 *
 * @throws TesseraError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.mul(t.tensor([1, 2]), 3)), Float64Array.of(3, 6))
 * ```
 */
export const mul = binary({
  name: 'mul',
  f: (a, b) => a * b,
  text: (a, b) => `(${a} * ${b})`,
  vjp: (ct, _, a, b) => [mul(ct, b), mul(ct, a)]
})

/**
 * a / b. d(a/b) = da / b - (a/b) db / b.
 *
 * @throws TesseraError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.div(t.tensor([1, 3]), 2)), Float64Array.of(0.5, 1.5))
 * ```
 */
export const div = binary({
  name: 'div',
  cost: transcendental,
  f: (a, b) => a / b,
  text: (a, b) => `(${a} / ${b})`,
  vjp: (ct, y, _, b) => [div(ct, b), neg(div(mul(ct, y), b))]
})

/**
 * The larger of two elements. A tie shares the gradient.
 *
 * @throws TesseraError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.maximum(t.tensor([1, 3]), 2)), Float64Array.of(2, 3))
 * ```
 */
export const maximum = binary({
  name: 'maximum',
  f: (a, b) => Math.max(a, b),
  helper: larger,
  vjp: (ct, _, a, b) => [share(ct, a, b), share(ct, b, a)]
})
const share = (ct: Tensor, a: Tensor, b: Tensor): Tensor => select(less(a, b), 0, mul(ct, select(equal(a, b), 0.5, 1)))

// comparisons give 1 or 0 and have no gradient
const comparison = (name: string, operator: string, f: (a: number, b: number) => boolean): Binary =>
  binary({
    name,
    f: (a, b) => Number(f(a, b)),
    helper: { name: `is_${name}`, params: ['a', 'b'], body: [`return a ${operator} b ? 1.0 : 0.0;`] },
    vjp: () => [undefined, undefined]
  })
/**
 * a < b, as 1 or 0. The gradient is 0.
 *
 * @throws TesseraError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.less(t.tensor([1, 2, 3]), 2)), Float64Array.of(1, 0, 0))
 * ```
 */
export const less = comparison('less', '<', (a, b) => a < b)
/**
 * a ≤ b, as 1 or 0. The gradient is 0.
 *
 * @throws TesseraError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.lessEqual(t.tensor([1, 2, 3]), 2)), Float64Array.of(1, 1, 0))
 * ```
 */
export const lessEqual = comparison('lessEqual', '<=', (a, b) => a <= b)
/**
 * a = b, as 1 or 0. The gradient is 0.
 *
 * @throws TesseraError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.equal(t.tensor([1, 2, 3]), 2)), Float64Array.of(0, 1, 0))
 * ```
 */
export const equal = comparison('equal', '==', (a, b) => a === b)

// the chosen side takes the cotangent
const selectRow = pointwise({
  name: 'select',
  f: (c, a, b) => (c === 0 ? b : a),
  vjp: (ct, _, c) => [undefined, select(c, ct, 0), select(c, 0, ct)]
})

/** What to take where a condition holds, and where not; or these alone for `pipe`. */
export interface Selection {
  (condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor
  (a: Tensor | number, b: Tensor | number): (condition: Tensor) => Tensor
}

/**
 * `a` if `condition` is not 0, else `b`, element by element. The chosen side gets the gradient.
 *
 * @throws TesseraError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const y = t.select(t.tensor([1, 0]), t.tensor([2, 3]), 9)
 * assert.deepStrictEqual(await t.reference.read(y), Float64Array.of(2, 9))
 * ```
 */
export const select = Object.assign(
  dualOp<Selection>(
    'select',
    counted(3),
    (a: Tensor | number, b: Tensor | number) => (condition: Tensor) => applied(selectRow, condition, a, b)
  ),
  { row: selectRow }
)
