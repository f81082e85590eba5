import { full, valueRow } from './primitives.ts'
import { raise, showShape } from '../base/raise.ts'
import { checkShape, sizeOf, type Shape } from './shape.ts'
import type { Storage } from './storage.ts'
import { node, shaped, type Scalar, type Tensor } from './tensor.ts'

/** A number, or lists of numbers nested as deeply as a tensor has axes. */
export type Nested = number | readonly Nested[]

/** Numbers given by the host. The array is copied, so that later changes to it don't reach the tensor. */
class HostStorage implements Storage {
  readonly host: Float32Array
  constructor(data: ArrayLike<number>) {
    this.host = Float32Array.from(data)
  }
  read(): Float32Array {
    return this.host
  }
  dispose(): void {
    // host memory is garbage-collected
  }
}

/** A tensor whose numbers are in a storage. */
export const held = (storage: Storage, shape: Shape): Tensor =>
  node(valueRow, { shape: checkShape('value', shape), storage })

const nestedShape = (data: Nested): Shape =>
  typeof data === 'number' ? [] : [data.length, ...nestedShape(data[0] ?? 0)]
const flat = (data: Nested, shape: Shape): readonly number[] => {
  if (typeof data === 'number') return shape.length === 0 ? [data] : raise('tensor', 'the nesting is uneven')
  if (data.length !== shape[0]) raise('tensor', `rows differ in length: ${data.length} and ${shape[0] ?? 'a number'}`)
  return data.flatMap((row) => flat(row, shape.slice(1)))
}

/**
 * A tensor of given numbers: a typed or plain array in row-major order with a shape, or nested arrays, or a number.
 * They are rounded to float32 and copied.
 *
 * @throws TesseraError if the shape does not fit the count of numbers, or nested rows differ in length
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.tensor([[1, 2, 3], [4, 5, 6]]).shape, [2, 3])
 * assert.deepStrictEqual(t.tensor(Float32Array.of(1, 2, 3, 4), [2, 2]).shape, [2, 2])
 * ```
 */
export function tensor<const S extends Shape>(data: ArrayLike<number>, shape: S): Tensor<S>
export function tensor(data: Nested | Float32Array | Float64Array): Tensor
export function tensor(data: Nested | ArrayLike<number>, shape?: Shape): Tensor {
  if (shape === undefined) return nested(data as Nested | Float32Array | Float64Array)
  const checked = checkShape('tensor', shape)
  const numbers = data as ArrayLike<number>
  return numbers.length === sizeOf(checked)
    ? held(new HostStorage(numbers), checked)
    : raise('tensor', `${showShape(shape)} wants ${sizeOf(shape)} numbers, not ${numbers.length}`)
}
const nested = (data: Nested | Float32Array | Float64Array): Tensor => {
  const numbers = data instanceof Float32Array || data instanceof Float64Array ? Array.from(data) : data
  const shape = nestedShape(numbers)
  return tensor(flat(numbers, shape), shape)
}

/**
 * A tensor without axes. Unlike a number that is written into an expression, it is data: a compiled function takes
 * another value without a new plan.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.mul(t.scalar(3), t.scalar(2))), Float64Array.of(6))
 * ```
 */
export const scalar = (value: number): Scalar => shaped<readonly []>(held(new HostStorage([value]), []))

/**
 * A tensor of zeros.
 *
 * @throws TesseraError if a size is negative or not whole
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.zeros([2])), Float64Array.of(0, 0))
 * ```
 */
export const zeros = <const S extends Shape>(shape: S): Tensor<S> => full(shape, 0)

/**
 * A tensor of ones.
 *
 * @throws TesseraError if a size is negative or not whole
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.ones([2])), Float64Array.of(1, 1))
 * ```
 */
export const ones = <const S extends Shape>(shape: S): Tensor<S> => full(shape, 1)
