import { raise } from '../../base/raise.ts'
import type { Letter, Stroke } from './hand.ts'
import { LARGE, ZOOM } from './paper.ts'

/** The part of a 2d context that draws digits. Its settings are mutable. */
export type DigitContext = {
  /** The colour of areas. */
  fillStyle: string | object
  /** The colour of lines. */
  strokeStyle: string | object
  /** The form of line ends. */
  lineCap: string
  /** The form of corners. */
  lineJoin: string
  /** The width of lines. */
  lineWidth: number
  /** The size and family of text. */
  font: string
  /** The horizontal anchor of text. */
  textAlign: string
  /** The vertical anchor of text. */
  textBaseline: string
  /** Fills a rectangle. */
  fillRect(x: number, y: number, width: number, height: number): void
  /** Draws text. */
  fillText(text: string, x: number, y: number): void
  /** Sets the transformation of all that is drawn. */
  setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void
  /** Begins a line. */
  beginPath(): void
  /** Sets the start of a line. */
  moveTo(x: number, y: number): void
  /** Adds a point to a line. */
  lineTo(x: number, y: number): void
  /** Draws the line. */
  stroke(): void
  /** Reads pixels. */
  getImageData(x: number, y: number, width: number, height: number): DigitPixels
}

/** Pixels of a canvas. */
export interface DigitPixels {
  /** RGBA bytes, row by row. */
  readonly data: Uint8ClampedArray
}

/** The part of a canvas that digits are drawn on. */
export interface DigitCanvas {
  /** The 2d context, or null if the canvas has a context of another kind. */
  getContext(kind: '2d', options?: object): DigitContext | null
}

/** Makes a canvas: `createCanvas` of node `canvas`, or `(w, h) => new OffscreenCanvas(w, h)`. */
export type CreateDigitCanvas = (width: number, height: number) => DigitCanvas

/** Draws one stroke, in one piece for each run of equal radius. */
const line = (context: DigitContext, stroke: Stroke): void => {
  let radius = NaN
  stroke.slice(1).forEach((to, i) => {
    if (to[2] !== radius) {
      if (i > 0) context.stroke()
      radius = to[2]
      context.lineWidth = 2 * radius * ZOOM
      context.beginPath()
      context.moveTo(stroke[i]![0] * ZOOM, stroke[i]![1] * ZOOM)
    }
    context.lineTo(to[0] * ZOOM, to[1] * ZOOM)
  })
  context.stroke()
}

const letter = (context: DigitContext, { text, family, height, matrix }: Letter): void => {
  // the height of a digit is about 0.72 of the font's size
  context.font = `${Math.round((height * ZOOM) / 0.72)}px ${family}`
  context.setTransform(...matrix, LARGE / 2, LARGE / 2)
  context.fillText(text, 0, 0)
  context.setTransform(1, 0, 0, 1, 0, 0)
}

const brightness = (context: DigitContext): Uint8Array => {
  const { data } = context.getImageData(0, 0, LARGE, LARGE)
  return new Uint8Array(LARGE * LARGE).map((_, i) => data[4 * i]!)
}

/** Draws strokes, or a letter of a font, always on the same canvas. */
export const canvasPen = (createCanvas: CreateDigitCanvas): ((drawing: readonly Stroke[] | Letter) => Uint8Array) => {
  const context =
    createCanvas(LARGE, LARGE).getContext('2d', { willReadFrequently: true }) ??
    raise('drawDigits', 'the canvas gives no 2d context')
  Object.assign(context, {
    strokeStyle: '#fff',
    lineCap: 'round',
    lineJoin: 'round',
    textAlign: 'center',
    textBaseline: 'middle'
  })
  return (drawing) => {
    context.fillStyle = '#000'
    context.fillRect(0, 0, LARGE, LARGE)
    context.fillStyle = '#fff'
    if ('family' in drawing) letter(context, drawing)
    else drawing.forEach((stroke) => line(context, stroke))
    return brightness(context)
  }
}
