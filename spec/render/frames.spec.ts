import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { denoisingFrames, holdLast } from '../../lib/render/frames.ts'

const steps = fc.integer({ min: 1, max: 2000 })
const counts = fc.integer({ min: 1, max: 300 })

describe('denoisingFrames', () => {
  it('falls strictly from T - 1, where sampling begins, to 0, where it ends', () => {
    fc.assert(
      fc.property(steps, counts, (T, count) => {
        const frames = denoisingFrames(T, { count })
        expect([frames[0], frames.at(-1)]).toStrictEqual([T - 1, 0])
        expect(frames.slice(1).every((t, i) => t < frames[i]!)).toBe(true)
      })
    )
  })

  it('are what a run meets that asks at each step whether it is in trunc(linspace(0, T, count)), or t is 0', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 2, max: 300 }), (T, count) => {
        const named = new Set(Array.from({ length: count }, (_, k) => Math.trunc((k * T) / (count - 1))))
        const run = Array.from({ length: T }, (_, step) => ({ step, t: T - 1 - step }))
        const met = run.filter(({ step, t }) => named.has(step) || t === 0).map(({ t }) => t)
        expect(denoisingFrames(T, { count })).toStrictEqual(met)
      })
    )
  })

  it('are as many as asked for, or one a step where there are fewer steps', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 2, max: 300 }), (T, count) => {
        expect(denoisingFrames(T, { count })).toHaveLength(Math.min(T, count))
      })
    )
    expect(denoisingFrames(1000)).toHaveLength(100)
  })

  it('are these', () => {
    const frames = denoisingFrames(1000)
    expect(frames.slice(0, 4)).toStrictEqual([999, 989, 979, 969])
    expect(frames.slice(-4)).toStrictEqual([30, 20, 10, 0])
    expect(denoisingFrames(20)).toStrictEqual(Array.from({ length: 20 }, (_, i) => 19 - i))
    expect([denoisingFrames(1), denoisingFrames(5, { count: 1 }), denoisingFrames(5, { count: 2 })]).toStrictEqual([
      [0],
      [4, 0],
      [4, 0]
    ])
  })

  it('refuses what is no number of steps', () => {
    expect(() => denoisingFrames(0)).toThrow('denoisingFrames: steps must be a positive whole number: 0')
    expect(() => denoisingFrames(10, { count: 1.5 })).toThrow(
      'denoisingFrames: count must be a positive whole number: 1.5'
    )
  })
})

describe('holdLast', () => {
  it('adds the last frame, the same picture and no copy of it', () => {
    const last = { frame: 2 }
    expect(
      holdLast([{ frame: 1 }, last])
        .slice(1)
        .every((frame) => frame === last)
    ).toBe(true)
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), fc.nat(50), (frames, times) => {
        const held = holdLast(frames, { times })
        expect(held.slice(0, frames.length)).toStrictEqual(frames)
        expect(held.slice(frames.length)).toStrictEqual(new Array<unknown>(times).fill(frames.at(-1)))
      })
    )
  })

  it('makes 133 of the 100 frames of a thousand steps', () => {
    expect(holdLast(denoisingFrames(1000))).toHaveLength(133)
  })

  it('of nothing is nothing', () => {
    expect(holdLast([])).toStrictEqual([])
  })
})
