import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { axesOf, axisOf, broadcastShapes, checkShape, sameShape, sizeOf, stridesOf } from '../../lib/core/shape.ts'
import { broadcastable, shapes } from '../support/arbitrary.ts'
import { holds } from '../support/property.ts'

const pair = broadcastable(2).map(([a, b]) => [a!, b!] as const)
const three = broadcastable(3).map(([a, b, c]) => [a!, b!, c!] as const)
const broadcast = (a: readonly number[], b: readonly number[]) => broadcastShapes('op', a, b)

describe('shapes', () => {
  it('broadcast in any order, to the larger size of each axis', () => {
    holds(pair, ([a, b]) => {
      const both = broadcast(a, b)
      expect(broadcast(b, a)).toEqual(both)
      expect(broadcast(both, a)).toEqual(both)
      expect(both.length).toBe(Math.max(a.length, b.length))
      both.forEach((d, i) => {
        const of = (s: readonly number[]) => s[i - both.length + s.length] ?? 1
        expect(d).toBe(Math.max(of(a), of(b)))
      })
    })
    holds(three, ([a, b, c]) => expect(broadcast(broadcast(a, b), c)).toEqual(broadcast(a, broadcast(b, c))))
  })

  it('do not broadcast where two sizes differ and neither is 1', () =>
    holds(fc.tuple(shapes({ min: 1 }), fc.nat()), ([shape, at]) => {
      const axis = at % shape.length
      const other = shape.map((d, i) => (i === axis ? d + 1 + Number(d === 1) : d + Number(d === 1)))
      const grown = shape.map((d) => d + Number(d === 1))
      expect(() => broadcast(grown, other)).toThrow(/^op: shapes do not broadcast: \[.*\] with \[.*\] \(axis -\d: \d+ is not \d+\)$/) // prettier-ignore
    }))

  it('have strides that lead from one element to the next', () =>
    holds(shapes(), (shape) => {
      const strides = stridesOf(shape)
      expect(strides.length).toBe(shape.length)
      expect(shape.reduce((last, d, i) => last + (d - 1) * strides[i]!, 0)).toBe(sizeOf(shape) - 1)
    }))

  it('are the same where every size is', () => {
    expect(sameShape([2, 3], [2, 3])).toBe(true)
    expect(sameShape([2, 3], [2, 3, 1])).toBe(false)
    expect(sameShape([2, 3], [3, 2])).toBe(false)
    expect(sameShape([], [])).toBe(true)
  })

  it('have whole sizes of at least 1', () => {
    expect(() => checkShape('op', [2, 1])).not.toThrow()
    for (const wrong of [[0], [-1], [1.5], [NaN], [Infinity], [2 ** 60]])
      expect(() => checkShape('op', wrong)).toThrow(`op: sizes are whole numbers of at least 1: [${wrong.join()}]`)
  })
})

describe('axes', () => {
  it('count from either end', () => {
    expect([0, 1, 2, -1, -3].map((axis) => axisOf('op', axis, 3))).toEqual([0, 1, 2, 2, 0])
    for (const wrong of [3, -4, 0.5, NaN])
      expect(() => axisOf('op', wrong, 3)).toThrow(`op: there is no axis ${wrong} in a tensor of 3 axes`)
  })

  it('are sorted, all of them where none are named, each named once', () => {
    expect(axesOf('op', undefined, 3)).toEqual([0, 1, 2])
    expect(axesOf('op', [-1, 0], 3)).toEqual([0, 2])
    expect(axesOf('op', 1, 3)).toEqual([1])
    expect(axesOf('op', [], 3)).toEqual([])
    expect(() => axesOf('op', [2, -1], 3)).toThrow('op: an axis is named twice: [2,-1]')
  })
})
