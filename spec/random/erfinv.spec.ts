import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { erfinv, negativeLog } from '../../lib/random/erfinv.ts'

/** erf by its Maclaurin series, 2/√π Σ (-1)^k x^(2k+1) / (k! (2k + 1)), in float64. */
const erf = (x: number): number => {
  let term = x
  let sum = x
  for (let k = 1; k < 200; k++) {
    term *= -(x * x) / k
    sum += term / (2 * k + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

describe('negativeLog', () => {
  it('is -log', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -31, max: 1, noNaN: true }), (v) => {
        expect(Math.abs(negativeLog(v) + Math.log(v))).toBeLessThan(1e-11)
      })
    )
  })

  it('is exact at 1 and close at every power of two', () => {
    expect(negativeLog(1)).toBe(0)
    for (let k = 1; k <= 31; k++) expect(negativeLog(2 ** -k)).toBeCloseTo(k * Math.LN2, 11)
  })
})

describe('erfinv', () => {
  const inside = fc.float({ min: Math.fround(-0.9999), max: Math.fround(0.9999), noNaN: true })

  it('is the inverse of erf', () => {
    fc.assert(
      fc.property(inside, (x) => {
        // the relative error of 6e-6, carried through erf, whose slope is at most 2/√π
        expect(Math.abs(erf(erfinv(x)) - x)).toBeLessThanOrEqual(7e-6 * Math.abs(x) + 1e-38)
      })
    )
  })

  it('is odd and rises', () => {
    fc.assert(
      fc.property(inside, (x) => {
        expect(erfinv(-x)).toBe(-erfinv(x))
        expect(erfinv(Math.min(0.99999, x + 1e-4))).toBeGreaterThan(erfinv(x))
      })
    )
  })

  it('is finite at the largest value below 1', () => {
    expect(erfinv(1 - 2 ** -24)).toBeCloseTo(3.8325069, 4)
  })
})
