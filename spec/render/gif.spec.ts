import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { encodeGif } from '../../lib/render/gif.ts'
import type { Picture } from '../../lib/render/pixels.ts'
import { readGif } from './gif.reader.ts'

const gray = (width: number, height: number, bytes: readonly number[]): Picture => ({
  width,
  height,
  data: Uint8ClampedArray.from(bytes.flatMap((v) => [v, v, v, 255]))
})

const film = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 5 }))
  .chain(([w, h, n]) =>
    fc
      .array(fc.array(fc.nat(255), { minLength: w * h, maxLength: w * h }), { minLength: n, maxLength: n })
      .map((frames) => frames.map((bytes) => gray(w, h, bytes)))
  )

const rgb = ({ data }: Picture): readonly (readonly number[])[] =>
  Array.from({ length: data.length / 4 }, (_, i) => Array.from(data.subarray(4 * i, 4 * i + 3)))

/** Threefold noise: it fills the encoder's table of 4,096 codes several times. */
const noise = (seed: number): Picture =>
  gray(
    120,
    90,
    Array.from({ length: 10_800 }, (_, i) => Math.imul(i + seed * 10_800, 0x9e3779b1) >>> 24)
  )

describe('encodeGif', () => {
  it('keeps every gray of every frame', () => {
    fc.assert(
      fc.property(film, (frames) => {
        const gif = readGif(encodeGif(frames))
        expect([gif.width, gif.height]).toStrictEqual([frames[0]!.width, frames[0]!.height])
        expect(gif.frames.map(({ pixels }) => pixels)).toStrictEqual(frames.map(rgb))
      })
    )
  })

  it('keeps large noisy frames, and flat ones', () => {
    const frames = [noise(1), noise(2), gray(120, 90, new Array<number>(10_800).fill(77))]
    expect(readGif(encodeGif(frames)).frames.map(({ pixels }) => pixels)).toStrictEqual(frames.map(rgb))
  })

  it('turns colours into their luminance', () => {
    const data = Uint8ClampedArray.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255)
    const { frames } = readGif(encodeGif([{ width: 3, height: 1, data }]))
    expect(frames[0]!.pixels.map(([r]) => r)).toStrictEqual([76, 150, 29])
  })

  it('runs for ever, each frame for the delay to the next 10 ms', () => {
    const frames = [0, 1, 2].map((v) => gray(1, 1, [v]))
    const delays = (options?: { readonly delayMs: number }) =>
      readGif(encodeGif(frames, options)).frames.map((f) => f.delayMs)
    expect(readGif(encodeGif(frames)).loop).toBe(0)
    expect(delays()).toStrictEqual([50, 50, 50])
    expect(delays({ delayMs: 120 })).toStrictEqual([120, 120, 120])
    expect(delays({ delayMs: 33 })).toStrictEqual([30, 30, 30])
  })

  it('refuses no frames, frames of several sizes, and delays that a GIF cannot say', () => {
    expect(() => encodeGif([])).toThrow('encodeGif: there is no frame')
    const frames = [gray(2, 1, [0, 0]), gray(1, 2, [0, 0])]
    expect(() => encodeGif(frames)).toThrow('encodeGif: frame 1 is 1x2, the first 2x1')
    for (const delayMs of [-1, 0, 5, 19.9, 655351, Infinity, NaN])
      expect(() => encodeGif([noise(1)], { delayMs })).toThrow(`encodeGif: delayMs must be within 20 and 655350: ${delayMs}`) // prettier-ignore
  })

  it('keeps every delay and every size that it takes', () => {
    for (const delayMs of [20, 25, 1000, 655350])
      expect(readGif(encodeGif([gray(1, 1, [0])], { delayMs })).frames[0]!.delayMs).toBe(10 * Math.round(delayMs / 10))
    for (const [width, height] of [[65535, 1], [1, 65535]] as const) // prettier-ignore
      expect(readGif(encodeGif([gray(width, height, new Array<number>(65535).fill(9))]))).toMatchObject({ width, height }) // prettier-ignore
  })

  it('refuses pictures that are none, or whose sides a GIF has no room for', () => {
    const refused = (picture: Picture) => expect(() => encodeGif([picture])).toThrow(t.TesseraError)
    for (const side of [0, -1, 1.5, NaN])
      for (const [width, height] of [
        [side, 1],
        [1, side],
        [side, side]
      ] as const)
        // prettier-ignore
        refused({ width, height, data: new Uint8ClampedArray(4) })
    for (const [width, height] of [
      [65536, 1],
      [1, 65536],
      [131072, 1]
    ] as const)
      // prettier-ignore
      refused({ width, height, data: new Uint8ClampedArray(4 * width * height) })
    for (const length of [0, 7, 9]) refused({ width: 2, height: 1, data: new Uint8ClampedArray(length) })
    expect(() => encodeGif([{ width: 70000, height: 1, data: new Uint8ClampedArray(280000) }])).toThrow(
      'encodeGif: a picture has at most 65535 pixels a side, this one is 70000x1'
    )
  })
})
