import fc from 'fast-check'
import { estimate, sharesOf, totalVariation } from 'tessera/metrics'
import { describe, expect, it } from 'vitest'
import { holds } from '../support/property.ts'

const number = fc.double({ min: -4, max: 4, noNaN: true })

describe('histograms', () => {
  const classes = fc.array(fc.nat(9), { minLength: 1, maxLength: 50 })

  it('are parts of a whole', () =>
    holds(classes, (all) => {
      const shares = sharesOf(all, 10)
      expect(shares.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 9)
      shares.forEach((share, k) => expect(share).toBeCloseTo(all.filter((x) => x === k).length / all.length, 9))
    }))

  it('differ by a distance between 0 and 1', () =>
    holds(fc.tuple(classes, classes, classes), (all) => {
      const [p, q, r] = all.map((each) => sharesOf(each, 10)) as [number[], number[], number[]]
      expect(totalVariation(p, p)).toBe(0)
      expect(totalVariation(p, q)).toBeCloseTo(totalVariation(q, p), 12)
      expect(totalVariation(p, q)).toBeLessThanOrEqual(1 + 1e-9)
      expect(totalVariation(p, r)).toBeLessThanOrEqual(totalVariation(p, q) + totalVariation(q, r) + 1e-9)
    }))

  it('that have no class in common differ wholly', () => {
    expect(totalVariation(sharesOf([0, 0, 1], 4), sharesOf([2, 3], 4))).toBeCloseTo(1, 12)
    expect(totalVariation([0.5, 0.5], [1, 0])).toBe(0.5)
  })

  it('are of classes that there are, and as long as each other', () => {
    expect(() => sharesOf([], 3)).toThrow('sharesOf: wants one class at least')
    for (const wrong of [3, -1, 0.5, NaN]) expect(() => sharesOf([wrong], 3)).toThrow(`a class is a whole number from 0 to 2, not ${wrong}`) // prettier-ignore
    expect(() => totalVariation([1], [0.5, 0.5])).toThrow('totalVariation: wants histograms of one length, not 1 and 2')
  })
})

describe('an estimate', () => {
  it('is a mean, and how far it may be off', () => {
    expect(estimate([1, 2, 3, 6])).toEqual({ mean: 3, error: Math.sqrt(14 / 3 / 4) })
    expect(estimate([5, 5])).toEqual({ mean: 5, error: 0 })
    expect(estimate([5])).toEqual({ mean: 5, error: NaN })
    expect(() => estimate([])).toThrow('estimate: wants one number at least')
  })

  it('is off by less where there is more of the same', () =>
    holds(fc.array(number, { minLength: 2, maxLength: 30 }), (xs) => {
      const [one, four] = [estimate(xs), estimate([...xs, ...xs, ...xs, ...xs])]
      expect(four.mean).toBeCloseTo(one.mean, 9)
      expect(four.error).toBeLessThanOrEqual(one.error)
    }))
})
