import * as E from 'fp-ts/Either'
import { fail } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'
import { options } from '../core/options.ts'
import { showShape } from '../base/raise.ts'

/** An array of bytes of any rank, row-major, as an IDX file holds it. */
export interface Idx {
  /** The sizes of the axes. */
  readonly shape: readonly number[]
  /** The bytes, row-major. */
  readonly data: Uint8Array
}

const UNSIGNED_BYTE = 0x08

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)

const isIdx = (bytes: Uint8Array): boolean => bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 && bytes[3]! > 0

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The options of `parseIdx`. */
export interface IdxOptions {
  /** The file's name in failures; 'the data' by default. */
  readonly name?: string
}

/**
 * Reads an IDX file of unsigned bytes, MNIST's format: two zeros, the type 0x08, the number of axes, the size of each
 * as a big-endian uint32, and as many bytes as their product. The result is a view of `bytes`, not a copy.
 *
 * The failure is of kind `format`, for any other type and for a file that is too short or too long.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 *
 * const bytes = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9)
 * assert.deepStrictEqual(t.parseIdx(bytes), {
 *   _tag: 'Right',
 *   right: { shape: [1, 3], data: Uint8Array.of(7, 8, 9) }
 * })
 * ```
 */
export const parseIdx = (bytes: Uint8Array, given: IdxOptions = {}): E.Either<Failure, Idx> => {
  const { name = 'the data' } = options('parseIdx', given, { name: true })
  if (!isIdx(bytes)) return fail('format', `${name}: not an IDX file: it does not start with 0, 0, a type and a rank`)
  if (bytes[2] !== UNSIGNED_BYTE) {
    return fail(
      'format',
      `${name}: an IDX file of type 0x${bytes[2]!.toString(16).padStart(2, '0')}, want unsigned bytes (0x08)`
    )
  }
  const header = 4 + 4 * bytes[3]!
  if (bytes.length < header)
    return fail('format', `${name}: the file ends within its header: ${bytes.length} of ${header} bytes`)
  const shape = Array.from({ length: bytes[3]! }, (_, axis) => view(bytes).getUint32(4 + 4 * axis))
  const data = bytes.subarray(header)
  return data.length === size(shape)
    ? E.right({ shape, data })
    : fail('format', `${name}: the header says ${showShape(shape)}, ${size(shape)} bytes, but ${data.length} follow it`)
}

/**
 * The bytes of an IDX file, which `parseIdx` reads.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const idx = { shape: [1, 2], data: Uint8Array.of(7, 8) }
 * assert.deepStrictEqual(t.parseIdx(t.writeIdx(idx)), { _tag: 'Right', right: idx })
 * ```
 */
export const writeIdx = ({ shape, data }: Idx): Uint8Array => {
  const header = 4 + 4 * shape.length
  const bytes = new Uint8Array(header + data.length)
  bytes.set([0, 0, UNSIGNED_BYTE, shape.length])
  shape.forEach((length, axis) => view(bytes).setUint32(4 + 4 * axis, length))
  bytes.set(data, header)
  return bytes
}
