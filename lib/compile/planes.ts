import { sizeOf, type Shape } from '../core/shape.ts'

/** Fragments that an output of this shape takes. */
export const fragments = (shape: Shape): number =>
  shape.length === 0 ? 1 : Math.ceil(shape[0]! / 4) * sizeOf(shape.slice(1))

/** Results that a fragment computes under a tile: so many textures it writes. */
export const targetsOf = (tile: readonly number[]): number => sizeOf(tile)

/** The shape of one of the textures that a tiled kernel writes: each holds every k-th element. */
export const planeShape = (shape: Shape, tile: readonly number[]): Shape =>
  shape.map((d, axis) => {
    const k = tile[axis] ?? 1
    return k === 1 ? d : axis === 0 ? (Math.ceil(d / 4) / k) * 4 : d / k
  })
