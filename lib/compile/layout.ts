import { sizeOf, type Shape } from '../core/shape.ts'

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

/** Wide rows keep all cores of a software rasteriser busy; beyond this they gain nothing. */
const widest = 2048

export const layoutOf = (shape: Shape, maxSize: number): Layout => {
  const texels = shape.length === 0 ? [1] : [Math.ceil(shape[0]! / 4), ...shape.slice(1)]
  const count = sizeOf(texels)
  const boundaries = texels
    .map((_, split) => split)
    .filter((split) => sizeOf(texels.slice(split)) <= Math.min(widest, maxSize))
  const split = boundaries[0] ?? -1
  const width = sizeOf(texels.slice(split))
  if (split >= 0 && count / width <= maxSize) return { width, height: rows(count / width), texels, split }
  const wide = Math.min(maxSize, Math.max(widest, Math.ceil(Math.sqrt(count))))
  return { width: wide, height: rows(Math.ceil(count / wide)), texels, split: -1 }
}

// gpu.js turns an output of one row into a square
const rows = (n: number): number => Math.max(2, n)

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
