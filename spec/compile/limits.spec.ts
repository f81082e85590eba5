import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { layoutOf } from '../../lib/compile/layout.ts'
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
      'device: a tensor [65537] wants a texture of 128x129, this device has 128x128'
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
    return expectAgreement(device, [sum, t.concat(many), t.stack(many, 1)])
  })

  it('computes large products in as many targets as it has', async () => {
    const [a, b] = [filled([128, 256], 'any', 1), filled([256, 128], 'any', 2)]
    expect(device.show(() => t.matmul(a, b))).toContain('tiled')
    const wanted = largeProduct(evaluate(a), evaluate(b), [128, 256, 128])
    expectClose(await device.read(t.matmul(a, b)), wanted, { terms: 256, scale: 256 * 16 })
  })
})
