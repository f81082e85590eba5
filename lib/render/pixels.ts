import { dual } from '../core/dual.ts'
import { kindOf, options, type OptionNames } from '../core/options.ts'
import { raise, showShape } from '../base/raise.ts'

/** Gray images, as a device reads them. */
export interface Images {
  /** The values, row-major. */
  readonly data: Float32Array
  /** `[N,1,H,W]` or `[N,H,W]`. */
  readonly shape: readonly number[]
}

/** A picture in memory. */
export interface Picture {
  /** In pixels. */
  readonly width: number
  /** In pixels. */
  readonly height: number
  /** RGBA bytes, four to a pixel, row by row from the top left. */
  readonly data: Uint8ClampedArray
}

/** Whether a number is a length in pixels: whole, and at least one. */
const isSide = (n: number): boolean => Number.isSafeInteger(n) && n >= 1

/** Raises unless a picture has pixels, four bytes for each, and sides of at most `most` pixels. */
export const checkPicture = (op: string, { width, height, data }: Picture, most = Infinity): void => {
  const size = `${width}x${height}`
  if (!isSide(width) || !isSide(height)) raise(op, `a picture has a whole number of pixels a side, not ${size}`)
  if (Math.max(width, height) > most) raise(op, `a picture has at most ${most} pixels a side, this one is ${size}`)
  if (data.length !== 4 * width * height)
    raise(op, `a picture of ${size} pixels has ${4 * width * height} bytes, not ${data.length}`)
}

/**
 * The values that become black and white. A pair `[black, white]` clamps, and rounds to the nearest byte; a falling
 * pair gives the negative. `'each'` stretches each image to its own minimum and maximum, and `'all'` all images to
 * their common ones. Both truncate to a byte, and draw images of one value in black.
 */
export type ValueRange = readonly [black: number, white: number] | 'each' | 'all'

/** The number of rows and columns of a grid. */
export interface GridSize {
  /** Images in a column. */
  readonly rows: number
  /** Images in a row. */
  readonly cols: number
}

/** The options of `grid`. Rows and columns are those of `gridSize` by default. */
export interface GridOptions extends Partial<GridSize> {
  /** Pixels between neighbours, before scaling; 1 by default. */
  readonly gap?: number
  /** Each pixel becomes `scale` × `scale` pixels; 1 by default. */
  readonly scale?: number
  /** The values of black and white; `[-1, 1]` by default. */
  readonly range?: ValueRange
  /** The gray, 0 to 255, of gaps and of cells without an image; 255 by default. */
  readonly background?: number
}

interface Stack {
  readonly count: number
  readonly height: number
  readonly width: number
  readonly values: Float32Array
}

/** One byte a pixel. */
interface Plane {
  readonly width: number
  readonly height: number
  readonly bytes: Uint8ClampedArray
}

const whole = (name: string, value: number, least: number): number =>
  Number.isSafeInteger(value) && value >= least
    ? value
    : raise('grid', `${name} must be a whole number of at least ${least}: ${value}`)

const gray = (value: number): number =>
  whole('background', value, 0) <= 255 ? value : raise('grid', `background must be at most 255: ${value}`)

const stack = ({ data, shape }: Images): Stack => {
  const [count = 0, ...rest] = shape
  const [height = 0, width = 0] = rest.slice(-2)
  const single = rest.length === 2 || (rest.length === 3 && rest[0] === 1)
  if (!single) return raise('grid', `wants images [N,1,H,W] or [N,H,W]: ${showShape(shape)}`)
  if (count * height * width === 0) return raise('grid', `there is nothing to draw: ${showShape(shape)}`)
  if (count * height * width !== data.length)
    return raise('grid', `the shape does not fit the ${data.length} values: ${showShape(shape)}`)
  return { count, height, width, values: data }
}

const gridNames: OptionNames<GridOptions> = {
  rows: true,
  cols: true,
  gap: true,
  scale: true,
  range: true,
  background: true
}

/**
 * The rows and columns of a grid of `n` images: floor(√n) rows, and as many columns as needed. If one of the two is
 * given, the other follows. (The article rounds n / rows, which leaves out an image for some n, such as the tenth of
 * ten. Rounding up differs from it only there.) It accepts all options of `grid`, which has the same rule.
 *
 * @throws TesseraError if the given rows and columns have no room for all
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.gridSize(16), { rows: 4, cols: 4 })
 * assert.deepStrictEqual(t.gridSize(7), { rows: 2, cols: 4 })
 * assert.deepStrictEqual(t.gridSize(7, { cols: 3 }), { rows: 3, cols: 3 })
 * ```
 */
export const gridSize = (n: number, given: GridOptions = {}): GridSize => {
  options('gridSize', given, gridNames)
  const byRows = (rows: number): GridSize => ({ rows, cols: given.cols ?? Math.ceil(n / whole('rows', rows, 1)) })
  const byCols = (cols: number): GridSize => ({ rows: Math.ceil(n / whole('cols', cols, 1)), cols })
  const size =
    given.rows === undefined && given.cols !== undefined
      ? byCols(given.cols)
      : byRows(given.rows ?? Math.floor(Math.sqrt(whole('the number of images', n, 1))))
  const room = size.rows * whole('cols', size.cols, 1)
  return room >= n ? size : raise('grid', `${size.rows} rows of ${size.cols} have no room for ${n} images`)
}

const extent = (values: Float32Array): readonly [number, number] => {
  let [least, most] = [Infinity, -Infinity]
  for (const v of values) {
    if (!Number.isFinite(v)) continue
    if (v < least) least = v
    if (v > most) most = v
  }
  return [least, most]
}

// the clamped array rounds, clamps, and turns NaN into 0
const clampTo = (values: Float32Array, range: readonly [number, number]): Uint8ClampedArray => {
  if (!Array.isArray(range) || range.length !== 2)
    return raise('grid', `the range is [black, white], 'each' or 'all', not ${kindOf(range)}`)
  const [black, white] = range as readonly [number, number]
  if (!Number.isFinite(white - black) || black === white)
    return raise('grid', `the ends of the range must be two finite numbers: [${black},${white}]`)
  return Uint8ClampedArray.from(values, (v) => (255 * (v - black)) / (white - black))
}

// 255 times before the division: an image of the bytes 0 to 255 comes back exactly
const stretch = (values: Float32Array): Uint8ClampedArray => {
  const [least, most] = extent(values)
  return least < most
    ? Uint8ClampedArray.from(values, (v) => Math.trunc((255 * (v - least)) / (most - least)))
    : new Uint8ClampedArray(values.length)
}

const stretchEach = ({ values, count }: Stack): Uint8ClampedArray => {
  const bytes = new Uint8ClampedArray(values.length)
  const size = values.length / count
  for (let at = 0; at < values.length; at += size) bytes.set(stretch(values.subarray(at, at + size)), at)
  return bytes
}

const toBytes = (images: Stack, range: ValueRange): Uint8ClampedArray =>
  range === 'each' ? stretchEach(images) : range === 'all' ? stretch(images.values) : clampTo(images.values, range)

const layOut = (images: Stack, bytes: Uint8ClampedArray, size: GridSize, gap: number, background: number): Plane => {
  const width = size.cols * (images.width + gap) - gap
  const height = size.rows * (images.height + gap) - gap
  const plane = new Uint8ClampedArray(width * height).fill(background)
  for (let line = 0; line < images.count * images.height; line++) {
    const [image, y] = [Math.floor(line / images.height), line % images.height]
    const top = Math.floor(image / size.cols) * (images.height + gap) + y
    const left = (image % size.cols) * (images.width + gap)
    plane.set(bytes.subarray(line * images.width, (line + 1) * images.width), top * width + left)
  }
  return { width, height, bytes: plane }
}

/** The bytes of the largest picture. Not every engine has larger arrays. */
const mostBytes = 2 ** 31

const enlarge = (plane: Plane, scale: number): Picture => {
  const [width, height] = [plane.width * scale, plane.height * scale]
  if (4 * width * height > mostBytes)
    raise('grid', `a picture of ${width}x${height} pixels is too large: scale it less`)
  const data = new Uint8ClampedArray(4 * width * height).fill(255)
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 4) {
      const value = plane.bytes[Math.floor(y / scale) * plane.width + Math.floor(x / scale)] ?? 0
      data[at] = data[at + 1] = data[at + 2] = value
    }
  return { width, height, data }
}

/** Images and options; or the options alone, for `pipe`. */
export interface Grid {
  (images: Images, options?: GridOptions): Picture
  (options?: GridOptions): (images: Images) => Picture
}

/**
 * Draws images side by side in one gray picture, row by row. Every canvas, PNG and GIF shows such a picture. NaN is
 * black.
 *
 * @param images `[N,1,H,W]` or `[N,H,W]`
 * @throws TesseraError if the images have another shape, the rows and columns have no room for all, or the picture
 * would exceed 2 GiB
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const two = { data: Float32Array.of(-1, 1), shape: [2, 1, 1, 1] }
 * const picture = t.grid(two, { gap: 0 })
 * assert.deepStrictEqual([picture.width, picture.height], [2, 1])
 * assert.deepStrictEqual([...picture.data], [0, 0, 0, 255, 255, 255, 255, 255])
 * ```
 */
export const grid = dual<Grid>(
  (args) => isImages(args[0]) || args.length >= 2,
  (given: GridOptions = {}) => {
    options('grid', given, gridNames)
    return (images: Images) =>
      isImages(images) ? gridOf(images, given) : raise('grid', `wants images first, not ${kindOf(images)}`)
  }
)

const isImages = (x: unknown): x is Images => typeof x === 'object' && x !== null && 'data' in x && 'shape' in x

const gridOf = (images: Images, given: GridOptions): Picture => {
  const { gap = 1, scale = 1, range = [-1, 1], background = 255, ...sides } = given
  const all = stack(images)
  const size = gridSize(all.count, sides)
  const plane = layOut(all, toBytes(all, range), size, whole('gap', gap, 0), gray(background))
  return enlarge(plane, whole('scale', scale, 1))
}
