import * as gifenc from 'gifenc'
import { dual } from '../core/dual.ts'
import { kindOf, options } from '../core/options.ts'
import { raise } from '../base/raise.ts'
import { checkPicture, type Picture } from './pixels.ts'

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

/** The options of `encodeGif`. */
export interface GifOptions {
  /** How long each frame is shown, in milliseconds, at least 20 and rounded to steps of 10; 50 by default. */
  readonly delayMs?: number
}

/** Frames and options; or the options alone, for `pipe`. */
export interface EncodeGif {
  (frames: readonly Picture[], options?: GifOptions): Uint8Array
  (options?: GifOptions): (frames: readonly Picture[]) => Uint8Array
}

/** A GIF stores each side in two bytes. */
const mostPixels = 65_535
/** Viewers show a shorter delay as 100 ms. */
const leastMs = 20
const mostMs = 655_350

/**
 * The bytes of an endless animated GIF in 256 grays. Colours become their luminance.
 *
 * @param frames pictures of one size, at least one
 * @throws TesseraError if there is no frame, the sizes differ or exceed 65,535 pixels a side, or the delay is not from
 * 20 to 655,350 ms
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const frame = (value: number): t.Picture => t.grid({ data: Float32Array.of(value), shape: [1, 1, 1] }, { scale: 8 })
 * const gif = t.encodeGif([frame(-1), frame(0), frame(1)], { delayMs: 100 })
 * assert.strictEqual(String.fromCharCode(...gif.subarray(0, 6)), 'GIF89a')
 * ```
 */
export const encodeGif = dual<EncodeGif>(
  (args) => Array.isArray(args[0]) || args.length >= 2,
  (given: GifOptions = {}) => {
    const { delayMs = 50 } = options('encodeGif', given, { delayMs: true })
    if (!(delayMs >= leastMs && delayMs <= mostMs))
      raise('encodeGif', `delayMs must be within ${leastMs} and ${mostMs}: ${delayMs}`)
    return (frames: readonly Picture[]) => encoded(frames, delayMs)
  }
)

const encoded = (frames: readonly Picture[], delayMs: number): Uint8Array => {
  if (!Array.isArray(frames)) raise('encodeGif', `wants a list of pictures first, not ${kindOf(frames)}`)
  const first = frames[0] ?? raise('encodeGif', 'there is no frame')
  const gif = GIFEncoder()
  frames.forEach((frame, i) => {
    checkPicture('encodeGif', frame, mostPixels)
    if (frame.width !== first.width || frame.height !== first.height)
      raise('encodeGif', `frame ${i} is ${frame.width}x${frame.height}, the first ${first.width}x${first.height}`)
    gif.writeFrame(grayOf(frame), frame.width, frame.height, { delay: delayMs, ...(i === 0 && { palette: grays }) })
  })
  gif.finish()
  return gif.bytes()
}
