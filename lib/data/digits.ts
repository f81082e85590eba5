import { dual } from '../core/dual.ts'
import { keyFirst, wordsOf, type Key } from '../core/key.ts'
import { options, whole } from '../core/options.ts'
import { raise } from '../base/raise.ts'
import { bits32, foldInWords } from '../random/threefry.ts'
import type { Words } from '../random/threefry.ts'
import type { Dataset } from './dataset.ts'
import { canvasPen } from './digits/canvas.ts'
import type { CreateDigitCanvas } from './digits/canvas.ts'
import { set, write } from './digits/hand.ts'
import { SIDE, settle } from './digits/paper.ts'
import { rasterise } from './digits/software.ts'

export type { CreateDigitCanvas, DigitCanvas, DigitContext, DigitPixels } from './digits/canvas.ts'

/** The options of `drawDigits`. */
export interface DigitOptions {
  /** Makes the canvas to draw on. By default, digits are drawn in plain arithmetic, without a canvas. */
  readonly createCanvas?: CreateDigitCanvas | undefined
  /** Font families for half of the digits; this needs a canvas. None by default. */
  readonly fonts?: readonly string[]
}

const CLASSES = Array.from({ length: 10 }, (_, digit) => String(digit))

/** Draws a large digit, in a handwriting (or a font) that the random words decide. */
type Artist = (words: Words, label: number) => Uint8Array

const canvasArtist = (createCanvas: CreateDigitCanvas, fonts: readonly string[]): Artist => {
  const pen = canvasPen(createCanvas)
  const inFont = (words: Words): boolean => fonts.length > 0 && (bits32(foldInWords(words, 2), 1)[0]! & 1) === 1
  return (words, label) => pen(inFont(words) ? set(words, label, fonts) : write(words, label))
}

const softwareArtist: Artist = (words, label) => rasterise(write(words, label))

const artist = (createCanvas: CreateDigitCanvas | undefined, fonts: readonly string[]): Artist => {
  if (createCanvas) return canvasArtist(createCanvas, fonts)
  return fonts.length === 0
    ? softwareArtist
    : raise('drawDigits', 'fonts need a canvas: give createCanvas, or no fonts')
}

/** A key, a count and options; or the same without the key, for a function of it. */
export interface DrawDigits {
  (key: Key, count: number, options?: DigitOptions): Dataset
  (count: number, options?: DigitOptions): (key: Key) => Dataset
}

/**
 * Draws a data set: `count` digits of 28×28 pixels, white on black, 20 pixels high and centred by mass, as in MNIST.
 * They are drawn from stroke skeletons, with random slant, width, rotation, curvature and pen. Image i shows the digit
 * i mod 10, and depends on the key and i only.
 *
 * Without a canvas, every machine draws the same bytes. With one, the edges of the strokes are the canvas's: two kinds
 * of canvas differ by less than a gray level on average.
 *
 * @throws TesseraError if the count is not a whole number of at least 0, or there are fonts without a canvas
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 *
 * const digits = t.drawDigits(t.key(1), 20)
 * assert.deepStrictEqual([digits.count, digits.height, digits.width], [20, 28, 28])
 * assert.deepStrictEqual([...digits.labels.slice(8, 12)], [8, 9, 0, 1])
 * ```
 */
export const drawDigits = dual<DrawDigits>(keyFirst('drawDigits', 3), (count: number, given: DigitOptions = {}) => {
  const { createCanvas, fonts = [] } = options('drawDigits', given, { createCanvas: true, fonts: true })
  whole('drawDigits', 'the count', count, 0)
  const draw = artist(createCanvas, fonts)
  const source = createCanvas ? 'drawn here on a canvas' : 'drawn here without a canvas'
  return (key: Key): Dataset => ({ ...drawn(draw, wordsOf('drawDigits', key), count), source })
})

const drawn = (draw: Artist, words: Words, count: number): Omit<Dataset, 'source'> => {
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES.length)
  const images = new Uint8Array(count * SIDE * SIDE)
  labels.forEach((label, i) => images.set(settle(draw(foldInWords(words, i), label)), i * SIDE * SIDE))
  return { name: 'digits', classes: CLASSES, images, labels, count, height: SIDE, width: SIDE }
}
