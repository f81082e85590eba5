import fc from 'fast-check'
import { pipe } from 'fp-ts/function'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { evaluate } from '../support/float64.ts'
import { gl } from '../support/gl.ts'
import { holds } from '../support/property.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'

const shape = [3, 2, 4] as const
const pair = fc.nat(1e6).map((seed) => {
  const [a, b] = t.split(t.key(seed))
  return [t.normal(a!, shape), t.normal(b!, shape)] as const
})
const weights = fc.double({ min: 0, max: 1, noNaN: true })
const each = (x: t.Tensor, y: t.Tensor) => evaluate(t.sum(t.mul(x, y), { axes: [1, 2] }))

describe('slerp', () => {
  it('begins at one and ends at the other, on either way', () => {
    holds(fc.tuple(pair, weights), ([[a, b], weight]) => {
      expectClose(evaluate(t.slerp(a, b, { weight: 0 })), evaluate(a), { unit: unit64, scale: 64 })
      expectClose(evaluate(t.slerp(a, b, { weight: 1 })), evaluate(b), { unit: unit64, scale: 64 })
      const back = t.slerp(b, a, { weight: 1 - weight })
      expectClose(evaluate(t.slerp(a, b, { weight })), evaluate(back), { unit: unit64, scale: 64 })
    })
  })

  it('keeps the length between two of one length, and turns by the part of the angle', () => {
    holds(fc.tuple(pair, weights), ([[a, b], weight]) => {
      const unitOf = (x: t.Tensor) => t.div(x, t.sqrt(t.sum(t.square(x), { axes: [1, 2], keepDims: true })))
      const [from, to] = [unitOf(a), unitOf(b)]
      const between = t.slerp(from, to, { weight })
      const angles = each(from, to).map(Math.acos)
      expectClose(each(between, between), [1, 1, 1], { unit: unit64, scale: 64 })
      const expected = angles.map((angle) => Math.cos(weight * angle))
      expectClose(each(between, from), expected, { unit: unit64, scale: 64 })
    })
  })

  it('leaves noise noise, where the mean of two is none', () => {
    const [a, b] = [t.normal(t.key(1), [400, 100]), t.normal(t.key(2), [400, 100])]
    const variance = (x: t.Tensor) => evaluate(t.variance(x))[0]!
    // of 40,000 numbers the variance is 1 ± 0.007
    expect(Math.abs(variance(t.slerp(a, b, { weight: 0.5 })) - 1)).toBeLessThan(0.021)
    expect(Math.abs(variance(t.mul(t.add(a, b), 0.5)) - 0.5)).toBeLessThan(0.021)
  })

  it('is a straight line between the same directions', () => {
    const a = t.normal(t.key(1), shape)
    expectClose(evaluate(t.slerp(a, a, { weight: 0.3 })), evaluate(a), { unit: unit64, scale: 64 })
    expectClose(evaluate(t.slerp(a, t.mul(a, 2), { weight: 0.5 })), evaluate(t.mul(a, 1.5)), {
      unit: unit64,
      scale: 64
    })
  })

  it('[gl] is the same there, and in a pipe', async () => {
    const [a, b] = [t.normal(t.key(1), shape), t.normal(t.key(2), shape)]
    const found = await (await gl()).read(pipe(a, t.slerp(b, { weight: 0.3 })))
    expectClose(found, evaluate(t.slerp(a, b, { weight: 0.3 })), { unit, scale: 64 })
  })

  it('says what is wrong', () => {
    const a = t.ones([2, 3])
    expect(() => t.slerp(a, t.ones([2, 4]) as never, { weight: 1 })).toThrow(
      'slerp: wants two tensors [N, …] of one shape'
    )
    expect(() => t.slerp(t.ones([3]), t.ones([3]), { weight: 1 })).toThrow(
      'slerp: wants two tensors [N, …] of one shape'
    )
    expect(() => t.slerp(a, a, { weight: NaN })).toThrow('slerp: weight is a number, not NaN')
  })
})
