import { crc32 } from 'node:zlib'

// Archives and pickles by hand: valid ones of other kinds than the library writes, and broken ones.

export type Part = number | string | Uint8Array | readonly Part[]

const isParts = (part: Part): part is readonly Part[] => Array.isArray(part)

const pieceOf = (part: Part): Uint8Array => {
  if (typeof part === 'number') return Uint8Array.of(part)
  if (typeof part === 'string') return new TextEncoder().encode(part)
  return isParts(part) ? bytesOf(...part) : part
}

/** Bytes as they stand; texts as UTF-8. */
export const bytesOf = (...parts: readonly Part[]): Uint8Array => new Uint8Array(Buffer.concat(parts.map(pieceOf)))

/** A number of some bytes, the little end first. */
export const le = (size: number, x: number | bigint): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => Number((BigInt(x) >> BigInt(8 * i)) & 255n))

// ---- zip ---------------------------------------------------------------------------------------------------------

/** A file of an archive, and the lies that its headers tell. */
export interface Zipped {
  readonly name: string
  /** As it lies there. */
  readonly packed: Uint8Array
  readonly method?: number
  readonly size?: number
  readonly crc?: number
  readonly flags?: number
  /** In the local header only. */
  readonly localName?: string
  readonly offset?: number
  /** Extra fields of the local header. */
  readonly extra?: Uint8Array
  /** Sizes and offset stand in the extra fields of zip64. */
  readonly wide?: boolean
}

export const stored = (name: string, content: Part): Zipped => ({ name, packed: bytesOf(content) })

const headers = (file: Zipped, offset: number) => {
  const { name, packed, method = 0, size = packed.length, crc = crc32(packed), flags = 0, wide = false } = file
  const { localName = name, extra = new Uint8Array() } = file
  const follows = (flags & 8) !== 0
  const all = (x: number) => le(4, wide ? 0xffffffff : x)
  const fields = (hidden: boolean) => [
    le(4, hidden ? 0 : crc),
    ...[packed.length, size].map((x) => (hidden ? le(4, 0) : all(x)))
  ]
  const start = (hidden: boolean) => [le(2, flags), le(2, method), le(4, 0), ...fields(hidden)]
  const wideSizes = wide ? bytesOf(le(2, 1), le(2, 16), le(8, size), le(8, packed.length)) : new Uint8Array()
  const wideAll = wide
    ? bytesOf(le(2, 1), le(2, 24), le(8, size), le(8, packed.length), le(8, file.offset ?? offset))
    : new Uint8Array()
  const rawNames = [localName, name].map((text) => bytesOf(text)) as [Uint8Array, Uint8Array]
  return {
    local: bytesOf(
      ['PK\x03\x04', le(2, 0), start(follows), le(2, rawNames[0].length), le(2, wideSizes.length + extra.length)],
      [rawNames[0], wideSizes, extra, packed],
      follows ? ['PK\x07\x08', le(4, crc), le(4, packed.length), le(4, size)] : []
    ),
    listed: bytesOf(
      ['PK\x01\x02', le(4, 0), start(false), le(2, rawNames[1].length), le(2, wideAll.length), le(10, 0)],
      [all(file.offset ?? offset), rawNames[1], wideAll]
    )
  }
}

interface End {
  readonly comment?: string
  /** Counts and offsets stand in the record of zip64. */
  readonly wide?: boolean
  readonly count?: number
}

/** An archive of files in this order. */
export const zipOf = (
  files: readonly Zipped[],
  { comment = '', wide = false, count = files.length }: End = {}
): Uint8Array => {
  let at = 0
  const made = files.map((file) => {
    const made = headers(file, at)
    at += made.local.length
    return made
  })
  const directory = bytesOf(...made.map(({ listed }) => listed))
  const end = at + directory.length
  const record = [le(8, 44), le(12, 0), le(8, count), le(8, count), le(8, directory.length), le(8, at)]
  const wideEnd = wide ? bytesOf('PK\x06\x06', record, 'PK\x06\x07', le(4, 0), le(8, end), le(4, 1)) : new Uint8Array()
  const [shortCount, short] = [le(2, wide ? 0xffff : count), (x: number) => le(4, wide ? 0xffffffff : x)]
  return bytesOf(
    ...made.map(({ local }) => local),
    [directory, wideEnd, 'PK\x05\x06', le(4, 0), shortCount, shortCount, short(directory.length), short(at)],
    [le(2, comment.length), comment]
  )
}

// ---- pickle ------------------------------------------------------------------------------------------------------

export const [mark, reduce, stop, emptyTuple, emptyDict, setItems] = ['(', 'R', '.', ')', '}', 'u'] as const

export type Protocol = 2 | 3 | 4 | 5

/** How the protocols spell the same things. */
export const spelling = (protocol: Protocol) => {
  const text = (value: string): Part =>
    protocol >= 4 ? [0x8c, bytesOf(value).length, value] : ['X', le(4, bytesOf(value).length), value]
  return {
    text,
    global: (module: string, name: string): Part =>
      protocol >= 4 ? [text(module), text(name), 0x93] : ['c', module, '\n', name, '\n'],
    /** The shortest that fits. */
    int: (x: number | bigint): Part => {
      if (x >= 0 && x < 256) return ['K', le(1, x)]
      return x >= -(2 ** 31) && x < 2 ** 31 ? ['J', le(4, x)] : [0x8a, 8, le(8, x)]
    },
    /** A whole program: with a frame where the protocol has them. */
    program: (...parts: readonly Part[]): Uint8Array => {
      const body = bytesOf(...parts, stop)
      return bytesOf(0x80, protocol, protocol >= 4 ? [0x95, le(8, body.length)] : [], body)
    }
  }
}

export const { text, global, int, program } = spelling(2)

export const tuple = (...items: readonly Part[]): Part => [mark, ...items, 't']

export const dict = (...items: readonly Part[]): Part => [emptyDict, mark, ...items, setItems]

export const sizes = (shape: readonly number[], { int }: Spelling = spelling(2)): Part => tuple(...shape.map(int))

type Spelling = ReturnType<typeof spelling>

/** A tensor that `_rebuild_tensor_v2` makes of a storage. */
export interface Rebuilt {
  readonly type?: string
  readonly key?: string
  /** Of the storage. */
  readonly count: number
  readonly offset?: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
  /** A further argument. */
  readonly metadata?: Part
}

export const storageId = ({ type = 'FloatStorage', key = '0', count }: Rebuilt, spell: Spelling = spelling(2)): Part =>
  tuple(spell.text('storage'), spell.global('torch', type), spell.text(key), spell.text('cuda:1'), spell.int(count))

export const rebuilt = (tensor: Rebuilt, spell: Spelling = spelling(2)): Part => {
  const { offset = 0, shape, strides, metadata = [] } = tensor
  const hooks = [spell.global('collections', 'OrderedDict'), emptyTuple, reduce]
  const args = [
    [storageId(tensor, spell), 'Q'],
    spell.int(offset),
    sizes(shape, spell),
    sizes(strides, spell),
    0x89,
    hooks
  ]
  return [spell.global('torch._utils', '_rebuild_tensor_v2'), tuple(...args, metadata), reduce]
}

/** A `.pt` file of a pickle and storages. */
export const pt = (
  pickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
  byteorder?: string
): Uint8Array =>
  zipOf([
    stored('archive/data.pkl', pickle),
    ...(byteorder === undefined ? [] : [stored('archive/byteorder', byteorder)]),
    ...Object.entries(storages).map(([key, bytes]) => stored(`archive/data/${key}`, bytes)),
    stored('archive/version', '3\n')
  ])

/** The bytes of float32 numbers. */
export const floats = (...numbers: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(numbers).buffer)
