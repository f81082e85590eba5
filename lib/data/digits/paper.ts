/** A picture's height and width, as in MNIST. */
export const SIDE = 28
/** Digits are drawn larger by this factor and then averaged down, which smooths their edges. */
export const ZOOM = 4
/** The side of a large drawing: one byte a pixel, 255 full ink. */
export const LARGE = SIDE * ZOOM

/** Calls `visit` for every inked pixel of a large drawing. */
const eachInked = (drawing: Uint8Array, visit: (x: number, y: number, v: number) => void): void => {
  for (let y = 0, at = 0; y < LARGE; y++) {
    for (let x = 0; x < LARGE; x++, at++) {
      if (drawing[at]! > 0) visit(x, y, drawing[at]!)
    }
  }
}

/** How far a drawing's centre of mass is to the right of the middle and below it, in pixels. */
const offCentre = (drawing: Uint8Array): readonly [number, number] => {
  let mass = 0
  let sumX = 0
  let sumY = 0
  eachInked(drawing, (x, y, v) => {
    mass += v
    sumX += v * x
    sumY += v * y
  })
  const shift = (sum: number): number => Math.round(sum / mass - (LARGE - 1) / 2)
  return [shift(sumX), shift(sumY)]
}

/** Averages a large drawing down to 28×28, with its centre of mass in the middle, as in MNIST. */
export const settle = (drawing: Uint8Array): Uint8Array => {
  const [right, below] = offCentre(drawing)
  const sums = new Uint16Array(SIDE * SIDE)
  const inside = (at: number): boolean => at >= 0 && at < LARGE
  eachInked(drawing, (x, y, v) => {
    const u = x - right
    const w = y - below
    if (inside(u) && inside(w)) sums[Math.floor(w / ZOOM) * SIDE + Math.floor(u / ZOOM)]! += v
  })
  return Uint8Array.from(sums, (sum) => Math.round(sum / (ZOOM * ZOOM)))
}
