import type { Dot, Stroke } from './hand.ts'
import { LARGE, ZOOM } from './paper.ts'

/** The squared distance of (x, y) from the segment a b. */
const squaredDistance = (x: number, y: number, a: Dot, b: Dot): number => {
  const dx = b[0] - a[0]
  const dy = b[1] - a[1]
  const length = dx * dx + dy * dy
  const at = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - a[0]) * dx + (y - a[1]) * dy) / length))
  const ex = x - a[0] - at * dx
  const ey = y - a[1] - at * dy
  return ex * ex + ey * ey
}

/** Paints one segment with round ends: full ink within the pen's radius, which fades over one pixel at the edge. */
const paint = (drawing: Uint8Array, a: Dot, b: Dot): void => {
  const reach = b[2] + 0.5
  const first = (p: number, q: number): number => Math.max(0, Math.floor(Math.min(p, q) - reach))
  const last = (p: number, q: number): number => Math.min(LARGE - 1, Math.ceil(Math.max(p, q) + reach))
  const [left, right] = [first(a[0], b[0]), last(a[0], b[0])]
  const bottom = last(a[1], b[1])
  for (let y = first(a[1], b[1]); y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const cover = reach - Math.sqrt(squaredDistance(x + 0.5, y + 0.5, a, b))
      const value = Math.round(255 * Math.min(1, Math.max(0, cover)))
      const at = y * LARGE + x
      if (value > drawing[at]!) drawing[at] = value
    }
  }
}

const enlarge = ([x, y, radius]: Dot): Dot => [x * ZOOM, y * ZOOM, radius * ZOOM]

/** Draws strokes without a canvas: the same pixels on every machine. */
export const rasterise = (strokes: readonly Stroke[]): Uint8Array => {
  const drawing = new Uint8Array(LARGE * LARGE)
  for (const stroke of strokes) {
    const dots = stroke.map(enlarge)
    dots.slice(1).forEach((dot, i) => paint(drawing, dots[i]!, dot))
  }
  return drawing
}
