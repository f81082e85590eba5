import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { failure } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'
import { raise, showShape } from '../base/raise.ts'
import { dtypes, writeValues } from './dtypes.ts'
import { countOf } from './header.ts'
import type { View } from './pickle/values.ts'
import { mostAxes, torch } from './pickle/torch.ts'
import { mostOpcodes, unpickle } from './pickle/unpickle.ts'
import { opcodesIn, pickleStateDict } from './pickle/write.ts'
import { quote, shorten } from './quote.ts'
import type { Stored, StoredTensors } from './safetensors.ts'
import { findStateDict } from './state-dict.ts'
import type { StateDict } from './state-dict.ts'
import { endOf, viewValues } from './views.ts'
import { readEntry, readZip } from './zip.ts'
import type { Zip } from './zip.ts'
import { writeZip } from './zip-write.ts'
import type { ZipContent } from './zip-write.ts'

/** The content of a `.pt` file. */
export interface PyTorch {
  /** The tensors, by name. */
  readonly tensors: StoredTensors
  /** The key of the checkpoint that held the state dict; absent if the state dict is the whole file. */
  readonly under?: string
}

/** A `.pt` file, opened. */
interface Archive {
  readonly bytes: Uint8Array
  readonly zip: Zip
  /** `archive/`, or another name of a folder. */
  readonly root: string
}

const broken = (message: string): Failure => failure('format', `pytorch: ${message}`)
const bad = (message: string): E.Either<Failure, never> => E.left(broken(message))

const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b
const isLegacy = (bytes: Uint8Array): boolean => bytes[0] === 0x80

const openZip = (bytes: Uint8Array): E.Either<Failure, Zip> => {
  if (isZip(bytes)) return readZip(bytes)
  return isLegacy(bytes)
    ? bad(
        'a file in the format before PyTorch 1.6: save it again with torch.save(torch.load(FILE, weights_only=True), FILE)'
      )
    : bad('no zip archive: is it a .pt file?')
}

const pickleName = 'data.pkl'

const openArchive = (bytes: Uint8Array): E.Either<Failure, Archive> =>
  pipe(
    openZip(bytes),
    E.flatMap((zip) => {
      const found = [...zip.keys()].filter((name) => /^[^/]*\/data\.pkl$/.test(name))
      const [name] = found
      if (name === undefined) return bad(`the archive has no FOLDER/${pickleName}: is it a .pt file?`)
      const root = name.slice(0, -pickleName.length)
      return found.length === 1
        ? E.right({ bytes, zip, root })
        : bad(`the archive has ${pickleName} in several folders`)
    })
  )

const content = ({ bytes, zip, root }: Archive, name: string): E.Either<Failure, Uint8Array> => {
  const entry = zip.get(root + name)
  return entry === undefined ? bad(`the archive has no ${quote(root + name)}`) : readEntry(bytes, entry)
}

/** Files from before PyTorch 2.1 do not say it, and were written by little-endian machines. */
const readByteOrder = (archive: Archive): E.Either<Failure, boolean> =>
  archive.zip.has(`${archive.root}byteorder`)
    ? pipe(
        content(archive, 'byteorder'),
        E.map((bytes) => String.fromCharCode(...bytes.subarray(0, 60))),
        E.flatMap((order) =>
          order === 'little' || order === 'big' ? E.right(order === 'little') : bad(`the byte order is ${quote(order)}`)
        )
      )
    : E.right(true)

const readState = (archive: Archive): E.Either<Failure, StateDict> =>
  pipe(
    content(archive, pickleName),
    E.flatMap((pickle) => pipe(unpickle(pickle, torch()), E.flatMap(findStateDict), E.mapLeft(broken)))
  )

/** How many values all tensors may have together: a fixed number, plus a multiple of those in their storages. */
const values = { always: 2 ** 20, times: 4 } as const

/**
 * Views may repeat numbers: a storage of one number can expand to a tensor of any size, and any number of tensors can
 * share a large one. Tied weights and small expanded buffers stay within these bounds.
 */
const checkTotal = (state: StateDict): E.Either<Failure, StateDict> => {
  const total = state.views.reduce((sum, [, { shape }]) => sum + countOf(shape), 0)
  const stored = [...new Set(state.views.map(([, { storage }]) => storage))].reduce((sum, { count }) => sum + count, 0)
  return total <= values.always + values.times * stored
    ? E.right(state)
    : bad(`the tensors have ${total} values, their storages ${stored}: save them after .contiguous() or .clone()`)
}

/** What is wrong with a tensor, before its numbers are read. */
const complaint = (archive: Archive, storages: Storages, [name, view]: readonly [string, View]): string | undefined => {
  const { shape, storage } = view
  const at = `tensor ${quote(name)}`
  const width = dtypes.get(storage.dtype)?.width
  if (width === undefined) return `${at} has the dtype ${storage.dtype}, not one of ${[...dtypes.keys()].join(', ')}`
  const size = storages.get(storage.key)
  if (size === undefined)
    return `${at} has its numbers in ${quote(`${archive.root}data/${shorten(storage.key)}`)}, which is not there`
  if (size !== width * storage.count)
    return `${at} has a storage of ${storage.count} numbers (${storage.dtype}) in ${size} bytes`
  return endOf(view) <= storage.count
    ? undefined
    : `${at} has the shape ${shorten(showShape(shape))}, which reaches beyond the ${storage.count} numbers of its storage`
}

/** The sizes of the storages by key. Keys are looked up without the folder, because adding it would copy long ones. */
type Storages = ReadonlyMap<string, number>

const storagesIn = ({ zip, root }: Archive): Storages => {
  const folder = `${root}data/`
  return new Map(
    [...zip]
      .filter(([name]) => name.startsWith(folder))
      .map(([name, { size }]) => [name.slice(folder.length), size] as const)
  )
}

const check = (archive: Archive, storages: Storages, state: StateDict): E.Either<Failure, StateDict> => {
  const wrong = state.views.map((named) => complaint(archive, storages, named)).find((text) => text !== undefined)
  return wrong === undefined ? checkTotal(state) : bad(wrong)
}

const readTensors =
  (archive: Archive, isLittle: boolean) =>
  ({ views, under }: StateDict): E.Either<Failure, PyTorch> => {
    const read = new Map<string, E.Either<Failure, Uint8Array>>()
    const contentOf = (key: string): E.Either<Failure, Uint8Array> => {
      const found = read.get(key) ?? content(archive, `data/${key}`)
      read.set(key, found)
      return found
    }
    return pipe(
      views,
      E.traverseArray(([name, view]) =>
        pipe(
          contentOf(view.storage.key),
          E.map((bytes) => [name, { shape: view.shape, data: viewValues(bytes, isLittle, view) }] as const)
        )
      ),
      // fromEntries makes own properties of names such as `__proto__` too
      E.map((named): StoredTensors => Object.fromEntries(named)),
      E.map((tensors) => (under === undefined ? { tensors } : { tensors, under }))
    )
  }

/**
 * The tensors of a `.pt` file, as `torch.save(model.state_dict(), FILE)` writes it, as float32: 32-bit floats to the
 * bit, other floats, ints and bools by value. A dict that holds the state dict under `state_dict`, `model_state_dict`
 * or `model` is read, too, and the result says which of them it was.
 *
 * Nothing in the file is executed: it may name tensors, storages and dicts, and anything else is refused by its name.
 * Every byte of a tensor is compared with the archive's checksum. Time and memory are proportional to the file.
 *
 * The failure is of kind `format`, and names the thing and the rule that it breaks. It never throws.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const file = t.decodePyTorch(t.encodePyTorch({ w: { shape: [2], data: Float32Array.of(1, 2) } }))
 * assert.ok(file._tag === 'Right' && file.right.tensors.w?.data[1] === 2)
 * assert.equal(t.decodePyTorch(Uint8Array.of(1, 2, 3))._tag, 'Left')
 * ```
 */
export const decodePyTorch = (bytes: Uint8Array): E.Either<Failure, PyTorch> =>
  pipe(
    E.Do,
    E.bind('archive', () => openArchive(bytes)),
    E.bind('isLittle', ({ archive }) => readByteOrder(archive)),
    E.bind('state', ({ archive }) => readState(archive)),
    E.bind('checked', ({ archive, state }) => check(archive, storagesIn(archive), state)),
    E.flatMap(({ archive, isLittle, checked }) => readTensors(archive, isLittle)(checked))
  )

const isText = (name: string): boolean => !/\p{Surrogate}/u.test(name)

const checkTensor = ([name, { shape, data }]: readonly [string, Stored]): void => {
  if (!isText(name)) raise('encodePyTorch', `the name ${quote(name)} is no Unicode text`)
  if (!shape.every((d) => Number.isSafeInteger(d) && d >= 0) || countOf(shape) !== data.length)
    raise('encodePyTorch', `${name} has ${data.length} values, which do not fit its shape: ${showShape(shape)}`)
  if (shape.length > mostAxes)
    raise('encodePyTorch', `${name} has ${shape.length} axes, PyTorch has at most ${mostAxes}`)
}

const fileOf = (name: string, bytes: Uint8Array): ZipContent => ({
  name: `archive/${name}`,
  size: bytes.length,
  fill: (into) => into.set(bytes)
})

const storageFile = (key: number, data: Float32Array): ZipContent => ({
  name: `archive/data/${key}`,
  size: data.byteLength,
  fill: ({ buffer, byteOffset, byteLength }) => writeValues(data, new DataView(buffer, byteOffset, byteLength), 0)
})

/**
 * The bytes of a `.pt` file: an ordered dict of float32 tensors, which `torch.load(FILE, weights_only=True)` reads.
 * Names are sorted, so that the same tensors give the same bytes.
 *
 * @throws TesseraError if a shape does not fit its values, a name is not Unicode text, or there are more than about
 * thirty thousand tensors, or 4 GiB of them
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const bytes = t.encodePyTorch({ w: { shape: [2], data: Float32Array.of(1, 2) } })
 * assert.deepStrictEqual(t.decodePyTorch(bytes), {
 *   _tag: 'Right',
 *   right: { tensors: { w: { shape: [2], data: Float32Array.of(1, 2) } } }
 * })
 * ```
 */
export const encodePyTorch = (tensors: StoredTensors): Uint8Array => {
  const entries = Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1))
  entries.forEach(checkTensor)
  if (opcodesIn(entries.map(([, { shape }]) => shape)) > mostOpcodes)
    raise('encodePyTorch', `${entries.length} tensors are more than decodePyTorch reads`)
  const text = (content: string): Uint8Array => new TextEncoder().encode(content)
  const bytes = writeZip([
    fileOf(pickleName, pickleStateDict(entries.map(([name, { shape }], key) => ({ name, shape, key: String(key) })))),
    fileOf('byteorder', text('little')),
    ...entries.map(([, { data }], key) => storageFile(key, data)),
    // the version of the archive's layout, which PyTorch requires
    fileOf('version', text('3\n'))
  ])
  return bytes ?? raise('encodePyTorch', `${entries.length} tensors are too large for a zip archive: 4 GiB or more`)
}
