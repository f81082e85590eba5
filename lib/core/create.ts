import { full, valueRow } from './primitives.ts'
import { raise, showShape } from '../base/raise.ts'
import { checkShape, sizeOf, type Shape } from './shape.ts'
import type { Storage } from './storage.ts'
import { node, shaped, type Scalar, type Tensor } from './tensor.ts'

/** Numbers nested to the depth of the tensor's rank. */
export type Nested = number | readonly Nested[]

/** Numbers given by the host. The array is copied: what happens to it later is no concern of the tensor. */
class HostStorage implements Storage {
  readonly host: Float32Array
  constructor(data: ArrayLike<number>) {
    this.host = Float32Array.from(data)
  }
  read(): Float32Array {
    return this.host
  }
  dispose(): void {
    // host memory needs no help
  }
}

/** The tensor of numbers held somewhere. */
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
 * A tensor of given numbers: a typed or plain array with a shape, or nested arrays, or a number.
 * They are stored as float32.
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

/** One number, held as data: another number makes no new program, unlike one written into an expression. */
export const scalar = (value: number): Scalar => shaped<readonly []>(held(new HostStorage([value]), []))

/** A tensor of zeros. */
export const zeros = <const S extends Shape>(shape: S): Tensor<S> => full(shape, 0)

/** A tensor of ones. */
export const ones = <const S extends Shape>(shape: S): Tensor<S> => full(shape, 1)
