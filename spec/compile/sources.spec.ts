import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { gl } from '../support/gl.ts'

const x = t.ones([16, 8, 14, 14])
const w = t.ones([8, 8, 3, 3])
const conv = (weight: t.Tensor, images: t.Tensor): t.Tensor => t.conv2d(weight, { padding: 1 })(images)

/** One of each family of kernels, each a function and what it is traced for. */
const families: Readonly<Record<string, readonly [f: (...args: readonly t.Tensor[]) => unknown, ...t.Tensor[]]>> = {
  // no address but the fragment's own, several results
  pointwise: [(a, b) => [t.silu(t.add(a, b)), t.mul(a, b)], t.ones([5, 7]), t.ones([5, 7])],
  // numbers that lie in other lanes
  transpose: [(a) => t.exp(t.transpose(a)), t.ones([5, 7])],
  // channels that only the running kernel knows
  gather: [(table, rows) => t.take(table, rows), t.ones([5, 7]), t.ones([3])],
  // two stages, the second with what follows from it
  statistics: [(a) => t.sqrt(t.variance(a, { axes: [1, 2, 3], keepDims: true })), t.ones([128, 20, 14, 14])],
  // several results a fragment, and their merge with bias and activation
  convolution: [(a, b, c) => t.silu(t.add(conv(b, a), t.reshape(c, [8, 1, 1]))), x, w, t.ones([8])],
  // products under conditions that neighbours share
  'input gradient': [(a, b, c) => t.grad((v: t.Tensor) => t.sum(t.mul(conv(b, v), c)))(a), x, w, x],
  // a reduction over the lanes
  'weight gradient': [(a, b) => t.grad((v: t.Tensor) => t.sum(t.square(conv(v, a))))(b), x, w]
}

describe('[gl] sources of kernels', () => {
  it.each(Object.entries(families))('%s', async (name, [f, ...args]) => {
    const device = await gl()
    const text = device.showSource(f, ...args)
    await expect(`${text}\n`).toMatchFileSnapshot(`sources/${name.replace(' ', '-')}.glsl`)
  })
})
