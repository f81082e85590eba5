import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Failure } from '../base/failure.ts'
import { options } from '../core/options.ts'
import type { OptionNames } from '../core/options.ts'
import { raise, showShape } from '../base/raise.ts'
import { checkDigest, digestName, isReserved, seal, unsealed } from './digest.ts'
import { readValues, writeValues } from './dtypes.ts'
import { countOf, decodeHeader, encodeHeader, longestHeader, metadataName } from './header.ts'
import type { Entry, Header } from './header.ts'

/** A tensor's values in memory, row-major. */
export interface Stored {
  /** The sizes of the axes. */
  readonly shape: readonly number[]
  /** The values. */
  readonly data: Float32Array
}

/** Tensors in memory, by name. */
export type StoredTensors = Readonly<Record<string, Stored>>

/** The content of a safetensors file. */
export interface Safetensors {
  /** The tensors, by name. */
  readonly tensors: StoredTensors
  /** Texts, by name. */
  readonly metadata: Readonly<Record<string, string>>
}

/** The options of `encodeSafetensors`. */
export interface EncodeOptions {
  /** Texts to store with the tensors; none by default. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Whether to store the file's SHA-256, by which `decodeSafetensors` detects damage; true by default. */
  readonly digest?: boolean
}

const optionNames: OptionNames<EncodeOptions> = { metadata: true, digest: true }

const check = (name: string, { shape, data }: Stored): void => {
  if (name === metadataName) raise('encodeSafetensors', `no tensor may be named ${name}`)
  if (!shape.every((d) => Number.isSafeInteger(d) && d >= 0) || countOf(shape) !== data.length)
    raise('encodeSafetensors', `${name} has ${data.length} values, which do not fit its shape: ${showShape(shape)}`)
}

const layOut = (tensors: StoredTensors): readonly (Stored & Entry)[] => {
  let at = 0
  return Object.entries(tensors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { shape, data }]) => {
      check(name, { shape, data })
      const begin = at
      at += data.byteLength
      return { name, dtype: 'F32', shape, data, begin, end: at }
    })
}

const checkTexts = (metadata: Readonly<Record<string, string>>): void => {
  const reserved = Object.entries(metadata).find(([name, text]) => isReserved(name, text))
  if (reserved !== undefined) raise('encodeSafetensors', `the text ${reserved[0]} would be taken for the file's digest`)
}

/**
 * The bytes of a safetensors file: float32 tensors, sorted by name, so that the same tensors give the same bytes. The
 * metadata also holds the file's SHA-256 as `tessera.sha256`. For other programs it is one more text;
 * `decodeSafetensors` checks it, and leaves it out of its result.
 *
 * @throws TesseraError if a shape does not fit its values, a tensor is named `__metadata__`, or a text looks like a
 * digest
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const bytes = t.encodeSafetensors({ w: { shape: [2], data: Float32Array.of(1, 2) } }, { metadata: { epoch: '3' } })
 * const file = t.decodeSafetensors(bytes)
 * assert.deepStrictEqual(file, {
 *   _tag: 'Right',
 *   right: { tensors: { w: { shape: [2], data: Float32Array.of(1, 2) } }, metadata: { epoch: '3' } }
 * })
 * ```
 */
export const encodeSafetensors = (tensors: StoredTensors, given: EncodeOptions = {}): Uint8Array => {
  const { metadata = {}, digest = true } = options('encodeSafetensors', given, optionNames)
  checkTexts(metadata)
  const entries = layOut(tensors)
  const header = encodeHeader(entries, digest ? { ...metadata, [digestName]: unsealed } : metadata)
  if (header.length - 8 > longestHeader) raise('encodeSafetensors', `the header is too long: ${header.length} bytes`)
  const bytes = new Uint8Array(header.length + (entries.at(-1)?.end ?? 0))
  bytes.set(header)
  const view = new DataView(bytes.buffer, header.length)
  for (const { data, begin } of entries) writeValues(data, view, begin)
  if (digest) seal(bytes, header.length)
  return bytes
}

const readTensors =
  (bytes: Uint8Array) =>
  ({ entries, metadata, end }: Header): Safetensors => {
    const view = new DataView(bytes.buffer, bytes.byteOffset + end, bytes.length - end)
    const stored = ({ dtype, shape, begin }: Entry): Stored => ({
      shape,
      data: readValues(dtype, view, begin, countOf(shape))
    })
    // fromEntries makes own properties of names such as `__proto__` too
    return { tensors: Object.fromEntries(entries.map((entry) => [entry.name, stored(entry)])), metadata }
  }

/**
 * The tensors of a safetensors file, as float32: F32 to the bit, all other types by value (F64, F16, BF16, three kinds
 * of F8, I and U of 8 to 64 bits, BOOL).
 *
 * The failure is of kind `format`, and names the tensor and the rule that the file breaks: the header must be whole,
 * valid and without repeated names, every byte after it must belong to exactly one tensor, and a file that holds its
 * SHA-256, like those of `encodeSafetensors`, must still have it. It never throws.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const bytes = t.encodeSafetensors({ w: { shape: [2], data: Float32Array.of(1, 2) } })
 * const file = t.decodeSafetensors(bytes)
 * assert.ok(file._tag === 'Right' && file.right.tensors.w?.data[1] === 2)
 * assert.equal(t.decodeSafetensors(bytes.subarray(1))._tag, 'Left')
 * ```
 */
export const decodeSafetensors = (bytes: Uint8Array): E.Either<Failure, Safetensors> =>
  pipe(
    decodeHeader(bytes),
    E.flatMap((header) =>
      pipe(
        checkDigest(bytes, header.end, header.metadata),
        E.map((metadata) => readTensors(bytes)({ ...header, metadata }))
      )
    )
  )
