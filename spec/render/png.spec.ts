import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Chart } from 'chart.js'
import fc from 'fast-check'
import { isRight, left, right } from 'fp-ts/Either'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { draw } from '../../lib/render/canvas.ts'
import type { CanvasLike } from '../../lib/render/canvas.ts'
import { grid } from '../../lib/render/pixels.ts'
import type { Picture } from '../../lib/render/pixels.ts'
import { lossChart } from '../../lib/render/plot.ts'
import { writeLossChart } from '../../lib/platform/node/plot.ts'
import { encodePng, loadCanvas, loadCanvasBy, writePng } from '../../lib/platform/node/png.ts'
import type { CanvasModule } from '../../lib/platform/node/png.ts'
import type { LossPoint } from '../../lib/render/series.ts'
import { readPng } from './png.reader.ts'

describe('loadCanvas', () => {
  it('says how to mend it where the package is not there', () => {
    const load = (name: string) => {
      throw new Error(`Cannot find module '${name}'\nRequire stack:\n- here`)
    }
    const message =
      "no pictures: the package canvas cannot be loaded (Cannot find module 'canvas'): run npm install canvas, or in a clone of tessera npm run setup"
    expect(loadCanvasBy(load)).toStrictEqual(left({ kind: 'unavailable', message }))
  })

  it('gives a canvas or says how to get one', () => {
    const canvas = loadCanvas()
    if (isRight(canvas)) expect(canvas.right.createCanvas(3, 2)).toMatchObject({ width: 3, height: 2 })
    else expect(canvas).toMatchObject(left({ kind: 'unavailable' }))
  })
})

const pixelsOf = (canvas: CanvasLike): Uint8ClampedArray =>
  canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data

const losses = (count: number, perEpoch: number): readonly LossPoint[] =>
  Array.from({ length: count }, (_, i) => ({
    step: i + 1,
    epoch: 1 + Math.floor(i / perEpoch),
    loss: 0.03 + Math.exp(-i / 20) * (1 + 0.2 * Math.sin(i * i))
  }))

/** What needs node `canvas`, an optional dependency. */
const drawing = ({ createCanvas }: CanvasModule): void => {
  let root = ''
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tessera-spec-'))
  })
  afterAll(() => rm(root, { recursive: true }))

  const size = fc.integer({ min: 1, max: 12 })
  const picture: fc.Arbitrary<Picture> = fc
    .tuple(size, size)
    .chain(([width, height]) =>
      fc
        .uint8Array({ minLength: width * height, maxLength: width * height })
        .map((bytes) => grid({ data: Float32Array.from(bytes), shape: [1, height, width] }, { range: [0, 255] }))
    )

  describe('draw', () => {
    it('puts the very pixels on a canvas, at its first and at any later size', () => {
      const canvas = createCanvas(5, 5)
      fc.assert(
        fc.property(picture, (given) => {
          draw(given, canvas)
          expect([canvas.width, canvas.height]).toStrictEqual([given.width, given.height])
          expect(pixelsOf(canvas)).toStrictEqual(given.data)
        })
      )
    })
  })

  describe('drawTitled', () => {
    it('writes a title that leaves a margin of white all around, however long', () => {
      for (const title of ['a', 'Samples after 20 epochs', 'x'.repeat(200)]) {
        const canvas = createCanvas(1, 1)
        const black = {
          width: 60,
          height: 40,
          data: new Uint8ClampedArray(9600).map((_, i) => (i % 4 === 3 ? 255 : 0))
        }
        draw(black, canvas, { title })
        expect(edge(canvas)).toStrictEqual(new Set([255]))
        const dark = pixelsOf(canvas).filter((v, i) => i % 4 === 0 && v < 128).length
        expect(dark).toBeGreaterThan(60 * 40)
      }
    })
  })

  describe('writePng', () => {
    it('writes a picture to the pixel', async () => {
      const path = join(root, 'picture.png')
      await fc.assert(
        fc.asyncProperty(picture, async (given) => {
          expect(await writePng(path, given)()).toStrictEqual(right(undefined))
          const { width, height, channels, data } = readPng(await readFile(path))
          expect([width, height]).toStrictEqual([given.width, given.height])
          const rgb = (bytes: ArrayLike<number>, step: number) => Array.from(bytes).filter((_, i) => i % step < 3)
          expect(rgb(data, channels)).toStrictEqual(rgb(given.data, 4))
        }),
        { numRuns: 30 }
      )
      expect(await readdir(root)).toStrictEqual(['picture.png'])
    })

    it('writes a canvas as it is, and a title where one is given', async () => {
      const [path, canvas] = [join(root, 'picture.png'), createCanvas(30, 20)]
      expect(await writePng(path, canvas)()).toStrictEqual(right(undefined))
      expect(readPng(await readFile(path))).toMatchObject({ width: 30, height: 20 })
      const small = grid({ data: Float32Array.of(0), shape: [1, 1, 1] })
      expect(await writePng(path, small, { title: 'A title' })()).toStrictEqual(right(undefined))
      expect(readPng(await readFile(path)).width).toBeGreaterThan(30)
    })

    it('draws nothing before it is run', () => {
      const canvas = { ...createCanvas(1, 1), toBuffer: () => expect.unreachable() }
      expect(writePng('a.png', canvas)).toBeTypeOf('function')
    })

    it('writes a picture in its own size or none: sides beyond 32,767, none at all, and bytes that do not fit', () => {
      const blank = (width: number, height: number, length = 4 * width * height): Picture => ({
        width,
        height,
        data: new Uint8ClampedArray(Number.isSafeInteger(length) && length > 0 ? length : 0).fill(255)
      })
      const wrong = [blank(32768, 1), blank(1, 32768), blank(70000, 2), blank(0, 0), blank(0, 3), blank(-1, 2), blank(1.5, 2), blank(NaN, 1), blank(2, 2, 12)] // prettier-ignore
      for (const given of wrong)
        for (const title of [undefined, 'A title'])
          expect(encodePng(given, { title })).toMatchObject(left({ kind: 'write' }))
      for (const given of [blank(32767, 1), blank(1, 32767)]) {
        const made = encodePng(given)
        expect(isRight(made) && readPng(made.right)).toMatchObject({ width: given.width, height: given.height })
      }
      expect(encodePng(blank(32768, 1))).toStrictEqual(
        left({
          kind: 'write',
          message:
            'the picture cannot be made a PNG: encodePng: a picture has at most 32767 pixels a side, this one is 32768x1'
        })
      )
      // with its margin it is too wide
      expect(encodePng(blank(32760, 1), { title: 'A title' })).toMatchObject(left({ kind: 'write' }))
    })

    it('notices that a canvas writes another picture than it holds', async () => {
      const other = createCanvas(1, 1).toBuffer('image/png')
      const broken = { width: 40, height: 30, getContext: () => null, toBuffer: () => other }
      for (const canvas of [broken, { ...broken, width: 40_000 }, { ...broken, toBuffer: () => new Uint8Array() }])
        expect(await writePng(join(root, 'broken.png'), canvas)()).toMatchObject(left({ kind: 'write' }))
      expect(await readdir(root)).not.toContain('broken.png')
    })

    it('draws no picture that is none, and none that a canvas does not take on', () => {
      const canvas = createCanvas(1, 1)
      const none = { width: 0, height: 0, data: new Uint8ClampedArray() }
      expect(() => draw(none, canvas)).toThrow('draw: a picture has a whole number of pixels a side, not 0x0')
      expect(() => draw(none, canvas, { title: 'A title' })).toThrow('draw: a picture has')
      const wide = { width: 40_000, height: 1, data: new Uint8ClampedArray(160_000) }
      expect(() => draw(wide, canvas)).toThrow("draw: the canvas can't be 40000x1 pixels large: draw a smaller picture")
      expect(() => lossChart([], canvas, { width: 20_000, scale: 2 })).toThrow("lossChart: the canvas can't be 40000x900") // prettier-ignore
    })

    it('fails with one line', async () => {
      const path = join(root, 'none', 'a.png')
      const message = `cannot write ${path}: its folder does not exist: create it or name another`
      expect(await writePng(path, createCanvas(1, 1))()).toStrictEqual(left({ kind: 'write', message }))
      const full = () => {
        throw new Error('out of memory')
      }
      expect(await writePng(path, { ...createCanvas(1, 1), toBuffer: full })()).toStrictEqual(
        left({ kind: 'write', message: 'the picture cannot be made a PNG: out of memory' })
      )
    })
  })

  const has = (canvas: CanvasLike, [r, g, b]: readonly [number, number, number]): boolean => {
    const data = pixelsOf(canvas)
    return data.some((v, i) => i % 4 === 0 && v === r && data[i + 1] === g && data[i + 2] === b)
  }

  /** The bytes of the outermost pixels. */
  const edge = (canvas: CanvasLike): ReadonlySet<number> => {
    const { width, height } = canvas
    return new Set(
      pixelsOf(canvas).filter((_, i) => {
        const [x, y] = [(i >> 2) % width, Math.floor((i >> 2) / width)]
        return x === 0 || y === 0 || x === width - 1 || y === height - 1
      })
    )
  }

  describe('lossChart', () => {
    const chart = (points: readonly LossPoint[]) => {
      const canvas = createCanvas(1, 1)
      lossChart(points, canvas)
      return canvas
    }
    const [orange, blue, pale] = [
      [234, 88, 12],
      [29, 78, 216],
      [191, 219, 254]
    ] as const

    it('shows each step, the smoothed loss and the epoch means, at twice the size, opaque, nothing cut off', () => {
      const canvas = chart(losses(200, 50))
      expect([canvas.width, canvas.height]).toStrictEqual([1600, 900])
      expect([orange, blue, pale].map((colour) => has(canvas, colour))).toStrictEqual([true, true, true])
      expect(edge(canvas)).toStrictEqual(new Set([255]))
      expect(pixelsOf(canvas).every((v, i) => i % 4 < 3 || v === 255)).toBe(true)
    })

    it('draws the same again, over what was there, and keeps no chart alive', () => {
      const canvas = chart(losses(20, 5))
      const before = pixelsOf(canvas).slice()
      lossChart(losses(200, 50), canvas)
      expect(pixelsOf(canvas)).not.toStrictEqual(before)
      lossChart(losses(20, 5), canvas)
      expect(Buffer.from(pixelsOf(canvas)).equals(Buffer.from(before))).toBe(true)
      expect(Object.keys(Chart.instances)).toStrictEqual([])
    })

    it('draws runs of one step, of none, and of losses that are no numbers', () => {
      expect(has(chart(losses(1, 1)), orange)).toBe(true)
      const odd = [[], [NaN], [0, 0], [Infinity, 1, 100], [-1, 1e30]]
      for (const values of odd) {
        const canvas = chart(values.map((loss, i) => ({ step: i, epoch: 1, loss })))
        expect(edge(canvas)).toStrictEqual(new Set([255]))
      }
    })
  })

  describe('writeLossChart', () => {
    it('writes the chart of the size that is asked for', async () => {
      const path = join(root, 'loss.png')
      const options = { width: 300, height: 200, scale: 1, title: 'Digits' }
      expect(await writeLossChart(path, losses(30, 10), options)()).toStrictEqual(right(undefined))
      expect(readPng(await readFile(path))).toMatchObject({ width: 300, height: 200 })
    })

    it('fails on a chart that is too large', async () => {
      expect(await writeLossChart(join(root, 'large.png'), losses(30, 10), { width: 40_000 })()).toMatchObject(
        left({ kind: 'write' })
      )
    })
  })
}

const canvas = loadCanvas()
if (isRight(canvas)) drawing(canvas.right)
