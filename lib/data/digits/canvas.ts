import { raise } from '../../base/raise.ts'
import type { Letter, Stroke } from './hand.ts'
import { LARGE, ZOOM } from './paper.ts'

/** What drawing digits needs of a 2d context. A context is a machine with settings, hence nothing is readonly. */
export type DigitContext = {
  fillStyle: string | object
  strokeStyle: string | object
  lineCap: string
  lineJoin: string
  lineWidth: number
  font: string
  textAlign: string
  textBaseline: string
  fillRect(x: number, y: number, width: number, height: number): void
  fillText(text: string, x: number, y: number): void
  setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void
  beginPath(): void
  moveTo(x: number, y: number): void
  lineTo(x: number, y: number): void
  stroke(): void
  getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray }
}

/** Makes a canvas: `createCanvas` of node `canvas`, or `(w, h) => new OffscreenCanvas(w, h)`. */
export type CreateDigitCanvas = (
  width: number,
  height: number
) => { getContext(kind: '2d', options?: object): DigitContext | null }

/** Draws one stroke, in as few pieces as its changes of radius allow. */
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
  // digits are about 0.72 of a font's size high
  context.font = `${Math.round((height * ZOOM) / 0.72)}px ${family}`
  context.setTransform(...matrix, LARGE / 2, LARGE / 2)
  context.fillText(text, 0, 0)
  context.setTransform(1, 0, 0, 1, 0, 0)
}

const brightness = (context: DigitContext): Uint8Array => {
  const { data } = context.getImageData(0, 0, LARGE, LARGE)
  return new Uint8Array(LARGE * LARGE).map((_, i) => data[4 * i]!)
}

/** Draws strokes, or a letter of a font, on one canvas again and again. */
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
