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
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** What a safetensors file holds: tensors by name, and texts. */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, Stored>>
  readonly metadata: Readonly<Record<string, string>>
}

export interface EncodeOptions {
  /** Texts to go with the tensors. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Whether the metadata hold the file's SHA-256, by which `decodeSafetensors` finds any damage; true unless told. */
  readonly digest?: boolean
}

const optionNames: OptionNames<EncodeOptions> = { metadata: true, digest: true }

const check = (name: string, { shape, data }: Stored): void => {
  if (name === metadataName) raise('encodeSafetensors', `no tensor may be named ${name}`)
  if (!shape.every((d) => Number.isSafeInteger(d) && d >= 0) || countOf(shape) !== data.length)
    raise('encodeSafetensors', `${name} has ${data.length} values, which do not fit its shape: ${showShape(shape)}`)
}

const layOut = (tensors: Readonly<Record<string, Stored>>): readonly (Stored & Entry)[] => {
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
 * Tensors as the bytes of a safetensors file: float32, names in order, so that the same tensors give
 * the same bytes. The metadata also get the file's SHA-256, as `tessera.sha256`: other programs read it as one more
 * text, and `decodeSafetensors` checks it and keeps it to itself.
 *
 * @throws TesseraError where a shape does not fit its values, or a tensor is named `__metadata__`
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
export const encodeSafetensors = (tensors: Readonly<Record<string, Stored>>, given: EncodeOptions = {}): Uint8Array => {
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
 * The tensors of a safetensors file, as float32: F32 to the bit, all other types by value: F64, F16, BF16, F8 of three
 * kinds, I and U of 8 to 64 bits, BOOL. A file that breaks a rule of the format gives a failure of kind `format`, which
 * names the tensor and the rule: the header must be whole, valid and without repeated names, and every byte after
 * it must belong to exactly one tensor. A file that holds its SHA-256, as those of `encodeSafetensors` do, must still
 * have it. It never throws.
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
