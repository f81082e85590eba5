import type { CanvasLike, ContextLike } from '../../lib/render/canvas.ts'

/** A canvas without letters or shapes: it keeps pixels, and a list of the texts and rectangles it was asked for. */
export interface FakeCanvas extends CanvasLike {
  readonly calls: readonly string[]
  pixels(): Uint8ClampedArray
}

export const fakeCanvas = (letterWidth = 7): FakeCanvas => {
  const calls: string[] = []
  let [width, height, data] = [1, 1, new Uint8ClampedArray(4)]
  const clear = () => (data = new Uint8ClampedArray(4 * width * height))
  const style = () => JSON.stringify(context.fillStyle)
  const context: ContextLike = {
    fillStyle: 'black',
    font: '10px sans-serif',
    textAlign: 'start',
    textBaseline: 'alphabetic',
    createImageData: (w, h) => ({ data: new Uint8ClampedArray(4 * w * h) }),
    getImageData: () => ({ data }),
    putImageData: (pixels, x, y) => {
      calls.push(`put ${x} ${y}`)
      if (x === 0 && y === 0) data.set(pixels.data)
    },
    fillRect: (...box) => calls.push(`${style()} box ${box.join(' ')}`),
    fillText: (text, x, y) => calls.push(`${style()} ${context.textAlign} ${context.font} ${text} ${x} ${y}`),
    measureText: (text) => ({ width: letterWidth * text.length })
  }
  return {
    calls,
    pixels: () => data,
    getContext: () => context,
    get width() {
      return width
    },
    get height() {
      return height
    },
    set width(value) {
      width = value
      clear()
    },
    set height(value) {
      height = value
      clear()
    }
  }
}
