import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layoutOf, pack, unpack } from '../../lib/compile/kernel/layout.ts'
import { sizeOf, type Shape } from '../../lib/core/shape.ts'
import { shapes } from '../support/arbitrary.ts'
import { holds } from '../support/property.ts'

const textures: fc.Arbitrary<readonly [Shape, number]> = fc.tuple(
  fc.oneof(shapes(), shapes({ max: 3, most: 20_000 }), fc.nat(15_000).map((n): Shape => [n + 1])), // prettier-ignore
  fc.constantFrom(64, 256, 8192)
)

/** What makes a place in row-major order from an index, and the other way round. */
const indexOf = (flat: number, shape: Shape): readonly number[] =>
  shape.map((d, axis) => Math.floor(flat / sizeOf(shape.slice(axis + 1))) % d)

describe('layout', () => {
  it('stays within the limit, with no row too many', () =>
    holds(textures, ([shape, limit]) => {
      const { width, height } = layoutOf(shape, limit)
      expect(width).toBeLessThanOrEqual(limit)
      const texels = Math.ceil((shape[0] ?? 1) / 4) * sizeOf(shape.slice(1))
      if (texels <= limit * limit) expect(height).toBeLessThanOrEqual(limit)
      expect(width * (height - 1)).toBeLessThan(texels)
    }))

  it('has a texel for each four entries of the leading axis', () =>
    holds(textures, ([shape, limit]) => {
      const { texels, width, height } = layoutOf(shape, limit)
      expect(sizeOf(texels)).toBe(shape.length === 0 ? 1 : Math.ceil(shape[0]! / 4) * sizeOf(shape.slice(1)))
      expect(width * height).toBeGreaterThanOrEqual(sizeOf(texels))
    }))

  it('breaks rows at an axis, or anywhere', () =>
    holds(textures, ([shape, limit]) => {
      const { texels, split, width } = layoutOf(shape, limit)
      if (split >= 0) expect(sizeOf(texels.slice(split))).toBe(width)
      else expect(sizeOf(texels.slice(-1))).toBeGreaterThan(0)
    }))

  it('of slices leaves room for all of them, however many texels they have', () => {
    for (const [limit, shape] of [
      [64, [4, 8, 8]],
      [64, [16, 5, 12]],
      [8192, [4, 500, 600]],
      [8192, [400, 10, 20, 15]]
    ] as const)
      // prettier-ignore
      for (const slices of [2, 4, 8]) {
        const { width, height } = layoutOf(shape, limit, slices)
        expect(width).toBeLessThanOrEqual(limit)
        expect(height * slices).toBeLessThanOrEqual(limit)
        expect(width * height).toBeGreaterThanOrEqual(sizeOf(shape) / 4)
      }
  })

  it('unpacks what it packed', () =>
    holds(textures, ([shape, limit]) => {
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => i + 1)
      expect(unpack(pack(data, shape, layoutOf(shape, limit)), shape)).toEqual(data)
    }))

  it('puts entry i of the leading axis into channel i mod 4, and leaves the rest 0', () =>
    holds(textures, ([shape, limit]) => {
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => i + 1)
      const layout = layoutOf(shape, limit)
      const texels = pack(data, shape, layout)
      const inner = sizeOf(shape.slice(1))
      const wanted = new Float32Array(texels.length)
      data.forEach((v, flat) => {
        const [lead = 0] = indexOf(flat, shape)
        wanted[(Math.floor(lead / 4) * inner + (flat % inner)) * 4 + (lead % 4)] = v
      })
      expect(texels).toEqual(wanted)
    }))
})
