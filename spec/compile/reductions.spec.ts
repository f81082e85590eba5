import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { filled, shapes } from '../support/arbitrary.ts'
import { expectAgreement } from '../support/agree.ts'
import { gl } from '../support/gl.ts'
import { holdsOn } from '../support/property.ts'

const kernels = (plan: string): number => new Set(plan.match(/^.*#\d+$/gm)).size

describe('[gl] sums in one loop', () => {
  it('have the values that each of them has', async () => {
    const device = await gl()
    const subjects = shapes({ min: 1, max: 4 }).chain((shape) =>
      fc.record({ shape: fc.constant(shape), axes: fc.subarray([...shape.keys()], { minLength: 1 }) })
    )
    await holdsOn(
      subjects,
      async ({ shape, axes }) => {
        const [x, y] = [filled(shape, 'any', 1), filled(shape, 'any', 2)]
        const over = { axes, keepDims: true }
        const [a, b, c] = [t.sum(x, over), t.sum(t.mul(x, y), over), t.sum(t.square(x), over)]
        await expectAgreement(device, [a, b, c, t.add(t.mul(a, a), t.mul(b, c))])
      },
      60
    )
  })

  it('are one kernel over the same axes, and several over others', async () => {
    const device = await gl()
    const both = (axes: number) => (x: t.Tensor) => [t.sum(x, { axes: 0 }), t.sum(t.square(x), { axes })]
    expect(kernels(device.show(both(0), t.ones([8, 8])))).toBe(1)
    expect(kernels(device.show(both(1), t.ones([8, 9])))).toBe(2)
  })

  it('are several kernels where one needs the other', async () => {
    const device = await gl()
    const f = (x: t.Tensor) => {
      const total = t.sum(x, { axes: 1, keepDims: true })
      return [total, t.sum(t.square(t.sub(x, total)), { axes: 1, keepDims: true })]
    }
    expect(kernels(device.show(f, t.ones([8, 8])))).toBe(2)
    await expectAgreement(device, f(filled([8, 8], 'any', 3)))
  })

  it('are several kernels where one is a part of the other', async () => {
    const device = await gl()
    const windows = t.convTranspose2d(t.ones([1, 1, 1, 1]))(t.full([1, 1, 1, 1], 3))
    await expectAgreement(device, [t.variance(windows), t.sin(t.variance(windows))])
  })

  it('are several kernels where they have nothing in common, or are of another kind', async () => {
    const device = await gl()
    const apart = (x: t.Tensor, y: t.Tensor) => [t.sum(x, { axes: 0 }), t.sum(y, { axes: 0 })]
    expect(kernels(device.show(apart, t.ones([8, 8]), t.ones([8, 8])))).toBe(2)
    const unlike = (x: t.Tensor) => [t.sum(x, { axes: 0 }), t.max(x, { axes: 0 })]
    expect(kernels(device.show(unlike, t.ones([8, 8])))).toBe(2)
  })
})
