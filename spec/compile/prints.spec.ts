import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { letters } from '../../lib/core/show.ts'
import { gl } from '../support/gl.ts'

describe('graphs', () => {
  it('print as short programs', () => {
    const f = (x: t.Tensor) => t.mean(t.silu(t.slice(x, [[1], [0, 4, 2]])))
    expect(t.showGraph([f(t.iota([3, 4], { axis: 1 }))])).toMatchInlineSnapshot(`
      "a = iota axis 1 : [3,4]
      b = slice a [1,0] [2,2] [1,2] : [2,2]
      c = sigmoid b : [2,2]
      d = mul b c : [2,2]
      e = sum d [0,1] : [1,1]
      f = full 0.25 : []
      g = reshape f [1,1] : [1,1]
      h = expand g [1,1] : [1,1]
      i = mul e h : [1,1]
      j = reshape i [] : []
      return j"
    `)
  })

  it('print with their gradients', () => {
    const x = t.tensor([1, 2, 3])
    const [y, dx] = t.valueAndGrad((v: t.Tensor) => t.sum(t.square(v)))(x)
    expect(t.showGraph([y, dx])).toMatchInlineSnapshot(`
      "a = value : [3]
      b = identity a : [3]
      c = mul b b : [3]
      d = sum c [0] : [1]
      e = reshape d [] : []
      f = full 1 : []
      g = reshape f [1] : [1]
      h = expand g [3] : [3]
      i = mul h b : [3]
      j = mul h b : [3]
      k = add i j : [3]
      return e, k"
    `)
  })

  it('name their nodes a to z, then aa', () => {
    expect([0, 25, 26, 51, 52, 701, 702].map(letters)).toEqual(['a', 'z', 'aa', 'az', 'ba', 'zz', 'aaa'])
  })
})

describe('[gl] plans', () => {
  it('print a line for each kernel', async () => {
    const device = await gl()
    const layer = (w: t.Tensor, x: t.Tensor) => t.softmax(t.silu(t.matmul(x, w)))
    expect(device.show(layer, t.ones([6, 5]), t.ones([9, 6]))).toMatchInlineSnapshot(`
      "a = argument[9,6]
      b = argument[6,5]
      d = mul a b : [9,5]  #0
      e = max d : [9,1]  #1
      f = sum d e : [9,1]  #2
      c = div d e f : [9,5]  #3
      return c"
    `)
  })

  it('are one kernel where movements and pointwise functions meet', async () => {
    const device = await gl()
    const f = (x: t.Tensor) =>
      t.add(t.flip(t.transpose(t.sin(x)), { axes: 0 }), t.pad(t.exp(t.slice(x, [[0, 3]])), [0, [0, 1]]))
    expect(device.show(f, t.ones([4, 3]))).toMatchInlineSnapshot(`
      "a = argument[4,3]
      b = add a : [3,4]  #0
      return b"
    `)
  })
})
