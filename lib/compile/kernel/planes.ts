import { sizeOf, type Shape } from '../../core/shape.ts'
import { layoutOf, type Layout } from './layout.ts'

/** Fragments that an output of this shape takes. */
export const fragments = (shape: Shape): number =>
  shape.length === 0 ? 1 : Math.ceil(shape[0]! / 4) * sizeOf(shape.slice(1))

/** Results that a fragment computes under a tile: so many textures it writes. */
export const targetsOf = (tile: readonly number[]): number => sizeOf(tile)

/** Every combination of offsets within a tile, the last axis fastest. */
export const offsetsOf = (tile: readonly number[]): readonly (readonly number[])[] =>
  tile.reduce<readonly (readonly number[])[]>(
    (all, k) => all.flatMap((offset) => Array.from({ length: k }, (_, j) => [...offset, j])),
    [[]]
  )

/** The shape of one of the planes that a tiled kernel writes: each holds every k-th element. */
export const planeShape = (shape: Shape, tile: readonly number[]): Shape =>
  shape.map((d, axis) => {
    const k = tile[axis] ?? 1
    return k === 1 ? d : axis === 0 ? (Math.ceil(d / 4) / k) * 4 : d / k
  })

/** How each of the planes lies in the texture that holds all of them, one below another. */
export const planeLayout = (shape: Shape, tile: readonly number[], maxSize: number): Layout =>
  layoutOf(planeShape(shape, tile), maxSize, targetsOf(tile))

/** Whether a texture can hold all the planes. */
export const holdsPlanes = (shape: Shape, tile: readonly number[], maxSize: number): boolean =>
  planeLayout(shape, tile, maxSize).height * targetsOf(tile) <= maxSize
