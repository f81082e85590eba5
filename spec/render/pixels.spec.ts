import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { grid, gridSize } from '../../lib/render/pixels.ts'
import type { GridOptions, Images, Picture } from '../../lib/render/pixels.ts'

const dim = fc.integer({ min: 1, max: 5 })
const byte = fc.nat(255)

/** Images of bytes, with N, H and W. */
const byteImages = fc
  .tuple(fc.integer({ min: 1, max: 12 }), dim, dim)
  .chain(([n, h, w]) =>
    fc.tuple(fc.constant([n, h, w] as const), fc.array(byte, { minLength: n * h * w, maxLength: n * h * w }))
  )

const images = (shape: readonly number[], values: readonly number[]): Images => ({
  shape,
  data: Float32Array.from(values)
})

/** The gray at x, y; red, green and blue must agree and nothing may shine through. */
const grayAt = ({ width, data }: Picture, x: number, y: number): number => {
  const [r, g, b, a] = data.subarray(4 * (y * width + x))
  expect([g, b, a]).toStrictEqual([r, r, 255])
  return r!
}

const grays = (picture: Picture): readonly number[] =>
  Array.from({ length: picture.width * picture.height }, (_, i) =>
    grayAt(picture, i % picture.width, Math.floor(i / picture.width))
  )

const row = (values: readonly number[], options: GridOptions = {}): readonly number[] =>
  grays(grid(images([1, 1, values.length], values), options))

describe('gridSize', () => {
  it('has floor(sqrt n) rows, room for all, and no column to spare', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (n) => {
        const { rows, cols } = gridSize(n)
        expect(rows).toBe(Math.floor(Math.sqrt(n)))
        expect(rows * cols).toBeGreaterThanOrEqual(n)
        expect(rows * (cols - 1)).toBeLessThan(n)
      })
    )
  })

  it("is the article's wherever its rounding has room for all", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (n) => {
        const { rows, cols } = gridSize(n)
        const rounded = Math.round(n / rows)
        expect(cols).toBe(rows * rounded >= n ? rounded : rounded + 1)
      })
    )
    const sizes = [1, 3, 5, 7, 10, 16, 100].map((n) => Object.values(gridSize(n)).join('x'))
    expect(sizes).toStrictEqual(['1x1', '1x3', '2x3', '2x4', '3x4', '4x4', '10x10'])
  })

  it('follows what is given', () => {
    expect(gridSize(10, { rows: 2 })).toStrictEqual({ rows: 2, cols: 5 })
    expect(gridSize(10, { cols: 4 })).toStrictEqual({ rows: 3, cols: 4 })
    expect(gridSize(3, { rows: 2, cols: 4 })).toStrictEqual({ rows: 2, cols: 4 })
    expect(() => gridSize(10, { rows: 3, cols: 3 })).toThrow('grid: 3 rows of 3 have no room for 10 images')
    expect(() => gridSize(10, { rows: 0 })).toThrow('grid: rows must be a whole number of at least 1: 0')
    expect(() => gridSize(10, { rows: 10, cols: 1.5 })).toThrow('grid: cols must be a whole number of at least 1: 1.5')
    expect(() => gridSize(0)).toThrow('grid: the number of images must be a whole number of at least 1: 0')
  })
})

describe('grid', () => {
  it('shows every image whole in its cell, and the background in between', () => {
    fc.assert(
      fc.property(byteImages, fc.nat(3), byte, ([[n, h, w], bytes], gap, background) => {
        const picture = grid(images([n, 1, h, w], bytes), { gap, background, range: [0, 255] })
        const { rows, cols } = gridSize(n)
        expect([picture.width, picture.height]).toStrictEqual([cols * (w + gap) - gap, rows * (h + gap) - gap])
        expect(picture.data.length).toBe(4 * picture.width * picture.height)
        const expected = Array.from({ length: picture.width * picture.height }, (_, i) => {
          const [x, y] = [i % picture.width, Math.floor(i / picture.width)]
          const [dx, dy] = [x % (w + gap), y % (h + gap)]
          const image = Math.floor(y / (h + gap)) * cols + Math.floor(x / (w + gap))
          return dx < w && dy < h && image < n ? bytes[(image * h + dy) * w + dx]! : background
        })
        expect(grays(picture)).toStrictEqual(expected)
      })
    )
  })

  it('takes [N,H,W] as it takes [N,1,H,W]', () => {
    fc.assert(
      fc.property(byteImages, ([[n, h, w], bytes]) => {
        expect(grid(images([n, h, w], bytes))).toStrictEqual(grid(images([n, 1, h, w], bytes)))
      })
    )
  })

  it('repeats each pixel when scaled', () => {
    fc.assert(
      fc.property(byteImages, fc.integer({ min: 1, max: 4 }), ([[n, h, w], bytes], scale) => {
        const [small, large] = [1, scale].map((s) => grid(images([n, h, w], bytes), { scale: s, range: [0, 255] }))
        expect([large!.width, large!.height]).toStrictEqual([scale * small!.width, scale * small!.height])
        const shrunk = Array.from({ length: large!.width * large!.height }, (_, i) =>
          grayAt(small!, Math.floor((i % large!.width) / scale), Math.floor(i / large!.width / scale))
        )
        expect(grays(large!)).toStrictEqual(shrunk)
      }),
      { numRuns: 30 }
    )
  })

  it('leaves its images as they are', () => {
    const given = images([2, 1, 2], [0.5, -3, NaN, 7])
    for (const range of ['each', 'all', [-1, 1]] as const) grid(given, { range })
    expect(given.data).toStrictEqual(Float32Array.of(0.5, -3, NaN, 7))
  })

  it('refuses what is no stack of images', () => {
    const cases = [
      [[2, 3, 4, 4], 96, 'grid: wants images [N,1,H,W] or [N,H,W]: [2,3,4,4]'],
      [[4, 4], 16, 'grid: wants images [N,1,H,W] or [N,H,W]: [4,4]'],
      [[1, 1, 1, 4, 4], 16, 'grid: wants images [N,1,H,W] or [N,H,W]: [1,1,1,4,4]'],
      [[0, 1, 4, 4], 0, 'grid: there is nothing to draw: [0,1,4,4]'],
      [[2, 4, 4], 31, 'grid: the shape does not fit the 31 values: [2,4,4]']
    ] as const
    for (const [shape, length, words] of cases)
      expect(() => grid({ shape, data: new Float32Array(length) })).toThrow(words)
  })

  it('refuses options out of range', () => {
    const draw = (options: GridOptions) => () => grid(images([1, 1, 1], [0]), options)
    expect(draw({ gap: -1 })).toThrow('grid: gap must be a whole number of at least 0: -1')
    expect(draw({ scale: 0.5 })).toThrow('grid: scale must be a whole number of at least 1: 0.5')
    expect(draw({ background: 256 })).toThrow('grid: background must be at most 255: 256')
    expect(draw({ range: [1, 1] })).toThrow('grid: the ends of the range must be two finite numbers: [1,1]')
    expect(draw({ range: [0, Infinity] })).toThrow(
      'grid: the ends of the range must be two finite numbers: [0,Infinity]'
    )
  })
})

describe('range', () => {
  it("is [-1, 1] by default: the inverse of a data set's normalisation", () => {
    const bytes = Array.from({ length: 256 }, (_, v) => v)
    expect(row(bytes.map((v) => (v / 255 - 0.5) * 2))).toStrictEqual(bytes)
  })

  it('clamps what lies outside of a pair', () => {
    expect(row([-9, -1, 0, 1, 9, Infinity, -Infinity])).toStrictEqual([0, 0, 128, 255, 255, 255, 0])
  })

  it('gives the negative of a falling pair', () => {
    expect(row([0, 51, 255], { range: [255, 0] })).toStrictEqual([255, 204, 0])
  })

  it('each: stretches every image to its own ends, truncated to a byte', () => {
    const two = images([2, 1, 3], [0, 0.999, 1, -4, 0, 4])
    expect(grays(grid(two, { range: 'each', gap: 0 }))).toStrictEqual([0, 254, 255, 0, 127, 255])
  })

  it('each: sees no difference between an image and a shifted and scaled one', () => {
    fc.assert(
      fc.property(
        byteImages,
        fc.integer({ min: -50, max: 50 }),
        fc.constantFrom(0.25, 1, 8),
        ([shape, bytes], a, b) => {
          const moved = bytes.map((v) => a + b * v)
          expect(grid(images(shape, moved), { range: 'each' })).toStrictEqual(
            grid(images(shape, bytes), { range: 'each' })
          )
        }
      )
    )
  })

  it('each: gives back an image that uses all bytes', () => {
    fc.assert(
      fc.property(fc.array(byte), (bytes) => {
        expect(row([0, ...bytes, 255], { range: 'each' })).toStrictEqual([0, ...bytes, 255])
      })
    )
  })

  it('all: stretches all images to their common ends', () => {
    const two = images([2, 1, 2], [0, 1, -4, 6])
    expect(grays(grid(two, { range: 'all', gap: 0 }))).toStrictEqual([102, 127, 0, 255])
    expect(row([3, 1, 2.5], { range: 'all' })).toStrictEqual(row([3, 1, 2.5], { range: 'each' }))
  })

  it('draws an image of one value, and one without a number, in black', () => {
    const three = images([3, 1, 2], [7, 7, 0, 1, NaN, NaN])
    expect(grays(grid(three, { range: 'each', gap: 0 }))).toStrictEqual([0, 0, 0, 255, 0, 0])
    expect(row([5, 5], { range: 'all' })).toStrictEqual([0, 0])
  })

  it('is not spoilt by values that are no numbers', () => {
    const values = [NaN, 0, 2, 1, Infinity, -Infinity]
    for (const range of ['each', 'all'] as const) expect(row(values, { range })).toStrictEqual([0, 0, 255, 127, 255, 0])
    expect(row([NaN, 1])).toStrictEqual([0, 255])
  })
})
