import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { layoutOf } from '../../lib/compile/kernel/layout.ts'
import { expectAgreement } from '../support/agree.ts'
import { filled } from '../support/arbitrary.ts'
import { evaluate } from '../support/float64.ts'
import { largeProduct } from '../support/naive.ts'
import { holdsOn } from '../support/property.ts'
import { cook, gradientsOf, leavesOf, recipes } from '../support/recipe.ts'
import { expectAllReads, oddSizes } from '../support/sizes.ts'
import { expectClose } from '../support/tolerance.ts'

const textureSize = 128
// What a poor GPU has. A process has one GL context, so these specs have a file of their own.
const device = await t.device({ name: 'headlessgl', limits: { textureSize, inputs: 4, targets: 4 } })
/** What says how large convolutions must come out: the reference would take minutes. */
const loops = await t.device({ name: 'cpu' })

describe('[gl] a device with small textures and few of them', () => {
  it.each(oddSizes.map((shape) => [shape]))('holds and computes %j', async (shape) => {
    const { width, height } = layoutOf(shape, textureSize)
    expect(Math.max(width, height)).toBeLessThanOrEqual(textureSize)
    const x = filled(shape, 'any', 1)
    expect(await device.read(device.compute(t.mul(x, 1)))).toEqual(Float32Array.from(evaluate(x)))
    await expectAllReads(device, shape)
  })

  it('refuses what no texture of it can hold', () => {
    expect(() => device.compute(t.exp(t.iota([textureSize * textureSize * 4 + 1])))).toThrow(
      'device: a tensor [65537] needs a texture of 128x129; this device has 128x128 at most'
    )
  })

  it('computes random expressions and their gradients', () =>
    holdsOn(
      recipes({ max: 10 }),
      (recipe) => {
        const leaves = leavesOf(recipe)
        return expectAgreement(device, [...cook(recipe, leaves), ...gradientsOf(recipe, leaves)])
      },
      15
    ))

  it('adds up more tensors than one kernel may read', () => {
    const many = Array.from({ length: 23 }, (_, i) => filled([5, 3], 'any', i))
    const sum = many.reduce((a, b) => t.add(t.mul(a, 0.5), t.sin(b)))
    return expectAgreement(device, [sum, t.concat(many), t.stack(many, { axis: 1 })])
  })

  it('computes large products in as many targets as it has', async () => {
    const [a, b] = [filled([128, 256], 'any', 1), filled([256, 128], 'any', 2)]
    expect(device.show(() => t.matmul(a, b))).toContain('tiled')
    const wanted = largeProduct(evaluate(a), evaluate(b), [128, 256, 128])
    expectClose(await device.read(t.matmul(a, b)), wanted, { terms: 256, scale: 256 * 16 })
  })

  // of the last one, the slices are so many that their rows break anywhere
  it.each([
    [28, 8, 8, 10],
    [32, 8, 8, 12],
    [60, 6, 12, 9]
  ])('computes a convolution of %i images from %i to %i channels of side %i', async (n, c, o, s) => {
    const [x, w] = [filled([n, c, s, s], 'any', 1), filled([o, c, 3, 3], 'any', 2)]
    const convolve = (kernel: t.Tensor): t.Tensor => t.conv2d(kernel, { padding: 1 })(x)
    expect(device.show(convolve, w)).toContain('tiled')
    // slices that are merged, that another convolution reads, and that a gradient sums up
    const again = t.conv2d(filled([4, o, 3, 3], 'any', 3), { padding: 1 })(t.silu(t.add(convolve(w), 1)))
    const gradient = t.vjp(convolve, w)[1](filled([n, o, s, s], 'any', 4))
    for (const [result, terms] of [
      [convolve(w), 9 * c],
      [again, 81 * c * o],
      [gradient, n * s * s]
    ] as const)
      expectClose(await device.read(result), await loops.read(result), { terms, scale: 4 * terms })
  })
})
