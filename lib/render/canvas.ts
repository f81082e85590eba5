import { dual } from '../core/dual.ts'
import { options } from '../core/options.ts'
import { raise } from '../base/raise.ts'
import { checkPicture, type Picture } from './pixels.ts'

/** Pixels of a canvas. */
export interface PixelsLike {
  /** RGBA bytes, row by row. */
  readonly data: Uint8ClampedArray
}

/** The size of drawn text. */
export interface TextSize {
  /** In pixels. */
  readonly width: number
}

/** The part of a 2d context that pictures are drawn with. */
export interface ContextLike {
  /** The colour of areas and text. */
  fillStyle: string | object
  /** The size and family of text. */
  font: string
  /** The horizontal anchor of text. */
  textAlign: string
  /** The vertical anchor of text. */
  textBaseline: string
  /** Makes pixels, all of them transparent. */
  createImageData(width: number, height: number): PixelsLike
  /** Reads pixels. */
  getImageData(x: number, y: number, width: number, height: number): PixelsLike
  /** Writes pixels. */
  putImageData(pixels: PixelsLike, x: number, y: number): void
  /** Fills a rectangle. */
  fillRect(x: number, y: number, width: number, height: number): void
  /** Draws text. */
  fillText(text: string, x: number, y: number): void
  /** Measures text. */
  measureText(text: string): TextSize
}

/**
 * The part of a canvas that is drawn on: an `HTMLCanvasElement`, an `OffscreenCanvas`, or a canvas of the package
 * `canvas`.
 */
export interface CanvasLike {
  /** In pixels. */
  width: number
  /** In pixels. */
  height: number
  /** The 2d context, or null if the canvas has a context of another kind. */
  getContext(kind: '2d'): ContextLike | null
}

/**
 * The 2d context of a canvas.
 *
 * @throws TesseraError if the canvas has a context of another kind already
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.throws(() => t.context2d({ width: 1, height: 1, getContext: () => null }), /the canvas gives no 2d context/)
 * ```
 */
export const context2d = (canvas: CanvasLike): ContextLike =>
  canvas.getContext('2d') ??
  raise('draw', 'the canvas gives no 2d context: it may have one of another kind, take a new canvas')

/**
 * Sets the size of a canvas. Raises if the canvas does not take it: a size that is too large may be ignored in silence.
 */
export const resize = (op: string, canvas: CanvasLike, width: number, height: number): void => {
  canvas.width = width
  canvas.height = height
  if (canvas.width !== width || canvas.height !== height)
    raise(op, `the canvas can't be ${width}x${height} pixels large: draw a smaller picture`)
}

const put = (picture: Picture, context: ContextLike, left: number, top: number): void => {
  const pixels = context.createImageData(picture.width, picture.height)
  pixels.data.set(picture.data)
  context.putImageData(pixels, left, top)
}

interface Lettering {
  readonly size: number
  readonly font: string
}

// letters grow with the picture, between the smallest readable size and a large one
const lettering = (picture: Picture): Lettering => {
  const size = Math.min(28, Math.max(12, Math.round(picture.width / 24)))
  return { size, font: `${size}px sans-serif` }
}

const textWidth = (context: ContextLike, font: string, text: string): number => {
  context.font = font
  return Math.ceil(context.measureText(text).width)
}

/** The options of `draw`. */
export interface DrawOptions {
  /** A title above the picture, black on white, with a margin around both; none by default. The canvas grows by it. */
  readonly title?: string | undefined
}

/** A picture, a canvas and options; or the same without the picture, for `pipe`. */
export interface DrawPicture {
  (picture: Picture, canvas: CanvasLike, options?: DrawOptions): void
  (canvas: CanvasLike, options?: DrawOptions): (picture: Picture) => void
}

/**
 * Draws a picture on a canvas, and gives the canvas the size that the picture needs.
 *
 * @throws TesseraError if the picture's data does not have its size, or the canvas has a context of another kind or
 * can't be as large
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const show = (canvas: HTMLCanvasElement, images: t.Images): void => t.draw(t.grid(images, { scale: 4 }), canvas)
 * const named = (canvas: HTMLCanvasElement, images: t.Images): void =>
 *   t.draw(t.grid(images, { scale: 4 }), canvas, { title: 'Samples after 20 epochs' })
 * ```
 */
export const draw = dual<DrawPicture>(
  (args) => isCanvas(args[1]) || args.length >= 3,
  (canvas: CanvasLike, given: DrawOptions = {}) => {
    const { title } = options('draw', given, { title: true })
    return (picture: Picture): void => {
      checkPicture('draw', picture)
      if (title === undefined) drawBare(picture, canvas)
      else drawTitled(picture, title, canvas)
    }
  }
)

const drawBare = (picture: Picture, canvas: CanvasLike): void => {
  resize('draw', canvas, picture.width, picture.height)
  put(picture, context2d(canvas), 0, 0)
}

const isCanvas = (x: unknown): boolean => typeof x === 'object' && x !== null && 'getContext' in x

// if the title is wider than the picture, so is the canvas
const drawTitled = (picture: Picture, title: string, canvas: CanvasLike): void => {
  const { size, font } = lettering(picture)
  const margin = size
  const top = margin + 2 * size
  const width = Math.max(picture.width, textWidth(context2d(canvas), font, title)) + 2 * margin
  resize('draw', canvas, width, top + picture.height + margin)
  // a canvas that changes size resets its font and colours
  const context = context2d(canvas)
  context.fillStyle = 'white'
  context.fillRect(0, 0, width, canvas.height)
  context.fillStyle = 'black'
  context.font = font
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(title, width / 2, (margin + top) / 2)
  put(picture, context, Math.floor((width - picture.width) / 2), top)
}
