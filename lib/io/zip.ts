import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { failure } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'
import { crc32 } from './crc32.ts'
import { inflate, largestRatio } from './inflate.ts'
import { quote } from './quote.ts'

// PKWARE's APPNOTE.TXT 6.3.10: sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14 to 4.3.16 (its end)

/** One file of an archive, its local header checked against the directory. */
export interface ZipEntry {
  readonly name: string
  readonly isDeflated: boolean
  readonly crc: number
  readonly size: number
  /** The position of its bytes, stored or deflated. */
  readonly begin: number
  readonly end: number
}

export type Zip = ReadonlyMap<string, ZipEntry>

/** An entry of the directory. */
interface Listed {
  readonly name: string
  readonly rawName: Uint8Array
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  /** Of the local header. */
  readonly offset: number
}

interface Directory {
  readonly count: number
  readonly begin: number
  readonly end: number
}

/** How many bytes all deflated entries may have together: a fixed number, plus a multiple of the file's size. */
const inflated = { always: 2 ** 25, times: 16 } as const

const broken = (message: string): Failure => failure('format', `zip: ${message}`)
const bad = (message: string): E.Either<Failure, never> => E.left(broken(message))

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength)

// imprecise beyond 2^53, which is beyond any file
const uint64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true))

const is = (view: DataView, at: number, signature: number): boolean =>
  at >= 0 && at + 4 <= view.byteLength && view.getUint32(at, true) === signature

/** The end record: the last one whose comment reaches to the end of the file. */
const findEnd = (view: DataView): E.Either<Failure, number> => {
  const last = view.byteLength - 22
  for (let at = last; at >= Math.max(0, last - 0xffff); at--)
    if (is(view, at, 0x06054b50) && view.getUint16(at + 20, true) === last - at) return E.right(at)
  return bad('the file has no directory at its end: it may be cut short: copy or save it again')
}

/** The position of the record of a zip64 archive, given by the locator before the end record. */
const findEnd64 = (view: DataView, end: number): E.Either<Failure, number> => {
  const at = is(view, end - 20, 0x07064b50) ? uint64(view, end - 12) : -1
  return at + 56 <= end - 20 && is(view, at, 0x06064b50)
    ? E.right(at)
    : bad('the directory of zip64 is not where it should be')
}

const directory64 = (view: DataView, at: number): Directory => {
  const begin = uint64(view, at + 48)
  return { count: uint64(view, at + 32), begin, end: begin + uint64(view, at + 40) }
}

const findDirectory = (view: DataView, at: number): E.Either<Failure, Directory> => {
  const [disk, from, here, count] = [4, 6, 8, 10].map((k) => view.getUint16(at + k, true))
  const [size, begin] = [view.getUint32(at + 12, true), view.getUint32(at + 16, true)]
  if (disk !== 0 || from !== 0 || here !== count) return bad('the archive is in several parts: join them')
  const is64 = count === 0xffff || size === 0xffffffff || begin === 0xffffffff
  return pipe(
    is64
      ? pipe(
          findEnd64(view, at),
          E.map((end) => directory64(view, end))
        )
      : E.right({ count: count!, begin, end: begin + size }),
    E.filterOrElse(
      (found) => found.end <= at && 46 * found.count <= found.end - found.begin,
      () => broken('the directory does not lie within the file: it may be cut short: copy or save it again')
    )
  )
}

/** The numbers of an entry. Those that don't fit into 32 bits are in its extra fields, in the same order. */
const wide = (
  view: DataView,
  [begin, end]: readonly [number, number],
  numbers: readonly number[]
): readonly number[] | undefined => {
  const missing = numbers.filter((x) => x === 0xffffffff).length
  if (missing === 0) return numbers
  for (let at = begin; at + 4 <= end; at += 4 + view.getUint16(at + 2, true)) {
    const last = at + 4 + view.getUint16(at + 2, true)
    if (view.getUint16(at, true) !== 1) continue
    if (last > end || 4 + at + 8 * missing > last) return undefined
    let next = at + 4
    return numbers.map((x) => (x === 0xffffffff ? uint64(view, (next += 8) - 8) : x))
  }
  return undefined
}

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** One entry of the directory, and the position of the next. */
const readListed = (
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number
): readonly [Listed, number] | undefined => {
  if (at + 46 > end || !is(view, at, 0x02014b50)) return undefined
  const [nameSize, extraSize, commentSize] = [28, 30, 32].map((k) => view.getUint16(at + k, true))
  const extra = at + 46 + nameSize!
  const next = extra + extraSize! + commentSize!
  if (next > end) return undefined
  const short = [24, 20, 42].map((k) => view.getUint32(at + k, true))
  const numbers = wide(view, [extra, extra + extraSize!], short)
  const rawName = bytes.subarray(at + 46, extra)
  const name = textOf(rawName)
  if (numbers === undefined || name === undefined) return undefined
  const [size, packed, offset] = numbers
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)]
  const crc = view.getUint32(at + 16, true)
  return [{ name, rawName, flags, method, crc, packed: packed!, size: size!, offset: offset! }, next]
}

const readDirectory = (
  bytes: Uint8Array,
  view: DataView,
  { count, begin, end }: Directory
): E.Either<Failure, readonly Listed[]> => {
  const all: Listed[] = []
  let at = begin
  for (let i = 0; i < count; i++) {
    const read = readListed(bytes, view, at, end)
    if (read === undefined) return bad(`entry ${i} of the directory is damaged: copy or save the file again`)
    all.push(read[0])
    at = read[1]
  }
  return at === end ? E.right(all) : bad(`the directory holds more than its ${count} entries`)
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i])

/**
 * Whether the header before an entry's bytes agrees with the directory. Sizes may follow the bytes instead (flag 8).
 */
const agrees = (bytes: Uint8Array, view: DataView, entry: Listed): boolean => {
  const { offset, rawName, flags, method, crc, packed, size } = entry
  const [nameSize, extraSize] = [view.getUint16(offset + 26, true), view.getUint16(offset + 28, true)]
  const fields = [6, 8].map((k) => view.getUint16(offset + k, true))
  if (fields[0] !== flags || fields[1] !== method) return false
  if (!same(bytes.subarray(offset + 30, offset + 30 + nameSize), rawName)) return false
  if ((flags & 8) !== 0) return true
  const name = offset + 30 + nameSize
  const short = [22, 18].map((k) => view.getUint32(offset + k, true))
  const numbers = wide(view, [name, Math.min(name + extraSize, bytes.length)], short)
  return view.getUint32(offset + 14, true) === crc && numbers?.[0] === size && numbers[1] === packed
}

const readLocal =
  (bytes: Uint8Array, view: DataView, limit: number) =>
  (entry: Listed): E.Either<Failure, ZipEntry> => {
    const { name, flags, method, crc, packed, size, offset } = entry
    const at = `entry ${quote(name)}`
    if ((flags & 0x2041) !== 0) return bad(`${at} is encrypted`)
    if (method !== 0 && method !== 8)
      return bad(`${at} is packed by method ${method}: only stored and deflated ones are read`)
    if (offset + 30 > limit || !is(view, offset, 0x04034b50) || !agrees(bytes, view, entry))
      return bad(`${at} is not what the directory says: the file is damaged: copy or save it again`)
    const begin = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true)
    if (begin + packed > limit)
      return bad(`${at} ends beyond the file's data: it may be cut short: copy or save it again`)
    if (method === 0 && size !== packed) return bad(`${at} is stored in ${packed} bytes and says that it holds ${size}`)
    if (size > largestRatio * packed)
      return bad(`${at} says that ${packed} bytes inflate to ${size}: deflate cannot do that`)
    return E.right({ name, isDeflated: method === 8, crc, size, begin, end: begin + packed })
  }

const checkOverlaps =
  (listed: readonly Listed[]) =>
  (entries: readonly ZipEntry[]): E.Either<Failure, readonly ZipEntry[]> => {
    const pairs = entries.map((entry, i) => [listed[i]!.offset, entry] as const).sort(([a], [b]) => a - b)
    let last = 0
    for (const [offset, { name, end }] of pairs) {
      if (offset < last) return bad(`entry ${quote(name)} overlaps another`)
      last = end
    }
    return E.right(entries)
  }

const checkSizes =
  (bytes: Uint8Array) =>
  (entries: readonly ZipEntry[]): E.Either<Failure, readonly ZipEntry[]> => {
    const most = inflated.always + inflated.times * bytes.length
    const size = entries.reduce((sum, entry) => sum + (entry.isDeflated ? entry.size : 0), 0)
    return size <= most
      ? E.right(entries)
      : bad(
          `the file of ${bytes.length} bytes would inflate to ${size}, at most ${most} are read: save it uncompressed`
        )
  }

const byName = (entries: readonly ZipEntry[]): E.Either<Failure, Zip> => {
  const zip = new Map(entries.map((entry) => [entry.name, entry]))
  if (zip.size === entries.length) return E.right(zip)
  const twice = entries.find((entry) => zip.get(entry.name) !== entry)
  return bad(`entry ${quote(twice?.name ?? '')} is there twice`)
}

/**
 * The files of a zip archive by name, checked without reading them: the directory agrees with the headers before the
 * files, names are unique, no two files share bytes, and deflated files stay within the bounds.
 */
export const readZip = (bytes: Uint8Array): E.Either<Failure, Zip> => {
  const view = viewOf(bytes)
  return pipe(
    findEnd(view),
    E.flatMap((end) => findDirectory(view, end)),
    E.bindTo('directory'),
    E.bind('listed', ({ directory }) => readDirectory(bytes, view, directory)),
    E.flatMap(({ directory, listed }) =>
      pipe(
        listed,
        E.traverseArray(readLocal(bytes, view, directory.begin)),
        E.flatMap(checkOverlaps(listed)),
        E.flatMap(checkSizes(bytes)),
        E.flatMap(byName)
      )
    )
  )
}

// makes torch.save leave all checksums 0, which is not a valid zip
const noChecksums = 'torch.serialization.set_crc32_options(False)'

/** The bytes of one file, compared with their checksum. Stored ones are a view, not a copy. */
export const readEntry = (bytes: Uint8Array, entry: ZipEntry): E.Either<Failure, Uint8Array> => {
  const at = `entry ${quote(entry.name)}`
  const packed = bytes.subarray(entry.begin, entry.end)
  return pipe(
    entry.isDeflated ? inflate(packed, entry.size) : E.right(packed),
    E.mapLeft((why) => broken(`${at} ${why}: the file is damaged: copy or save it again`)),
    E.filterOrElse(
      (content) => crc32(content) === entry.crc,
      () =>
        broken(
          entry.crc === 0
            ? `${at} has the checksum 0, which is not its own: the file is damaged, or was saved after ${noChecksums}: save it again without`
            : `${at} does not match its checksum: the file is damaged: copy or save it again`
        )
    )
  )
}
