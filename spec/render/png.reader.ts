import { inflateSync } from 'node:zlib'

export interface Png {
  readonly width: number
  readonly height: number
  /** Three or four bytes to a pixel. */
  readonly channels: number
  readonly data: Uint8Array
}

const paeth = (a: number, b: number, c: number): number => {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)]
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c
}

const predict = [
  () => 0,
  (a: number) => a,
  (_: number, b: number) => b,
  (a: number, b: number) => (a + b) >> 1,
  paeth
] as const

/** A reader of PNGs of 8 bits a channel for the specs (PNG specification, chapters 5 and 9). */
export const readPng = (bytes: Uint8Array): Png => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getBigUint64(0) !== 0x89504e470d0a1a0an) throw new Error('no PNG')
  const packed: Uint8Array[] = []
  for (let at = 8; at < bytes.length; at += 12 + view.getUint32(at))
    if (String.fromCharCode(...bytes.subarray(at + 4, at + 8)) === 'IDAT')
      packed.push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)))
  const [width, height, depth, kind] = [view.getUint32(16), view.getUint32(20), bytes[24], bytes[25]]
  if (depth !== 8 || (kind !== 2 && kind !== 6)) throw new Error('another kind of PNG')
  const channels = kind === 2 ? 3 : 4
  const [lines, stride] = [inflateSync(Buffer.concat(packed)), channels * width]
  const data = new Uint8Array(stride * height)
  for (let i = 0; i < data.length; i++) {
    const [y, x] = [Math.floor(i / stride), i % stride]
    const left = x < channels ? 0 : data[i - channels]!
    const above = y === 0 ? 0 : data[i - stride]!
    const corner = x < channels || y === 0 ? 0 : data[i - stride - channels]!
    const filter = predict[lines[y * (stride + 1)]!]!
    data[i] = lines[y * (stride + 1) + 1 + x]! + filter(left, above, corner)
  }
  return { width, height, channels, data }
}
