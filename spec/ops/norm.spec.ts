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

  it('is as exact where one value is like no other, wherever it stands', async () => {
    for (const before of [0, 400, 783]) {
      const outlier = t.reshape(t.pad(t.full([4, 1], 1e4), [0, [before * 10, elements - 1 - before * 10]]), picture)
      const largest = Math.sqrt(elements)
      expect(await worst(t.add(t.normal(t.key(1), picture), outlier))).toBeLessThan(16 * unit * largest)
    }
  })

  it('of 2^20 values, the first of which is the outlier, is right', async () => {
    const device = await gl()
    const n = 1 << 20
    const x = t.add(t.mul(t.normal(t.key(2), [n]), 1e-3), t.pad(t.tensor([1e4]), [[0, n - 1]]))
    const y = t.layerNorm({ weight: t.ones([n]), bias: t.zeros([n]) })(x)
    const [first] = await device.read(t.slice(y, [[0, 1]]))
    expect(Math.abs(first! / Math.sqrt(n) - 1)).toBeLessThan(16 * unit)
  })

  it('reads its input twice for its statistics: for the mean, and for sums and squares, which are one kernel', async () => {
    const device = await gl()
    const layer = (x: t.Tensor, weight: t.Tensor, bias: t.Tensor) => t.layerNorm({ weight, bias })(x)
    expect(device.show(layer, t.ones([4, 3, 5, 5]), t.ones([3, 5, 5]), t.ones([3, 5, 5]))).toMatchInlineSnapshot(`
      "a = argument[4,3,5,5]
      b = argument[3,5,5]
      c = argument[3,5,5]
      e = mul a : [4,1,1,1]  #0
      f, g = mul + div a e : [4,1,1,1]  #1
      d = add a e f g b c : [4,3,5,5]  #2
      return d"
    `)
    const large = device.show(layer, t.ones([128, 10, 28, 28]), t.ones([10, 28, 28]), t.ones([10, 28, 28]))
    expect(large).toMatchInlineSnapshot(`
      "a = argument[128,10,28,28]
      b = argument[10,28,28]
      c = argument[10,28,28]
      j = store sum a : [128,10,28,1]  #0
      e = mul j : [128,1,1,1]  #1
      h, i = store sum + store sum a e : [128,10,28,1]  #2
      f, g = mul + div h i : [128,1,1,1]  #3
      d = add a e f g b c : [128,10,28,28]  #4
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
      g = mul c : [4,1,1,1]  #0
      h, m, i = mul + sqrt + div c g : [4,1,1,1]  #1
      j, k = mul + mul a b c g h i m : [4,1,1,1]  #2
      d = add j c g a b i k : [4,3,5,5]  #3
      e, f = reshape sum + reshape sum a c g h i : [3,5,5]  #4
      return d, e, f"
    `)
  })
})
