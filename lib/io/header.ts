import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { failure } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'
import { showShape } from '../base/raise.ts'
import { dtypes } from './dtypes.ts'
import { excess, keysIn } from './json.ts'
import type { Bounds } from './json.ts'
import { quote, shorten } from './quote.ts'

/** A tensor in a safetensors header. `begin` and `end` count from the first byte after the header. */
export interface Entry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/** A checked safetensors header. */
export interface Header {
  /** The tensors, in the order of their bytes. */
  readonly entries: readonly Entry[]
  readonly metadata: Readonly<Record<string, string>>
  /** The first byte after the header. */
  readonly end: number
}

type Fields = Readonly<Record<string, unknown>>

/** A longer header is refused, as it is by the format's own reader. */
export const longestHeader = 100_000_000

/**
 * A tensor's shape is nested three levels deep. Frameworks support at most 64 axes. The names suffice for 262,144
 * tensors.
 */
const bounds: Bounds = { depth: 3, items: 64, names: 2 ** 20, literal: 32 }

/** The name of the metadata, which no tensor may have. */
export const metadataName = '__metadata__'

const broken = (message: string): Failure => failure('format', `safetensors: ${message}`)
const bad = (message: string): E.Either<Failure, never> => E.left(broken(message))

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isText = (value: unknown): value is string => typeof value === 'string'

const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)

const isSizes = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isSize)

/** The number of elements. It is 0 if one axis is empty, however long the others claim to be. */
export const countOf = (shape: readonly number[]): number => (shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1))

const findEnd = (bytes: Uint8Array): E.Either<Failure, number> => {
  if (bytes.length < 8) return bad(`the file ends within its first 8 bytes: it has ${bytes.length}`)
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
  const there = bytes.length - 8
  if (length > longestHeader) return bad(`a header of ${length} bytes is too long: is it a safetensors file?`)
  if (length > there) return bad(`the file ends within its header: it has ${there} of ${length} bytes`)
  return E.right(8 + Number(length))
}

/** Runs before parsing, because a deeply nested or very long text costs a parser seconds and gigabytes. */
const checkSize = (header: Uint8Array): E.Either<Failure, Uint8Array> => {
  const found = excess(header, bounds)
  return found === undefined ? E.right(header) : bad(`the header ${found}: is it a safetensors file?`)
}

const decodeText = (bytes: Uint8Array): E.Either<Failure, string> =>
  E.tryCatch(
    () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    () => broken('the header is not UTF-8: is it a safetensors file?')
  )

const parseFields = (text: string): E.Either<Failure, Fields> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(text),
      () => broken('the header is not JSON: is it a safetensors file?')
    ),
    E.flatMap((json) => (isFields(json) && text.startsWith('{') ? E.right(json) : bad('the header is no JSON object')))
  )

const readMetadata = (fields: Fields): E.Either<Failure, Readonly<Record<string, string>>> => {
  // the format's own reader accepts null for no metadata
  const given = (Object.hasOwn(fields, metadataName) ? fields[metadataName] : null) ?? {}
  if (!isFields(given)) return bad('the metadata is no JSON object')
  const texts = Object.entries(given).flatMap(([key, value]) => (isText(value) ? [[key, value] as const] : []))
  return texts.length === Object.keys(given).length
    ? E.right(Object.fromEntries(texts))
    : bad('the metadata holds more than texts')
}

const readEntry = ([name, field]: readonly [string, unknown]): E.Either<Failure, Entry> => {
  const at = `tensor ${quote(name)}`
  if (!isFields(field) || Object.keys(field).sort().join() !== 'data_offsets,dtype,shape')
    return bad(`${at} must have a dtype, a shape and data_offsets, and nothing else`)
  const { dtype, shape, data_offsets: offsets } = field
  if (!isText(dtype)) return bad(`${at} has a dtype that is no text`)
  const width = dtypes.get(dtype)?.width
  if (width === undefined)
    return bad(`${at} has the dtype ${quote(dtype)}, not one of ${[...dtypes.keys()].join(', ')}`)
  if (!isSizes(shape)) return bad(`${at} has a shape that is no list of sizes`)
  if (!isSizes(offsets) || offsets.length !== 2) return bad(`${at} has data_offsets that are no two offsets`)
  const [begin = 0, end = 0] = offsets
  return countOf(shape) * width === end - begin
    ? E.right({ name, dtype, shape, begin, end })
    : bad(`${at} has ${end - begin} bytes, which is not ${dtype} ${shorten(showShape(shape))}`)
}

const inOrder = (entries: readonly Entry[]): readonly Entry[] =>
  [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)

/** Every byte after the header belongs to exactly one tensor. */
const checkLayout =
  (size: number) =>
  (entries: readonly Entry[]): E.Either<Failure, readonly Entry[]> => {
    let at = 0
    for (const { name, begin, end } of entries) {
      if (begin < at) return bad(`tensor ${quote(name)} overlaps another: byte ${begin} is in both`)
      if (begin > at) return bad(`bytes ${at} to ${begin} are no tensor's`)
      if (end > size) return bad(`tensor ${quote(name)} ends at byte ${end}, the file at ${size}: it may be cut short`)
      at = end
    }
    return at === size ? E.right(entries) : bad(`bytes ${at} to ${size} are no tensor's`)
  }

const readEntries = (fields: Fields, size: number): E.Either<Failure, readonly Entry[]> =>
  pipe(
    Object.entries(fields).filter(([name]) => name !== metadataName),
    E.traverseArray(readEntry),
    E.map(inOrder),
    E.flatMap(checkLayout(size))
  )

// the fields are checked already, and have keys on two levels only
const checkNames =
  (text: string, fields: Fields) =>
  (header: Header): E.Either<Failure, Header> => {
    const keys = Object.values(fields).reduce<number>((n, field) => n + 1 + Object.keys(field ?? {}).length, 0)
    return keysIn(text) === keys ? E.right(header) : bad('the header has the same name twice')
  }

const readHeader = (text: string, end: number, size: number): E.Either<Failure, Header> =>
  pipe(
    parseFields(text),
    E.flatMap((fields) =>
      pipe(
        E.Do,
        E.apS('metadata', readMetadata(fields)),
        E.apS('entries', readEntries(fields, size)),
        E.map(({ metadata, entries }) => ({ metadata, entries, end })),
        E.flatMap(checkNames(text, fields))
      )
    )
  )

/** The header of a safetensors file, checked against the file: all that it promises is there. */
export const decodeHeader = (bytes: Uint8Array): E.Either<Failure, Header> =>
  pipe(
    findEnd(bytes),
    E.flatMap((end) =>
      pipe(
        checkSize(bytes.subarray(8, end)),
        E.flatMap(decodeText),
        E.flatMap((text) => readHeader(text, end, bytes.length - end))
      )
    )
  )

const field = ({ name, dtype, shape, begin, end }: Entry): string =>
  `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`

// written by hand, because an object sorts names like "10" before all others
const metadataField = (metadata: Readonly<Record<string, string>>): readonly string[] => {
  const texts = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))
  const inner = texts.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  return inner.length === 0 ? [] : [`${JSON.stringify(metadataName)}:{${inner.join()}}`]
}

/** The bytes of a header, after its length, padded with spaces so that the data begins at a multiple of 8. */
export const encodeHeader = (entries: readonly Entry[], metadata: Readonly<Record<string, string>>): Uint8Array => {
  const json = new TextEncoder().encode(`{${[...metadataField(metadata), ...entries.map(field)].join()}}`)
  const length = 8 * Math.ceil(json.length / 8)
  const bytes = new Uint8Array(8 + length).fill(0x20, 8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true)
  bytes.set(json, 8)
  return bytes
}
