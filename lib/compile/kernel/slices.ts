import { sizeOf, type Shape } from '../../core/shape.ts'
import { layoutOf, type Layout } from './layout.ts'

/** How many fragments an output of this shape takes. */
export const fragments = (shape: Shape): number =>
  shape.length === 0 ? 1 : Math.ceil(shape[0]! / 4) * sizeOf(shape.slice(1))

/** How many results a fragment computes with a tile: one per render target. */
export const targetsOf = (tile: readonly number[]): number => sizeOf(tile)

/** Every combination of offsets within a tile, the last axis fastest. */
export const offsetsOf = (tile: readonly number[]): readonly (readonly number[])[] =>
  tile.reduce<readonly (readonly number[])[]>(
    (all, k) => all.flatMap((offset) => Array.from({ length: k }, (_, j) => [...offset, j])),
    [[]]
  )

/** The shape of one render-target slice of a tiled kernel: each holds every k-th element along a tiled axis. */
export const sliceShape = (shape: Shape, tile: readonly number[]): Shape =>
  shape.map((d, axis) => {
    const k = tile[axis] ?? 1
    return k === 1 ? d : axis === 0 ? (Math.ceil(d / 4) / k) * 4 : d / k
  })

/** The layout of each slice in the texture that stacks all of them. */
export const sliceLayout = (shape: Shape, tile: readonly number[], maxSize: number): Layout =>
  layoutOf(sliceShape(shape, tile), maxSize, targetsOf(tile))

/** Whether one texture can hold all slices. */
export const holdsSlices = (shape: Shape, tile: readonly number[], maxSize: number): boolean =>
  sliceLayout(shape, tile, maxSize).height * targetsOf(tile) <= maxSize
