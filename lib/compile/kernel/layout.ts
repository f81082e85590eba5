import { sizeOf, type Shape } from '../../core/shape.ts'
import {
  mostLayouts,
  rowMaxTexels,
  rowMinTexels,
  wrappedRowStep,
  wrappedRowWidths,
  wrappingMinGain
} from './heuristics.ts'

/**
 * How a tensor lies in a texture: four consecutive entries of its leading axis in the four channels, and
 * the texels in row-major order of [⌈D0/4⌉, D1, …], broken into rows at an axis boundary, so that an
 * address is affine in the index.
 */
export interface Layout {
  readonly width: number
  readonly height: number
  /** Sizes of the axes in texels. */
  readonly texels: Shape
  /** The first axis that lies along a row; -1 where no boundary fits and rows break anywhere. */
  readonly split: number
}

/**
 * The side of the texture that holds so many texels a side: never a power of two (1 is one), for llvmpipe compiles a
 * program once more where one of its textures is of the other kind.
 */
export const sideOf = (texels: number): number => Math.max(3, Number.isInteger(Math.log2(texels)) ? texels + 1 : texels)

/** Dropped all at once when it is full: it is asked for with every call, and must be quick. */
const known = new Map<string, Layout>()

/** The layout of a tensor, or of one of so many planes that lie one below another in a texture. */
export const layoutOf = (shape: Shape, maxSize: number, planes = 1): Layout => {
  const key = `${shape.join()} ${maxSize} ${planes}`
  const found = known.get(key) ?? laidOut(shape, maxSize, planes)
  if (known.size >= mostLayouts) known.clear()
  known.set(key, found)
  return found
}

const laidOut = (shape: Shape, maxSize: number, planes: number): Layout => {
  const highest = Math.floor(maxSize / planes)
  const texels = shape.length === 0 ? [1] : [Math.ceil(shape[0]! / 4), ...shape.slice(1)]
  const count = sizeOf(texels)
  const layouts = texels.map((_, split): Layout => {
    const width = sizeOf(texels.slice(split))
    return { width, height: count / width, texels, split }
  })
  const possible = layouts.filter(({ width, height }) => width <= Math.min(rowMaxTexels, maxSize) && height <= highest)
  const [widestFirst] = possible
  if (!widestFirst) return wrapped(texels, Math.min(maxSize, Math.max(rowMaxTexels, Math.ceil(Math.sqrt(count)))))
  const best = quickest(possible.filter(({ width }) => width >= Math.min(rowMinTexels, widestFirst.width)))
  const broken = planes > 1 ? quickest([best, ...wraps(texels, maxSize, highest)]) : best
  return drawn(broken) * wrappingMinGain < drawn(best) ? broken : best
}

/** Widths at which rows that break anywhere share few texels well; many texels have no room in rows so narrow. */
const wraps = (texels: Shape, maxSize: number, highest: number): readonly Layout[] =>
  Array.from({ length: wrappedRowWidths }, (_, i) => wrapped(texels, rowMinTexels + wrappedRowStep * (i + 1))).filter(
    ({ width, height }) => width <= maxSize && height <= highest
  )

const wrapped = (texels: Shape, width: number): Layout => ({
  width,
  height: Math.ceil(sizeOf(texels) / width),
  texels,
  split: -1
})

const quickest = ([first, ...others]: readonly Layout[]): Layout =>
  others.reduce((best, next) => (drawn(next) < drawn(best) ? next : best), first!)

/**
 * The fragments that the busiest of so many cores works on: a software rasteriser draws by 4×4, whole, and deals
 * blocks of them to its cores as they become idle.
 */
export const drawn = ({ width, height }: Pick<Layout, 'width' | 'height'>, cores = 2, block = 64): number => {
  const [columns, rows] = [sides(width, block), sides(height, block)]
  const busy = new Array<number>(Math.max(1, Math.min(cores, columns.length * rows.length))).fill(0)
  for (const column of columns) for (const row of rows) busy[busy.indexOf(Math.min(...busy))]! += column * row
  return Math.max(...busy)
}

/** The sides of the blocks along one axis, the largest first. */
const sides = (length: number, block: number): readonly number[] => {
  const whole = Math.floor(length / block)
  const rest = Math.ceil((length - whole * block) / 4) * 4
  return [...new Array<number>(whole).fill(block), ...(rest > 0 ? [rest] : [])]
}

/** Row-major numbers to texels. Lanes past the end stay 0. */
export const pack = (data: ArrayLike<number>, shape: Shape, layout: Layout): Float32Array => {
  const packed = new Float32Array(layout.width * layout.height * 4)
  const inner = sizeOf(shape.slice(1))
  const outer = shape[0] ?? 1
  for (let i = 0; i < outer; i++) {
    let at = (((i >> 2) * inner) << 2) + (i & 3)
    for (let j = i * inner; j < (i + 1) * inner; j++, at += 4) packed[at] = data[j]!
  }
  return packed
}

/** Texels to row-major numbers. */
export const unpack = (texels: Float32Array, shape: Shape): Float32Array => {
  const data = new Float32Array(sizeOf(shape))
  const inner = sizeOf(shape.slice(1))
  const outer = shape[0] ?? 1
  for (let i = 0; i < outer; i++) {
    let at = (((i >> 2) * inner) << 2) + (i & 3)
    for (let j = i * inner; j < (i + 1) * inner; j++, at += 4) data[j] = texels[at]!
  }
  return data
}
