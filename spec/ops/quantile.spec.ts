import fc from 'fast-check'
import { pipe } from 'fp-ts/function'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { axesOf, filled, shapes } from '../support/arbitrary.ts'
import { evaluate } from '../support/float64.ts'
import { gl } from '../support/gl.ts'
import { differences } from '../support/laws.ts'
import { gridOf, reduce } from '../support/naive.ts'
import { holds, holdsOn } from '../support/property.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'

/** Of the sorted numbers, between the two at q (n - 1). */
const meaning =
  (q: number) =>
  (xs: readonly number[]): number => {
    const sorted = xs.toSorted((a, b) => a - b)
    const place = q * (xs.length - 1)
    const [low, part] = [Math.floor(place), place - Math.floor(place)]
    return part === 0 ? sorted[low]! : sorted[low]! * (1 - part) + sorted[low + 1]! * part
  }

const parts = fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }))
const cases = shapes().chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axes: axesOf(shape.length),
    q: parts,
    keepDims: fc.boolean(),
    // few different numbers make ties
    kinds: fc.constantFrom(3, 1e6),
    seed: fc.nat(1000)
  })
)
const numbersOf = (shape: t.Shape, kinds: number, seed: number): t.Tensor =>
  t.floor(t.uniform(t.key(seed), shape, { low: -kinds, high: kinds }))

describe('quantile', () => {
  it('is that of the sorted elements, over any axes, ties or not', () => {
    holds(
      cases,
      ({ shape, axes, q, keepDims, kinds, seed }) => {
        const x = numbersOf(shape, kinds, seed)
        const expected = reduce(meaning(q), gridOf(x), axes, keepDims)
        const found = t.quantile(x, q, { axes, keepDims })
        expect(found.shape).toEqual(expected.shape)
        expectClose(evaluate(found), expected.data, { unit: unit64, terms: 4 })
      },
      100
    )
  })

  it('[gl] is the same on GL', async () => {
    const device = await gl()
    await holdsOn(cases, async ({ shape, axes, q, keepDims, kinds, seed }) => {
      const found = t.quantile(numbersOf(shape, kinds, seed), q, { axes, keepDims })
      expectClose(await device.read(found), evaluate(found), { unit, terms: 4 })
    })
  })

  it('goes from the smallest to the largest', () => {
    holds(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat(1000)), ([n, seed]) => {
      const x = t.normal(t.key(seed), [n])
      expect(evaluate(t.quantile(x, 0))).toEqual(evaluate(t.min(x)))
      expect(evaluate(t.quantile(x, 1))).toEqual(evaluate(t.max(x)))
      const values = [0, 0.1, 0.4, 0.5, 0.9, 1].map((q) => evaluate(t.quantile(x, q))[0]!)
      expect(values).toEqual(values.toSorted((a, b) => a - b))
    })
  })

  it('is NaN where an element is, and knows infinities', async () => {
    const x = t.tensor([
      [1, NaN, 2],
      [-Infinity, 3, Infinity],
      [3, 1, 2]
    ])
    for (const device of [t.reference, await gl()]) {
      expect([...(await device.read(t.quantile(x, 0.5, { axes: 1 })))]).toEqual([NaN, 3, 2])
      expect([...(await device.read(t.quantile(x, 1, { axes: 1 })))]).toEqual([NaN, Infinity, 3])
    }
  })

  it('has the gradient of its values', () => {
    differences(([x]) => t.quantile(x!, 0.3, { axes: 1 }), [filled([3, 8], 'any', 1)], 5)
  })

  it('takes its part alone in a pipe', () => {
    expect(evaluate(pipe(t.tensor([4, 1, 2]), t.quantile(0.5)))).toEqual(Float64Array.of(2))
    expect(pipe(t.ones([2, 3]), t.quantile(0.5, { axes: 0 })).shape).toEqual([3])
  })

  it('says what is wrong', () => {
    expect(() => t.quantile(t.ones([2]), 2)).toThrow('quantile: q is from 0 to 1, not 2')
    expect(() => t.quantile(t.ones([2]), NaN)).toThrow('quantile: q is from 0 to 1, not NaN')
    expect(() => t.quantile(t.ones([0, 2]), 0.5, { axes: 0 })).toThrow(
      'quantile: there are no elements: axes [0] of [0,2]'
    )
    expect(() => t.quantile(t.ones([2]), 0.5, { axes: 1 })).toThrow('quantile: ')
  })
})
