/** How one element is read, at any alignment. `width` is in bytes. Numbers are little-endian. */
interface Dtype {
  readonly width: number
  readonly read: (view: DataView, at: number) => number
}

// sign: 1 bit, exponent: 5 bits with bias 15, fraction: 10 bits (IEEE 754 binary16)
const half = (bits: number): number => {
  const [sign, exponent, fraction] = [bits >> 15 === 1 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

// the upper half of a binary32: 8 bits of exponent with bias 127, 7 of fraction
const brain = (bits: number): number => {
  const [sign, exponent, fraction] = [bits >> 15 === 1 ? -1 : 1, (bits >> 7) & 255, bits & 127]
  if (exponent === 0) return sign * fraction * 2 ** -133
  if (exponent === 255) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 128) * 2 ** (exponent - 127)
}

// sign: 1 bit, exponent: 4 bits with bias 7, fraction: 3 bits; no infinity, and one NaN of each sign
const quarter = (bits: number): number => {
  const [sign, exponent, fraction] = [bits >> 7 === 1 ? -1 : 1, (bits >> 3) & 15, bits & 7]
  if (exponent === 0) return sign * fraction * 2 ** -9
  return (bits & 127) === 127 ? NaN : sign * (1 + fraction / 8) * 2 ** (exponent - 7)
}

// an exponent only
const scale = (bits: number): number => (bits === 255 ? NaN : 2 ** (bits - 127))

/** The element types that are read, by their names in safetensors. */
export const dtypes: ReadonlyMap<string, Dtype> = new Map<string, Dtype>([
  ['F64', { width: 8, read: (view, at) => view.getFloat64(at, true) }],
  ['F32', { width: 4, read: (view, at) => view.getFloat32(at, true) }],
  ['F16', { width: 2, read: (view, at) => half(view.getUint16(at, true)) }],
  ['BF16', { width: 2, read: (view, at) => brain(view.getUint16(at, true)) }],
  // the upper half of a binary16
  ['F8_E5M2', { width: 1, read: (view, at) => half(view.getUint8(at) << 8) }],
  ['F8_E4M3', { width: 1, read: (view, at) => quarter(view.getUint8(at)) }],
  ['F8_E8M0', { width: 1, read: (view, at) => scale(view.getUint8(at)) }],
  ['I64', { width: 8, read: (view, at) => Number(view.getBigInt64(at, true)) }],
  ['I32', { width: 4, read: (view, at) => view.getInt32(at, true) }],
  ['I16', { width: 2, read: (view, at) => view.getInt16(at, true) }],
  ['I8', { width: 1, read: (view, at) => view.getInt8(at) }],
  ['U64', { width: 8, read: (view, at) => Number(view.getBigUint64(at, true)) }],
  ['U32', { width: 4, read: (view, at) => view.getUint32(at, true) }],
  ['U16', { width: 2, read: (view, at) => view.getUint16(at, true) }],
  ['U8', { width: 1, read: (view, at) => view.getUint8(at) }],
  ['BOOL', { width: 1, read: (view, at) => Math.sign(view.getUint8(at)) }]
])

// copied as words, because a number may lose the payload of a NaN on its way through JavaScript
const readWords = (view: DataView, at: number, count: number): Float32Array => {
  const words = new Uint32Array(count)
  for (let i = 0; i < count; i++) words[i] = view.getUint32(at + 4 * i, true)
  return new Float32Array(words.buffer)
}

/** `count` elements from byte `at`, as float32: F32 to the bit, wider types rounded. */
export const readValues = (name: string, view: DataView, at: number, count: number): Float32Array => {
  const dtype = dtypes.get(name)
  if (name === 'F32' || dtype === undefined) return readWords(view, at, count)
  const { width, read } = dtype
  return new Float32Array(count).map((_, i) => read(view, at + i * width))
}

/** Writes the bits of float32 values, from byte `at`. */
export const writeValues = (values: Float32Array, view: DataView, at: number): void => {
  new Uint32Array(values.buffer, values.byteOffset, values.length).forEach((word, i) =>
    view.setUint32(at + 4 * i, word, true)
  )
}
