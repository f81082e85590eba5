import { options } from '../core/options.ts'
import { raise } from '../base/raise.ts'
import { bits32, foldInWords } from '../random/threefry.ts'
import type { Words } from '../random/threefry.ts'
import type { Dataset } from './dataset.ts'
import { canvasPen } from './digits/canvas.ts'
import type { CreateDigitCanvas } from './digits/canvas.ts'
import { set, write } from './digits/hand.ts'
import { SIDE, settle } from './digits/paper.ts'
import { rasterise } from './digits/software.ts'

export type { CreateDigitCanvas, DigitContext } from './digits/canvas.ts'

export interface DigitOptions {
  /** Font families in which half of the digits are set, with a canvas only. None unless told. */
  readonly fonts?: readonly string[]
}

const CLASSES = Array.from({ length: 10 }, (_, digit) => String(digit))

/** A large drawing of a digit, in a hand (or a font) that `words` decide. */
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

/**
 * A data set that needs no download: `count` digits (28×28, white on black, 20 pixels high, centred by
 * mass, as in MNIST) drawn from stroke skeletons that random slants, widths, turns, bends and pens make
 * different. Image i shows the digit i mod 10 and depends on `words` and i alone.
 *
 * The strokes are the same everywhere; their edges are the canvas's, so that two kinds of canvas differ
 * by less than a gray level on average. Without one (`undefined`) the digits are drawn in plain
 * arithmetic, and every machine gets the same bytes. Fonts are an option because machines have
 * different ones.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 *
 * const digits = t.drawDigits(undefined, { hi: 0, lo: 1 }, 20)
 * assert.deepStrictEqual([digits.count, digits.height, digits.width], [20, 28, 28])
 * assert.deepStrictEqual([...digits.labels.slice(8, 12)], [8, 9, 0, 1])
 * ```
 */
export const drawDigits = (
  createCanvas: CreateDigitCanvas | undefined,
  words: Words,
  count: number,
  given: DigitOptions = {}
): Dataset => {
  const { fonts = [] } = options('drawDigits', given, { fonts: true })
  if (!Number.isInteger(count) || count < 0) raise('drawDigits', `the count must be an integer of 0 or more: ${count}`)
  const draw = artist(createCanvas, fonts)
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES.length)
  const images = new Uint8Array(count * SIDE * SIDE)
  labels.forEach((label, i) => images.set(settle(draw(foldInWords(words, i), label)), i * SIDE * SIDE))
  const source = createCanvas ? 'drawn here on a canvas' : 'drawn here without a canvas'
  return { name: 'digits', classes: CLASSES, images, labels, count, height: SIDE, width: SIDE, source }
}
