import { countOf } from '../header.ts'

/** A tensor whose numbers are all of storage `key`: row-major, float32. */
export interface Written {
  readonly name: string
  readonly shape: readonly number[]
  readonly key: string
}

type Bytes = readonly number[]

const encoder = new TextEncoder()

const uint32 = (x: number): Bytes => [x & 255, (x >> 8) & 255, (x >> 16) & 255, x >>> 24]

// BINUNICODE
const text = (value: string): Bytes => {
  const bytes = encoder.encode(value)
  return [0x58, ...uint32(bytes.length), ...bytes]
}

// BININT1, BININT2, BININT, LONG1 as torch.save chooses them
const int = (x: number): Bytes => {
  if (x < 2 ** 8) return [0x4b, x]
  if (x < 2 ** 16) return [0x4d, x & 255, x >> 8]
  return x < 2 ** 31 ? [0x4a, ...uint32(x)] : [0x8a, 8, ...uint32(x % 2 ** 32), ...uint32(Math.floor(x / 2 ** 32))]
}

// MARK, the items, TUPLE
const tuple = (items: readonly Bytes[]): Bytes => [0x28, ...items.flat(), 0x74]

// GLOBAL
const global = (module: string, name: string): Bytes => [0x63, ...encoder.encode(`${module}\n${name}\n`)]

const [emptyTuple, reduce, persistent, no] = [[0x29], [0x52], [0x51], [0x89]] as const
const orderedDict: Bytes = [...global('collections', 'OrderedDict'), ...emptyTuple, ...reduce]
const rebuild = global('torch._utils', '_rebuild_tensor_v2')
const floatStorage = global('torch', 'FloatStorage')

// an empty axis has the strides of an axis of size 1
const stridesOf = (shape: readonly number[]): readonly number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((step, d) => step * Math.max(d, 1), 1))

const sizes = (shape: readonly number[]): Bytes => tuple(shape.map(int))

// _rebuild_tensor_v2(storage, 0, size, stride, requires_grad, backward_hooks)
const tensor = ({ shape, key }: Written): Bytes => {
  const id = tuple([text('storage'), floatStorage, text(key), text('cpu'), int(countOf(shape))])
  const storage = [...id, ...persistent]
  return [...rebuild, ...tuple([storage, int(0), sizes(shape), sizes(stridesOf(shape)), no, orderedDict]), ...reduce]
}

/** The pickle (protocol 2) of an OrderedDict of tensors. */
export const pickleStateDict = (tensors: readonly Written[]): Uint8Array => {
  const items = tensors.flatMap((written) => [text(written.name), tensor(written)])
  // PROTO 2, the dict, MARK, names and tensors in turn, SETITEMS, STOP
  return Uint8Array.from([[0x80, 2], orderedDict, [0x28], ...items, [0x75, 0x2e]].flat())
}

/** The number of opcodes in that pickle. */
export const opcodesIn = (shapes: readonly (readonly number[])[]): number =>
  shapes.reduce((sum, shape) => sum + 22 + 2 * shape.length, 7)
