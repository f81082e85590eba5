/** A reader of GIFs for the specs: it shares nothing with the encoder, and knows what the specs need. */
export interface Gif {
  readonly width: number
  readonly height: number
  /** Endless where 0; undefined where it does not repeat. */
  readonly loop: number | undefined
  readonly frames: readonly GifFrame[]
}

export interface GifFrame {
  readonly delayMs: number
  /** Of `width` by `height`, RGB. */
  readonly pixels: readonly (readonly number[])[]
}

/** Codes of growing width, the lowest bits first. */
const unpack = (data: readonly number[], minimum: number): readonly number[] => {
  const [clear, end] = [1 << minimum, (1 << minimum) + 1]
  const out: number[] = []
  let table: number[][] = []
  let [width, bit] = [minimum + 1, 0]
  let previous: number[] | undefined
  const next = (): number => {
    let code = 0
    for (let i = 0; i < width; i++, bit++) code |= ((data[bit >> 3]! >> (bit & 7)) & 1) << i
    return code
  }
  for (let code = next(); code !== end; code = next()) {
    if (code === clear) {
      table = Array.from({ length: clear + 2 }, (_, i) => [i])
      ;[width, previous] = [minimum + 1, undefined]
      continue
    }
    const entry = table[code] ?? [...previous!, previous![0]!]
    out.push(...entry)
    if (previous !== undefined && table.length < 4096) table.push([...previous, entry[0]!])
    if (table.length === 1 << width && width < 12) width++
    previous = entry
  }
  return out
}

export const readGif = (bytes: Uint8Array): Gif => {
  const word = (at: number) => bytes[at]! + 256 * bytes[at + 1]!
  const colours = (at: number, flags: number) =>
    Array.from({ length: 2 << (flags & 7) }, (_, i) => Array.from(bytes.subarray(at + 3 * i, at + 3 * i + 3)))
  if (String.fromCharCode(...bytes.subarray(0, 6)) !== 'GIF89a') throw new Error('no GIF')
  const [width, height, palette] = [word(6), word(8), colours(13, bytes[10]!)]
  let at = 13 + 3 * palette.length
  let delayMs = 0
  let loop: number | undefined
  const frames: GifFrame[] = []
  const blocks = (): readonly number[] => {
    const data: number[] = []
    for (; bytes[at] !== 0; at += bytes[at]! + 1) data.push(...bytes.subarray(at + 1, at + 1 + bytes[at]!))
    at++
    return data
  }
  for (; bytes[at] !== 0x3b;) {
    const [kind, label] = [bytes[at], bytes[at + 1]]
    if (kind === 0x21) {
      at += 2
      const data = blocks()
      if (label === 0xf9) delayMs = 10 * (data[1]! + 256 * data[2]!)
      if (label === 0xff) loop = data[12]! + 256 * data[13]!
    } else if (kind === 0x2c) {
      const [left, top, w, h, flags] = [word(at + 1), word(at + 3), word(at + 5), word(at + 7), bytes[at + 9]!]
      if (left !== 0 || top !== 0 || w !== width || h !== height || flags !== 0) throw new Error('no plain frame')
      at += 11
      const minimum = bytes[at - 1]!
      frames.push({ delayMs, pixels: unpack(blocks(), minimum).map((i) => palette[i]!) })
    } else throw new Error(`no block at ${at}`)
  }
  if (at !== bytes.length - 1) throw new Error('more after the end')
  return { width, height, loop, frames }
}
