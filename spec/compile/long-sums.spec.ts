import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sizeOf } from '../../lib/core/shape.ts'
import * as t from '../../lib/index.ts'
import { holdsOn } from '../support/property.ts'
import { allowance } from '../support/tolerance.ts'

const names = ['headlessgl', 'cpu', 'webasm'] as const

/** Numbers of one sign, where roundings do not cancel: one number many times, a few in turns, a ramp. */
const kinds: Readonly<Record<string, (x: number, i: number) => number>> = {
  'one number': (x) => x,
  'numbers in turns': (x, i) => (i % 3 === 0 ? x : 1),
  'a ramp': (_, i) => i % 4096
}

const data = fc.record({
  kind: fc.constantFrom(...Object.keys(kinds)),
  x: fc.double({ min: 0.01, max: 2, noNaN: true }),
  n: fc.oneof(fc.integer({ min: 2, max: 3000 }), fc.integer({ min: 3000, max: 70_000 }))
})

const numbers = ({ kind, x, n }: { readonly kind: string; readonly x: number; readonly n: number }): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => kinds[kind]!(x, i))

const exactly = (xs: Float32Array): number => xs.reduce((sum, x) => sum + x, 0)

/** The ways that many numbers come to be added up. */
const ways: Readonly<Record<string, (x: t.Tensor) => t.Tensor>> = {
  'a sum': (x) => t.sum(x),
  'sums of rows': (x) => t.sum(t.reshape(x, [1, -1]), { axes: 1 }),
  'sums of columns': (x) => t.sum(t.reshape(x, [-1, 1]), { axes: 0 }),
  'a product with ones': (x) => t.matmul(x, t.ones([sizeOf(x.shape)])),
  'a product of matrices': (x) => t.matmul(t.reshape(x, [1, -1]), t.ones([sizeOf(x.shape), 2])),
  'a mean': (x) => t.mul(t.mean(x), sizeOf(x.shape))
}

describe.each(names)('long sums on %s', (name) => {
  it.each(Object.entries(ways))('%s of numbers of one sign stays within log2(n) roundings', async (_, way) => {
    const device = await t.device({ name })
    await holdsOn(
      data,
      async (given) => {
        const xs = numbers(given)
        const [found] = await device.read(way(t.tensor(xs)))
        const sum = exactly(xs)
        expect(Math.abs(found! - sum)).toBeLessThanOrEqual(allowance({ terms: xs.length, scale: sum }))
      },
      20
    )
  })

  it('the numbers up to 10,000 and ten million tenths are added up right', async () => {
    const device = await t.device({ name })
    const [ramp] = await device.read(t.sum(t.iota([10_000])))
    expect(Math.abs(ramp! - 49_995_000)).toBeLessThanOrEqual(allowance({ terms: 10_000, scale: 49_995_000 }))
    const tenth = Math.fround(0.1) * 1e7
    const [tenths] = await device.read(t.sum(t.full([1e7], 0.1)))
    expect(Math.abs(tenths! - tenth)).toBeLessThanOrEqual(allowance({ terms: 1e7, scale: tenth }))
  })

  it('the variance of a million numbers around ten thousand is right to six digits', async () => {
    const device = await t.device({ name })
    const xs = Float32Array.from({ length: 1e6 }, (_, i) => 1e4 + ((i * 7919) % 1009) / 1009)
    const mean = exactly(xs) / xs.length
    const variance = xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / xs.length
    const [found] = await device.read(t.variance(t.tensor(xs)))
    expect(Math.abs(found! / variance - 1)).toBeLessThan(2e-6)
  })
})
