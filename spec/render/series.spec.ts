import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { epochMeans, roundTicks, smooth, smoothed, wantsLog } from '../../lib/render/series.ts'
import type { LossPoint } from '../../lib/render/series.ts'

// multiples of 1/8, whose sums are exact
const loss = fc.integer({ min: -800, max: 800 }).map((v) => v / 8)
const losses = fc.array(loss, { minLength: 1, maxLength: 60 })
const reaches = fc.nat(20)

const run = (values: readonly number[], perEpoch = Infinity): readonly LossPoint[] =>
  values.map((value, i) => ({ step: i + 1, epoch: 1 + Math.floor(i / perEpoch), loss: value }))

describe('smooth', () => {
  it('is the mean of the neighbours that the window has', () => {
    fc.assert(
      fc.property(losses, reaches, (values, reach) => {
        const expected = values.map((_, i) => {
          const near = values.filter((_, j) => Math.abs(i - j) <= Math.min(reach, i))
          return near.reduce((a, b) => a + b, 0) / near.length
        })
        expect(smooth(values, reach)).toStrictEqual(expected)
      })
    )
  })

  it('begins with the first value, keeps what is constant, and is nothing but the values at reach 0', () => {
    fc.assert(
      fc.property(losses, reaches, (values, reach) => {
        expect(smooth(values, reach)[0]).toBe(values[0])
        expect(smooth(values, 0)).toStrictEqual(values)
        const flat = values.map(() => values[0]!)
        expect(smooth(flat, reach)).toStrictEqual(flat)
      })
    )
  })

  it('leaves out what is not finite, and has a gap there', () => {
    expect(smooth([1, NaN, 3, Infinity, 5], 2)).toStrictEqual([1, NaN, 3, NaN, 4])
    expect(smooth([NaN, NaN], 2)).toStrictEqual([NaN, NaN])
    expect(smooth([], 2)).toStrictEqual([])
  })

  it('stands at the steps of a run', () => {
    expect(smoothed([4, 4, 4].map((value, i) => ({ step: 10 + i, epoch: 1, loss: value })))).toStrictEqual([
      { x: 10, y: 4 },
      { x: 11, y: 4 },
      { x: 12, y: 4 }
    ])
  })
})

describe('epochMeans', () => {
  it('has a point for each epoch, in the middle of its steps', () => {
    expect(epochMeans(run([1, 2, 3, 5, 9], 2))).toStrictEqual([
      { x: 1.5, y: 1.5 },
      { x: 3.5, y: 4 },
      { x: 5, y: 9 }
    ])
    expect(epochMeans([])).toStrictEqual([])
  })

  it('weighs each step by its images', () => {
    const points = [
      { step: 1, epoch: 1, loss: 1, images: 128 },
      { step: 2, epoch: 1, loss: 5, images: 32 + 96 },
      { step: 3, epoch: 2, loss: 1, images: 30 },
      { step: 4, epoch: 2, loss: 4, images: 10 }
    ]
    expect(epochMeans(points).map(({ y }) => y)).toStrictEqual([3, 1.75])
  })
})

describe('wantsLog', () => {
  it('from a factor of ten on, of losses above zero', () => {
    expect([run([1, 0.1]), run([0.1, 0.5, 2]), run([NaN, 3, 30, Infinity])].map(wantsLog)).toStrictEqual([
      true,
      true,
      true
    ])
    expect([run([1, 0.11]), run([1, 0]), run([1, -10]), run([NaN]), []].map(wantsLog)).toStrictEqual(
      new Array(5).fill(false)
    )
  })
})

describe('roundTicks', () => {
  it('are 1, 2 and 5 of every power of ten', () => {
    expect(roundTicks(0.02, 1.2)).toStrictEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1])
    expect(roundTicks(3, 4)).toStrictEqual([])
  })

  it('are all within the ends, rising, and at most 2.5 apart', () => {
    const end = fc.double({ min: 1e-6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(end, end, (a, b) => {
        const [least, most] = [Math.min(a, b), Math.max(a, b)]
        const ticks = roundTicks(least, most)
        expect(ticks.every((tick) => tick >= least && tick <= most)).toBe(true)
        const ends = [least, ...ticks, most]
        expect(ends.slice(1).every((tick, i) => tick <= 2.5 * (1 + 2 ** -50) * ends[i]!)).toBe(true)
      })
    )
  })
})
