import { crc32 } from './crc32.ts'

/** A file to be stored in an archive. */
export interface ZipContent {
  readonly name: string
  readonly size: number
  /** Fills the bytes, which are 0 before. */
  readonly fill: (bytes: Uint8Array) => void
}

interface Placed extends ZipContent {
  readonly rawName: Uint8Array
  /** Of the local header. */
  readonly offset: number
  readonly begin: number
}

/** Numbers begin at a multiple of as many bytes, because PyTorch maps files into memory. */
const alignment = 64

// 1980-01-01: the same content gives the same bytes
const date = 0x0021
// names are UTF-8
const flags = 0x0800

const local = { signature: 0x04034b50, size: 30 } as const
const listed = { signature: 0x02014b50, size: 46 } as const
const end = { signature: 0x06054b50, size: 22 } as const

/** The limits of an archive without the extensions of zip64: both numbers are exclusive. */
export const zipLimits = { files: 0xffff, bytes: 0xffffffff } as const

const place = (files: readonly ZipContent[]): readonly Placed[] => {
  let at = 0
  return files.map((file) => {
    const rawName = new TextEncoder().encode(file.name)
    const offset = at
    // with room for an extra field, as in PyTorch
    const begin = alignment * Math.ceil((offset + local.size + rawName.length + 4) / alignment)
    at = begin + file.size
    return { ...file, rawName, offset, begin }
  })
}

const directorySize = (placed: readonly Placed[]): number =>
  placed.reduce((sum, { rawName }) => sum + listed.size + rawName.length, 0)

// the extra field "FB", which PyTorch pads with
const writeExtra = (bytes: Uint8Array, view: DataView, from: number, to: number): void => {
  view.setUint16(from, 0x4246, true)
  view.setUint16(from + 2, to - from - 4, true)
  bytes.fill(0x5a, from + 4, to)
}

/** The common fields of both headers: flags, the method "stored", the date, the checksum, sizes, the name's length. */
const writeFields = (view: DataView, at: number, crc: number, { size, rawName }: Placed): void => {
  view.setUint16(at, flags, true)
  view.setUint16(at + 6, date, true)
  view.setUint32(at + 8, crc, true)
  view.setUint32(at + 12, size, true)
  view.setUint32(at + 16, size, true)
  view.setUint16(at + 20, rawName.length, true)
}

const writeLocal = (bytes: Uint8Array, view: DataView, file: Placed): number => {
  const { offset, begin, size, rawName, fill } = file
  const content = bytes.subarray(begin, begin + size)
  fill(content)
  const crc = crc32(content)
  view.setUint32(offset, local.signature, true)
  writeFields(view, offset + 6, crc, file)
  view.setUint16(offset + 28, begin - offset - local.size - rawName.length, true)
  bytes.set(rawName, offset + local.size)
  writeExtra(bytes, view, offset + local.size + rawName.length, begin)
  return crc
}

const writeListed = (bytes: Uint8Array, view: DataView, at: number, crc: number, file: Placed): number => {
  view.setUint32(at, listed.signature, true)
  writeFields(view, at + 8, crc, file)
  view.setUint32(at + 42, file.offset, true)
  bytes.set(file.rawName, at + listed.size)
  return at + listed.size + file.rawName.length
}

const writeEnd = (view: DataView, at: number, count: number, begin: number): void => {
  view.setUint32(at, end.signature, true)
  view.setUint16(at + 8, count, true)
  view.setUint16(at + 10, count, true)
  view.setUint32(at + 12, at - begin, true)
  view.setUint32(at + 16, begin, true)
}

/**
 * A zip archive of stored files, each beginning at a multiple of 64 bytes; undefined if it would exceed `zipLimits`.
 */
export const writeZip = (files: readonly ZipContent[]): Uint8Array | undefined => {
  const placed = place(files)
  const last = placed.at(-1)
  const begin = last === undefined ? 0 : last.begin + last.size
  const size = begin + directorySize(placed) + end.size
  if (files.length >= zipLimits.files || size >= zipLimits.bytes) return undefined
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  const crcs = placed.map((file) => writeLocal(bytes, view, file))
  const at = placed.reduce((next, file, i) => writeListed(bytes, view, next, crcs[i]!, file), begin)
  writeEnd(view, at, files.length, begin)
  return bytes
}
