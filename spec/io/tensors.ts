import fc from 'fast-check'
import { isLeft, isRight, type Either } from 'fp-ts/Either'
import type { Failure } from '../../lib/base/failure.ts'
import { countOf } from '../../lib/io/header.ts'
import type { Stored } from '../../lib/io/safetensors.ts'

export type Tensors = Readonly<Record<string, Stored>>

export const read = <A>(result: Either<Failure, A>): A => {
  if (isLeft(result)) throw new Error(result.left.message)
  return result.right
}

/** The message of a failure of kind `format`. */
export const refused = (result: Either<Failure, unknown>): string => {
  if (isRight(result)) throw new Error('it was read')
  if (result.left.kind !== 'format') throw new Error(`a failure of kind ${result.left.kind}: ${result.left.message}`)
  return result.left.message
}

/** The bytes of some numbers as text, which compares fast. */
const hexOf = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('hex')

/** Names, shapes and the bits of every value, in order of the names: NaNs are compared with their payloads. */
export const bits = (tensors: Tensors) =>
  Object.entries(tensors)
    .map(([name, { shape, data }]) => ({ name, shape: [...shape], hex: hexOf(data) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

const names = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('__proto__', 'constructor', '10', '9', '', 'a"b\\\n', 'network.b1.0.ln.weight', '\ufeffx', 'ü')
)

const word = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0x7fa00001, 0xffc12345, 0x80000000, 1))

export const storedTensor: fc.Arbitrary<Stored> = fc
  .array(fc.nat(4), { maxLength: 4 })
  .chain((shape) =>
    fc
      .array(word, { minLength: countOf(shape), maxLength: countOf(shape) })
      .map((words) => ({ shape, data: new Float32Array(Uint32Array.from(words).buffer) }))
  )

/** Tensors of any shapes, bits and names. */
export const trees: fc.Arbitrary<Tensors> = fc
  .array(fc.tuple(names, storedTensor), { maxLength: 6 })
  .map((pairs) => Object.fromEntries(pairs))

/** Whether every shape has as many values as it says. */
export const isConsistent = (tensors: Tensors): boolean =>
  Object.values(tensors).every(({ shape, data }) => shape.reduce((a, b) => a * b, 1) === data.length)
