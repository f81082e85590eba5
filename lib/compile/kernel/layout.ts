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
  /** The first axis that lies along a row; -1 if no axis boundary fits, so that rows break anywhere. */
  readonly split: number
}

/**
 * The side of the texture for this many texels: never a power of two (1 is one). llvmpipe compiles a program again when
 * a texture changes between the two kinds.
 */
export const sideOf = (texels: number): number => Math.max(3, Number.isInteger(Math.log2(texels)) ? texels + 1 : texels)

/** Cleared as a whole when full: every call looks here, and finding the oldest entry would cost more. */
const known = new Map<string, Layout>()

/** The layout of a tensor in a texture of at most `maxSize` texels a side, or of each of `slices` stacked in one. */
export const layoutOf = (shape: Shape, maxSize: number, slices = 1): Layout => {
  const key = `${shape.join()} ${maxSize} ${slices}`
  const found = known.get(key) ?? laidOut(shape, maxSize, slices)
  if (known.size >= mostLayouts) known.clear()
  known.set(key, found)
  return found
}

const laidOut = (shape: Shape, maxSize: number, slices: number): Layout => {
  const highest = Math.floor(maxSize / slices)
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
  const broken = slices > 1 ? quickest([best, ...wraps(texels, maxSize, highest)]) : best
  return busiestCoreFragments(broken) * wrappingMinGain < busiestCoreFragments(best) ? broken : best
}

/** Layouts of few texels whose rows break anywhere; many texels do not fit in rows so narrow. */
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
  others.reduce((best, next) => (busiestCoreFragments(next) < busiestCoreFragments(best) ? next : best), first!)

/**
 * How many fragments the busiest core draws. A software rasteriser draws whole squares of 4×4 fragments, and gives its
 * cores blocks of `block` fragments a side as they become idle.
 */
export const busiestCoreFragments = (
  { width, height }: Pick<Layout, 'width' | 'height'>,
  cores = 2,
  block = 64
): number => {
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

/** Packs row-major numbers into texels. Lanes past the end stay 0. */
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

/** Unpacks texels into row-major numbers. */
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
