import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { filled } from '../support/arbitrary.ts'
import { evaluate } from '../support/float64.ts'
import { gl } from '../support/gl.ts'
import { differences } from '../support/laws.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'

const picture = [4, 10, 28, 28]
const elements = 10 * 28 * 28
const normalise = t.layerNorm({ weight: t.ones(picture.slice(1)), bias: t.zeros(picture.slice(1)) }, { eps: 0 })

/** The largest difference between the device's float32 and float64 over the same numbers. */
const worst = async (x: t.Tensor): Promise<number> => {
  const device = await gl()
  const held = device.compute(x)
  const exact = evaluate(normalise(t.reference.compute(held)))
  const found = await device.read(normalise(held))
  return Math.max(...Array.from(found, (v, i) => Math.abs(v - exact[i]!)))
}

/** Shapes whose statistics are those of all elements at once, of segments (also of these), and around their mean. */
const shapes: readonly (readonly [x: t.Shape, weight: t.Shape])[] = [
  [[3, 5], [5]],
  [
    [2, 6, 50],
    [6, 50]
  ],
  [
    [2, 3, 2, 60],
    [2, 60]
  ],
  [
    [2, 1, 70, 4],
    [1, 70, 4]
  ],
  [
    [2, 9, 9, 9, 10],
    [9, 9, 9, 10]
  ],
  [[2, 300], [300]],
  [
    [2, 2, 257],
    [2, 257]
  ],
  [[2, 0], [0]],
  [[0, 7], [7]]
]

const normed = (x: Float64Array, size: number): readonly number[] =>
  Array.from(x, (v, i) => {
    const row = x.slice(size * Math.floor(i / size), size * Math.floor(i / size + 1))
    const mean = row.reduce((a, b) => a + b, 0) / size
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / size
    return (v - mean) / Math.sqrt(variance + 1e-5)
  })

describe.each(shapes)('layer norm of %j by %j', (shape, over) => {
  const [x, weight, bias] = [filled(shape, 'any', 1), filled(over, 'any', 2), filled(over, 'any', 3)]
  const size = over.reduce((a, b) => a * b, 1)

  it('is what its formula says', () => {
    const plain = t.layerNorm({ weight: t.ones(over), bias: t.zeros(over) })(x)
    expectClose(evaluate(plain), normed(evaluate(x), size), { unit: unit64, scale: 64, terms: size })
  })

  it('has the gradient of its values, and that has, too', () => {
    const layer = ([a, w, b]: readonly t.Tensor[]): t.Tensor => t.layerNorm({ weight: w!, bias: b! })(a!)
    differences(layer, [x, weight, bias], 20)
    const ct = filled(shape, 'any', 30)
    const gradient = ([c, a]: readonly t.Tensor[]): t.Tensor =>
      t.vjp((y: t.Tensor) => t.layerNorm({ weight, bias })(y), a!)[1](c!)
    differences(gradient, [ct, x], 40)
  })
})

describe.each<readonly [x: t.Shape, groups: number]>([
  [[2, 4, 3], 2],
  [[2, 6, 3, 5], 1],
  [[1, 6, 2, 2], 6],
  [[3, 4], 2],
  [[2, 8, 9, 9], 2]
])('group norm of %j in %d groups', (shape, groups) => {
  const channels = shape[1]!
  const [x, weight, bias] = [filled(shape, 'any', 1), filled([channels], 'any', 2), filled([channels], 'any', 3)]
  const size = shape.slice(1).reduce((a, b) => a * b, 1) / groups

  it('is what its formula says', () => {
    const plain = normed(evaluate(x), size)
    const [gains, offsets] = [evaluate(weight), evaluate(bias)]
    const pixels = shape.slice(2).reduce((a, b) => a * b, 1)
    const channelOf = (i: number) => Math.floor(i / pixels) % channels
    const expected = plain.map((v, i) => v * gains[channelOf(i)]! + offsets[channelOf(i)]!)
    expectClose(evaluate(t.groupNorm(x, { weight, bias }, { groups })), expected, { unit: unit64, scale: 640, terms: size }) // prettier-ignore
  })

  it('has the gradient of its values', () => {
    const layer = ([a, w, b]: readonly t.Tensor[]): t.Tensor => t.groupNorm({ weight: w!, bias: b! }, { groups })(a!)
    differences(layer, [x, weight, bias], 20)
  })

  it('[gl] is the same there', async () => {
    const y = t.groupNorm(x, { weight, bias }, { groups })
    expectClose(await (await gl()).read(y), evaluate(y), { unit, scale: 16, terms: size })
  })
})

describe('group norm', () => {
  const params = { weight: t.ones([6]), bias: t.zeros([6]) }
  const x = filled([2, 6, 4, 4], 'any', 1)

  it('with one group is layer norm over all but the first axis', () => {
    const layer = t.layerNorm(x, { weight: t.ones([6, 4, 4]), bias: t.zeros([6, 4, 4]) })
    expectClose(evaluate(t.groupNorm(x, params, { groups: 1 })), evaluate(layer), { unit: unit64 })
  })

  it('says what is wrong', () => {
    expect(() => t.groupNorm(x, params, { groups: 4 })).toThrow(
      'groupNorm: 4 groups do not divide the channels of [2,6,4,4]'
    )
    expect(() => t.groupNorm(x, params, { groups: 0 })).toThrow(
      'groupNorm: groups is a whole number of at least 1, not 0'
    )
    expect(() => t.groupNorm(t.ones([6]), params, { groups: 1 })).toThrow('groupNorm: 1 groups do not divide')
    expect(() => t.groupNorm(t.ones([2, 4, 1]), params, { groups: 1 })).toThrow(
      'groupNorm: weight [6] and bias [6] have a number for each channel of [2,4,1]'
    )
  })
})

describe('[gl] layer norm', () => {
  it('of a picture around ten thousand keeps four digits', async () => {
    expect(await worst(t.add(t.normal(t.key(0), picture), 1e4))).toBeLessThan(4e-4)
  })

  it.each([1, 28])('is as exact where %i values are like no others, wherever they stand', async (count) => {
    for (const row of [0, 140, 279]) {
      const around = [row * 28, elements - count - row * 28] as const
      const outlier = t.reshape(t.pad(t.full([4, count], 1e4), [0, around]), picture)
      // the variance of a segment of 28 loses as many roundings, twice
      const largest = Math.sqrt(elements)
      expect(await worst(t.add(t.normal(t.key(1), picture), outlier))).toBeLessThan(72 * unit * largest)
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

  it('reads its input once for its statistics: sums and squares of segments are one kernel', async () => {
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
      h, i = barrier add + barrier sub a : [128,10,28,1]  #0
      e, f = add + div h i : [128,1,1,1]  #1
      d = add a e f b c : [128,10,28,28]  #2
      return d"
    `)
  })

  it('looks once at its input for each picture’s sums in its gradients, and once for those of the batch', async () => {
    const device = await gl()
    const step = (x: t.Tensor, weight: t.Tensor, bias: t.Tensor, ct: t.Tensor) => {
      const layer = ({ x: y, ...params }: t.LayerNormParams & { readonly x: t.Tensor }) => t.layerNorm(y, params)
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
