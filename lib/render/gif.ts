import * as gifenc from 'gifenc'
import { raise } from '../core/raise.ts'
import type { Picture } from './pixels.ts'

const GIFEncoder = gifenc.GIFEncoder ?? gifenc.default.GIFEncoder

const grays = Array.from({ length: 256 }, (_, v) => [v, v, v] as const)

// luminance; a gray pixel keeps its value exactly
const grayOf = ({ width, height, data }: Picture): Uint8Array => {
  const bytes = new Uint8Array(width * height)
  for (let i = 0; i < bytes.length; i++) {
    const [r, g, b] = [data[4 * i] ?? 0, data[4 * i + 1] ?? 0, data[4 * i + 2] ?? 0]
    bytes[i] = Math.round((299 * r + 587 * g + 114 * b) / 1000)
  }
  return bytes
}

export interface GifOptions {
  /** How long each picture stands, in milliseconds; a GIF counts in steps of 10; 50. */
  readonly delayMs?: number
}

/**
 * An endless animated GIF in 256 grays.
 *
 * @param frames pictures of one size, at least one
 * @throws TesseraError where there is no frame, their sizes differ, or the delay is none
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const frame = (value: number): t.Picture => t.grid({ data: Float32Array.of(value), shape: [1, 1, 1] }, { scale: 8 })
 * const gif = t.encodeGif([frame(-1), frame(0), frame(1)], { delayMs: 100 })
 * assert.strictEqual(String.fromCharCode(...gif.subarray(0, 6)), 'GIF89a')
 * ```
 */
export const encodeGif = (frames: readonly Picture[], { delayMs = 50 }: GifOptions = {}): Uint8Array => {
  const first = frames[0] ?? raise('encodeGif', 'there is no frame')
  if (!(delayMs >= 0 && delayMs <= 655350)) return raise('encodeGif', `delayMs must be within 0 and 655350: ${delayMs}`)
  const gif = GIFEncoder()
  frames.forEach((frame, i) => {
    if (frame.width !== first.width || frame.height !== first.height)
      raise('encodeGif', `frame ${i} is ${frame.width}x${frame.height}, the first ${first.width}x${first.height}`)
    gif.writeFrame(grayOf(frame), frame.width, frame.height, { delay: delayMs, ...(i === 0 && { palette: grays }) })
  })
  gif.finish()
  return gif.bytes()
}
