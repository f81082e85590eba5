import { dual } from '../core/dual.ts'
import { options } from '../core/options.ts'
import { raise } from '../base/raise.ts'
import { checkPicture, type Picture } from './pixels.ts'

interface PixelsLike {
  readonly data: Uint8ClampedArray
}

/** What drawing needs of a 2d context. */
export interface ContextLike {
  fillStyle: string | object
  font: string
  textAlign: string
  textBaseline: string
  createImageData(width: number, height: number): PixelsLike
  getImageData(x: number, y: number, width: number, height: number): PixelsLike
  putImageData(pixels: PixelsLike, x: number, y: number): void
  fillRect(x: number, y: number, width: number, height: number): void
  fillText(text: string, x: number, y: number): void
  measureText(text: string): { readonly width: number }
}

/** What drawing needs of a canvas: an `HTMLCanvasElement`, an `OffscreenCanvas`, one of node `canvas`. */
export interface CanvasLike {
  width: number
  height: number
  getContext(kind: '2d'): ContextLike | null
}

/**
 * The 2d context of a canvas.
 *
 * @throws TesseraError where the canvas has a context of another kind already
 */
export const context2d = (canvas: CanvasLike): ContextLike =>
  canvas.getContext('2d') ??
  raise('draw', 'the canvas gives no 2d context: it may have one of another kind, take a new canvas')

/** Gives a canvas a size; raises where it does not take it on: one that is too large may keep another one in silence. */
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

// letters grow with the picture, within what is readable and what is too loud
const lettering = (picture: Picture): Lettering => {
  const size = Math.min(28, Math.max(12, Math.round(picture.width / 24)))
  return { size, font: `${size}px sans-serif` }
}

const textWidth = (context: ContextLike, font: string, text: string): number => {
  context.font = font
  return Math.ceil(context.measureText(text).width)
}

export interface DrawOptions {
  /** Drawn above the picture, black on white with a margin around both: the canvas is then larger than the picture. */
  readonly title?: string | undefined
}

/** A picture, a canvas and options; or these without the picture, for `pipe`. */
export interface DrawPicture {
  (picture: Picture, canvas: CanvasLike, options?: DrawOptions): void
  (canvas: CanvasLike, options?: DrawOptions): (picture: Picture) => void
}

/**
 * Draws a picture on a canvas, which takes on the size that it needs.
 *
 * @throws TesseraError if the picture is damaged, or the canvas has a context of another kind or can't be so large
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

// the canvas is wider than the picture if the title is
const drawTitled = (picture: Picture, title: string, canvas: CanvasLike): void => {
  const { size, font } = lettering(picture)
  const margin = size
  const top = margin + 2 * size
  const width = Math.max(picture.width, textWidth(context2d(canvas), font, title)) + 2 * margin
  resize('draw', canvas, width, top + picture.height + margin)
  // a new size makes a canvas forget its font and colours
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
