import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { draw } from '../../lib/render/canvas.ts'
import type { CanvasLike } from '../../lib/render/canvas.ts'
import type { Picture } from '../../lib/render/pixels.ts'
import { fakeCanvas } from './canvas.fake.ts'

const pictureOf = (width: number, height: number): Picture => ({
  width,
  height,
  data: Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => (i * 37) % 256)
})

const size = fc.integer({ min: 1, max: 40 })

describe('draw', () => {
  it('makes the canvas the picture', () => {
    fc.assert(
      fc.property(size, size, (width, height) => {
        const [picture, canvas] = [pictureOf(width, height), fakeCanvas()]
        draw(picture, canvas)
        expect([canvas.width, canvas.height]).toStrictEqual([width, height])
        expect(canvas.pixels()).toStrictEqual(picture.data)
      })
    )
  })

  it('says so where the canvas has no 2d context', () => {
    const canvas: CanvasLike = { width: 1, height: 1, getContext: () => null }
    expect(() => draw(pictureOf(1, 1), canvas)).toThrow('draw: the canvas gives no 2d context')
  })

  it("takes the browser's canvases", () => {
    expectTypeOf<HTMLCanvasElement>().toExtend<CanvasLike>()
    expectTypeOf<OffscreenCanvas>().toExtend<CanvasLike>()
  })
})

describe('drawTitled', () => {
  it('puts the picture under a title in the middle, both within the canvas', () => {
    fc.assert(
      fc.property(size, size, fc.nat(30), fc.nat(20), (width, height, letters, letterWidth) => {
        const [title, canvas] = ['x'.repeat(letters), fakeCanvas(letterWidth)]
        draw(pictureOf(width, height), canvas, { title })
        const put = canvas.calls.find((call) => call.startsWith('put'))!
        const [left = NaN, top = NaN] = put.split(' ').slice(1).map(Number)
        const right = canvas.width - left - width
        expect(Math.abs(left - right)).toBeLessThanOrEqual(1)
        expect(left).toBeGreaterThan(0)
        expect(canvas.width).toBeGreaterThan(letters * letterWidth)
        // the same margin below as beside a picture that is wider than its title
        expect(canvas.height - top - height).toBeGreaterThan(0)
        expect(top).toBeGreaterThan(canvas.height - top - height)
      })
    )
  })

  it('draws black letters on white', () => {
    const canvas = fakeCanvas()
    draw(pictureOf(100, 50), canvas, { title: 'Samples' })
    expect(canvas.calls).toStrictEqual([
      '"white" box 0 0 124 98',
      '"black" center 12px sans-serif Samples 62 24',
      'put 12 36'
    ])
  })
})
