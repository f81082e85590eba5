import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { evaluate } from '../support/float64.ts'
import { gl } from '../support/gl.ts'
import { unit } from '../support/tolerance.ts'

const picture = [4, 10, 28, 28]
const elements = 10 * 28 * 28
const normalise = t.layerNorm({ weight: t.ones(picture.slice(1)), bias: t.zeros(picture.slice(1)) }, 0)

/** The largest difference between the device's float32 and float64 over the same numbers. */
const worst = async (x: t.Tensor): Promise<number> => {
  const device = await gl()
  const held = device.compute(x)
  const exact = evaluate(normalise(t.reference.compute(held)))
  const found = await device.read(normalise(held))
  return Math.max(...Array.from(found, (v, i) => Math.abs(v - exact[i]!)))
}

describe('[gl] layer norm', () => {
  it('of a picture around ten thousand keeps four digits', async () => {
    expect(await worst(t.add(t.normal(t.key(0), picture), 1e4))).toBeLessThan(4e-4)
  })

  // n values have a variance of at least a n-th of the squared distance of any of them from their mean
  it('loses no more than some n roundings where the value that the others are shifted by is like no other', async () => {
    const first = t.pad(t.full([4, 1, 1, 1], 1000), [0, [0, 9], [0, 27], [0, 27]])
    const largest = Math.sqrt(elements)
    expect(await worst(t.add(t.normal(t.key(1), picture), first))).toBeLessThan(8 * elements * unit * largest)
  })

  it('reads its input once for its statistics: sums and squares are one kernel', async () => {
    const device = await gl()
    const layer = (x: t.Tensor, weight: t.Tensor, bias: t.Tensor) => t.layerNorm({ weight, bias })(x)
    expect(device.show(layer, t.ones([4, 3, 5, 5]), t.ones([3, 5, 5]), t.ones([3, 5, 5]))).toMatchInlineSnapshot(`
      "a = argument[4,3,5,5]
      b = argument[3,5,5]
      c = argument[3,5,5]
      e, f = mul + div a : [4,1,1,1]  #0
      d = add a e f b c : [4,3,5,5]  #1
      return d"
    `)
    const large = device.show(layer, t.ones([128, 10, 28, 28]), t.ones([10, 28, 28]), t.ones([10, 28, 28]))
    expect(large).toMatchInlineSnapshot(`
      "a = argument[128,10,28,28]
      b = argument[10,28,28]
      c = argument[10,28,28]
      g, h = store sum + store sum a : [128,10,28,1]  #0
      e, f = mul + div g h : [128,1,1,1]  #1
      d = add a e f b c : [128,10,28,28]  #2
      return d"
    `)
  })

  it('takes three kernels for its gradients: sums over a picture, sums over the batch, and what is left', async () => {
    const device = await gl()
    const step = (x: t.Tensor, weight: t.Tensor, bias: t.Tensor, ct: t.Tensor) => {
      const layer = (all: t.LayerNorm & { readonly x: t.Tensor }) => t.layerNorm(all)(all.x)
      return t.vjp(layer, { x, weight, bias })[1](ct)
    }
    const [x, weight] = [t.ones([4, 3, 5, 5]), t.ones([3, 5, 5])]
    expect(device.show(step, x, weight, weight, x)).toMatchInlineSnapshot(`
      "a = argument[4,3,5,5]
      b = argument[3,5,5]
      c = argument[4,3,5,5]
      g, l, h = mul + sqrt + div c : [4,1,1,1]  #0
      i, j = mul + mul a b c g h l : [4,1,1,1]  #1
      d = add i c a b h j : [4,3,5,5]  #2
      e, f = reshape sum + reshape sum a c g h : [3,5,5]  #3
      return d, e, f"
    `)
  })
})
