import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { evaluate } from '../support/float64.ts'
import { filled } from '../support/arbitrary.ts'
import { gl } from '../support/gl.ts'
import { largeConvolution, largeProduct } from '../support/naive.ts'
import { expectAllReads, oddSizes } from '../support/sizes.ts'
import { expectClose } from '../support/tolerance.ts'

describe('[gl] tensors of odd sizes', () => {
  it.each(oddSizes.map((shape) => [shape]))('are held and computed: %j', async (shape) => {
    const device = await gl()
    const x = filled(shape, 'any', 1)
    expect(await device.read(device.compute(t.mul(x, 1)))).toEqual(Float32Array.from(evaluate(x)))
    await expectAllReads(device, shape)
  })

  // positions beyond 2²² must still divide exactly in float32
  it('keep their order beyond four million elements', async () => {
    const device = await gl()
    const x = device.compute(t.mul(t.iota([2051, 2049], { axis: 1 }), 1))
    const y = device.compute(t.reshape(x, [2049, 2051]))
    const numbers = await device.read(y)
    expect(numbers.findIndex((v, i) => v !== i % 2049)).toBe(-1)
    const turned = await device.read(t.permute(x, [1, 0]))
    expect(turned.findIndex((v, i) => v !== Math.floor(i / 2051))).toBe(-1)
  })
})

// what is large enough to be computed in tiles, to several targets at once, against loops
describe('[gl] large products', () => {
  const all: readonly (readonly [number, number, number])[] = [
    [128, 256, 128],
    [130, 200, 150],
    [64, 1000, 96],
    [257, 129, 65]
  ]
  it.each(all)('%i × %i × %i and its gradients', async (m, k, n) => {
    const device = await gl()
    const [a, b, ct] = [filled([m, k], 'any', 1), filled([k, n], 'any', 2), filled([m, n], 'any', 3)]
    const [y, pullback] = t.vjp(([p, q]: readonly t.Tensor[]) => t.matmul(p!, q!), [a, b])
    const [da, db] = pullback(ct)
    const [ofA, ofB, ofCt] = [a, b, ct].map(evaluate) as [Float64Array, Float64Array, Float64Array]
    const [turnedA, turnedB] = [t.transpose(a), t.transpose(b)].map(evaluate) as [Float64Array, Float64Array]
    expectClose(await device.read(y), largeProduct(ofA, ofB, [m, k, n]), { terms: k, scale: 16 * k })
    expectClose(await device.read(da!), largeProduct(ofCt, turnedB, [m, n, k]), { terms: n, scale: 16 * n })
    expectClose(await device.read(db!), largeProduct(turnedA, ofCt, [k, m, n]), { terms: m, scale: 16 * m })
  })

  it('let no NaN and no infinity out of their row', async () => {
    const device = await gl()
    const [m, k, n] = [129, 130, 131]
    const numbers = evaluate(filled([m, k], 'any', 1)).map((v, i) => (i % (10 * k) === 7 * k ? NaN : v))
    const [a, b] = [t.tensor(numbers, [m, k]), filled([k, n], 'any', 2)]
    const wanted = largeProduct(numbers, evaluate(b), [m, k, n])
    expect(wanted.some(Number.isNaN) && !wanted.every(Number.isNaN)).toBe(true)
    expectClose(await device.read(t.matmul(a, b)), wanted, { terms: k, scale: 16 * k })
  })
})

// weights lie as they are, with another axis in front, or in pairs, by how many channels there are
describe('[gl] convolutions in tiles', () => {
  const all: readonly (readonly [from: number, to: number, stride: number])[] = [
    [10, 10, 1],
    [6, 10, 1],
    [10, 6, 2],
    [9, 10, 1],
    [12, 8, 1],
    [10, 20, 2]
  ]
  it.each(all)('from %i to %i channels with stride %i, and their gradients', async (from, to, stride) => {
    const device = await gl()
    const [x, w] = [filled([23, from, 14, 14], 'any', 1), filled([to, from, 3, 3], 'any', 2)]
    const conv = ([v, y]: readonly t.Tensor[]) => t.conv2d(v!, { padding: 1, stride })(y!)
    const ct = filled(conv([w, x]).shape, 'any', 3)
    const [y, pullback] = t.vjp(conv, [w, x])
    const results = [y, ...pullback(ct)]
    const terms = 23 * 14 * 14
    for (const [i, result] of device.compute(results).entries())
      expectClose(await device.read(result), evaluate(results[i]!), { terms, scale: 16 * terms })
  })

  it('lie in one texture, and leave the slices to the next', async () => {
    const device = await gl()
    const twice = (w: t.Tensor, x: t.Tensor): t.Tensor => {
      const once = t.silu(t.conv2d(w, { padding: 1 })(x))
      return t.conv2d(w, { padding: 1 })(once)
    }
    const convolve = device.compile(twice)
    const [x, w] = [filled([32, 8, 14, 14], 'any', 1), filled([8, 8, 3, 3], 'any', 2)].map((y) =>
      device.compute(t.mul(y, 1))
    )
    expect(device.show(twice, w!, x!)).toMatch(/mul tiled .* : 8 x \[.*\n.* tiled .* : 8 x \[/)
    convolve(w!, x!)[Symbol.dispose]()
    const { live, created } = device.stats()
    for (let i = 0; i < 3; i++) convolve(w!, x!)[Symbol.dispose]()
    expect(device.stats()).toMatchObject({ live, created })
  })

  it('read their weights by pairs where four divides neither number of channels', async () => {
    const device = await gl()
    const [batch, from, to, side] = [4, 6, 10, 196]
    const conv = (w: t.Tensor, x: t.Tensor) => t.conv2d(w, { padding: 1 })(x)
    const [x, w] = [filled([batch, from, side, side], 'any', 1), filled([to, from, 3, 3], 'any', 2)]
    const ct = filled([batch, to, side, side], 'any', 3)
    const back = (v: t.Tensor, y: t.Tensor) => t.vjp((z: t.Tensor) => conv(v, z), x)[1](y)
    expect(device.show(conv, w, x)).toMatchInlineSnapshot(`
      "a = argument[4,6,196,196]
      b = argument[10,6,3,3]
      c = reshape sum tiled a b : 8 x [4,10,98,49]  #0
      d = reshape sum of slices c : [4,10,196,196]  #1
      return d"
    `)
    expect(device.show(back, w, ct)).toMatch(/barrier reshape permute reshape/)

    const turned = t.flip(t.permute(w, [1, 0, 2, 3]), { axes: [2, 3] })
    const numbers = { x: evaluate(x), w: evaluate(w), turned: evaluate(turned), ct: evaluate(ct) }
    const { y, dx } = device.compute({ y: conv(w, x), dx: back(w, ct) })
    const exactly = (terms: number) => ({ terms, scale: 16 * terms })
    expectClose(
      await device.read(y),
      largeConvolution(numbers.x, numbers.w, [batch, from, to, side]),
      exactly(9 * from)
    )
    expectClose(
      await device.read(dx),
      largeConvolution(numbers.ct, numbers.turned, [batch, to, from, side]),
      exactly(9 * to)
    )
  })
})
