import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawDigits } from '../../lib/data/digits.ts'
import type { CreateDigitCanvas } from '../../lib/data/digits.ts'
import type { Dataset } from '../../lib/data/dataset.ts'
import { skeletons } from '../../lib/data/digits/skeletons.ts'
import { spline } from '../../lib/data/digits/spline.ts'
import { key as keyOf, known } from '../../lib/core/key.ts'
import { words } from './support.ts'

const PIXELS = 28 * 28
const key = keyOf(1)

const image = (dataset: Dataset, i: number): Uint8Array => dataset.images.slice(i * PIXELS, (i + 1) * PIXELS)

/** Where the ink's centre of mass lies, from the picture's middle, in pixels. */
const offCentre = (pixels: Uint8Array): readonly [number, number] => {
  const mass = pixels.reduce((sum, v) => sum + v, 0)
  const mean = (place: (at: number) => number): number => pixels.reduce((sum, v, at) => sum + v * place(at), 0) / mass
  return [mean((at) => at % 28) - 13.5, mean((at) => Math.floor(at / 28)) - 13.5]
}

/** The number of rows and of columns that a picture's ink spans. */
const extent = (pixels: Uint8Array): readonly [rows: number, columns: number] => {
  const inked = [...pixels].flatMap((v, at) => (v > 0 ? [at] : []))
  const span = (places: readonly number[]): number => Math.max(...places) - Math.min(...places) + 1
  return [span(inked.map((at) => Math.floor(at / 28))), span(inked.map((at) => at % 28))]
}

const distance = (a: Float64Array | Uint8Array, b: Float64Array | Uint8Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return sum
}

/** Blurs a picture with the binomial 1 2 1 both ways, so that near strokes count as alike. */
const blurred = (pixels: Uint8Array): Float64Array => {
  const at = (y: number, x: number): number => (y < 0 || y > 27 || x < 0 || x > 27 ? 0 : pixels[y * 28 + x]!)
  const row = (y: number, x: number): number => at(y, x - 1) + 2 * at(y, x) + at(y, x + 1)
  return Float64Array.from(pixels, (_, p) => {
    const [y, x] = [Math.floor(p / 28), p % 28]
    return (row(y - 1, x) + 2 * row(y, x) + row(y + 1, x)) / 16
  })
}

/** How often the nearest of the other pictures shows the same digit. */
const recognised = (dataset: Dataset): number => {
  const pictures = Array.from({ length: dataset.count }, (_, i) => blurred(image(dataset, i)))
  const nearest = pictures.map((picture, i) => {
    const distances = pictures.map((other, j) => (i === j ? Infinity : distance(picture, other)))
    return distances.indexOf(Math.min(...distances))
  })
  return nearest.filter((j, i) => dataset.labels[j] === dataset.labels[i]).length / dataset.count
}

describe('drawDigits without a canvas', () => {
  const digits = drawDigits(key, 200)

  it('draws the digits 0 … 9 in turn, 28×28', () => {
    expect(digits).toMatchObject({ name: 'digits', count: 200, height: 28, width: 28 })
    expect(digits.classes).toStrictEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    expect([...digits.labels]).toStrictEqual(Array.from({ length: 200 }, (_, i) => i % 10))
    expect(digits.images).toHaveLength(200 * PIXELS)
  })

  it('gives the same bytes on every machine', () => {
    expect(createHash('sha256').update(digits.images).digest('hex')).toBe(
      '5aa427c9357d064c53e1c9bf0f14f2869f5f698370de33adb5e8a3d5810c877f'
    )
  })

  it('draws each as the key and its index say, however many there are', () => {
    fc.assert(
      fc.property(words, fc.nat(12), fc.nat(12), (anyKey, n, more) => {
        const few = drawDigits(known(anyKey), n)
        const many = drawDigits(known(anyKey), n + more)
        expect(many.images.slice(0, n * PIXELS)).toStrictEqual(few.images)
      }),
      { numRuns: 20 }
    )
  })

  it('centres each by mass and makes it 20 pixels high or wide, whatever the key', () => {
    fc.assert(
      fc.property(words, (anyKey) => {
        const ten = drawDigits(known(anyKey), 10)
        for (let i = 0; i < 10; i++) {
          const picture = image(ten, i)
          // half a large pixel each for the mass and for what rounding to bytes leaves
          for (const off of offCentre(picture)) expect(Math.abs(off)).toBeLessThan(0.25)
          const longer = Math.max(...extent(picture))
          expect(longer).toBeGreaterThanOrEqual(20)
          expect(longer).toBeLessThanOrEqual(22)
          expect(Math.max(...picture)).toBeGreaterThan(200)
        }
      }),
      { numRuns: 40 }
    )
  })

  it('draws no two alike, and other ones for another key', () => {
    const all = Array.from({ length: 200 }, (_, i) => image(digits, i).join())
    const others = drawDigits(keyOf(2), 200)
    expect(new Set([...all, ...Array.from({ length: 200 }, (_, i) => image(others, i).join())]).size).toBe(400)
  })

  it('draws digits that can be told apart: the nearest picture shows the same one', () => {
    expect(recognised(drawDigits(key, 300))).toBeGreaterThan(0.9)
  })

  it('refuses a count that is none, and fonts', () => {
    expect(() => drawDigits(key, -1)).toThrow('drawDigits: the count is a whole number of at least 0, not -1')
    expect(() => drawDigits(key, 1, { fonts: ['serif'] })).toThrow('drawDigits: fonts need a canvas')
    expect(drawDigits(key, 0).count).toBe(0)
  })
})

/** node `canvas` where it could be built: none or one, to make specs from. */
const canvases: readonly CreateDigitCanvas[] = await import('canvas').then(
  ({ createCanvas }) => [createCanvas],
  () => []
)

for (const createCanvas of canvases) {
  describe('drawDigits on a canvas', () => {
    const drawn = drawDigits(key, 200, { createCanvas })

    it('draws the same digits as without one, but for their edges', () => {
      const plain = drawDigits(key, 200)
      expect(drawn.labels).toStrictEqual(plain.labels)
      const off = drawn.images.reduce((sum, v, i) => sum + Math.abs(v - plain.images[i]!), 0) / drawn.images.length
      expect(off).toBeLessThan(1)
    })

    it('draws the same bytes for the same key', () => {
      expect(drawDigits(key, 200, { createCanvas }).images).toStrictEqual(drawn.images)
    })

    it('sets half of the digits in fonts where it is given some', () => {
      const mixed = drawDigits(key, 200, { createCanvas, fonts: ['serif', 'monospace'] })
      const same = Array.from({ length: 200 }, (_, i) => distance(image(mixed, i), image(drawn, i)) === 0)
      expect(same.filter((written) => written).length).toBeGreaterThan(70)
      expect(same.filter((written) => written).length).toBeLessThan(130)
    })
  })
}

describe('a canvas that cannot draw', () => {
  it('is refused', () => {
    expect(() => drawDigits(key, 1, { createCanvas: () => ({ getContext: () => null }) })).toThrow(
      'drawDigits: the canvas gives no 2d context'
    )
  })
})

describe('the skeletons', () => {
  it('are at least three ways to write each digit, of points within the box', () => {
    expect(skeletons).toHaveLength(10)
    for (const ways of skeletons) {
      expect(ways.length).toBeGreaterThanOrEqual(3)
      for (const stroke of ways.flat()) {
        expect(stroke.length % 2).toBe(0)
        expect(stroke.length).toBeGreaterThanOrEqual(4)
        expect(stroke.every((v) => v >= 0 && v <= 100)).toBe(true)
      }
    }
  })
})

describe('spline', () => {
  const coordinate = fc.double({ min: -10, max: 10, noNaN: true })
  const points = fc.uniqueArray(fc.tuple(coordinate, coordinate), { minLength: 2, maxLength: 8, selector: String })

  it('passes every point, in order', () => {
    fc.assert(
      fc.property(points, (given) => {
        const line = spline(given)
        given.forEach((point, i) => {
          // each point ends a curve of five pieces
          const [x, y] = line[5 * i]!
          expect(x).toBeCloseTo(point[0], 9)
          expect(y).toBeCloseTo(point[1], 9)
        })
        expect(line).toHaveLength(5 * (given.length - 1) + 1)
      })
    )
  })

  it('is straight between two corners', () => {
    const line = spline([
      [0, 0],
      [4, 2],
      [4, 2],
      [8, 0]
    ])
    for (const [x, y] of line) expect(y).toBeCloseTo(x <= 4 ? x / 2 : 4 - x / 2, 12)
  })
})
