import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import type { Device } from '../../lib/index.ts'
import { expectAgreement } from '../support/agree.ts'

const gl = await t.device({ name: 'headlessgl' })
const others = [await t.device({ name: 'cpu' }), await t.device({ name: 'webasm' })]

/** Small cases that went wrong once, each with what it was about. */
const cases: Readonly<Record<string, () => readonly t.Tensor[]>> = {
  // the backend recomputed x with other rounding than the maximum had seen, and found no largest element: 0 / 0
  'the gradient of a maximum of something computed': () => {
    const f = (x: t.Tensor) => t.sum(t.max(t.sub(x, t.mean(x)), { axes: 0 }))
    return [t.grad(f)(t.tensor([[0.1, 0.7], [0.3, 0.6], [0.2, -0.5]]))] // prettier-ignore
  },
  // an index that a guard drops was read all the same
  'a function of a padded tensor': () => {
    const f = (x: t.Tensor) => t.sum(t.mul(t.exp(t.slice(x, [[1]])), t.tensor([3])))
    return [t.grad(f)(t.tensor([1, 2]))]
  },
  // two kernels of one text, one of which got a buffer that it never reads
  'a buffer whose every load is dropped': () => {
    const front = (x: t.Tensor) => t.slice(t.pad(x, [[3, 0]]), [[0, 3]])
    const y = t.tensor([4, 5, 6])
    return [t.exp(t.add(y, front(t.tensor([1, 2, 3])))), t.exp(t.add(y, front(t.zeros([3]))))]
  },
  // the driver crashed on max(max(vec4, float), constant)
  'a maximum that meets only padding': () => {
    const x = t.tensor([[1, 2, 3]])
    return [t.max(t.pad(x, [[2, 0], [3, 0]]), { axes: 0, keepDims: true })] // prettier-ignore
  },
  // neither can be written down in GLSL
  'NaN and infinity as constants': () => [
    t.add(t.tensor([1, 2]), NaN),
    t.stack([t.full([], Infinity), t.full([], -Infinity), t.full([], NaN)]),
    t.maximum(t.tensor([1, 2]), -Infinity)
  ],
  'a maximum over nothing but -Infinity': () => [
    t.max(t.full([5, 3], -Infinity), { axes: 0 }),
    t.max(t.full([5, 3], -Infinity), { axes: 1 }),
    t.max(t.stack([t.tensor([-Infinity, 1]), t.tensor([-Infinity, -Infinity])]), { axes: 0 })
  ],
  // gpu.js had taken the first call's parameter for a float, and the loop's counter in the second for an integer
  'a comparison of values beside the end of a padding': () => {
    const [x, padded] = [t.tensor([1, -2]), t.pad(t.tensor([3]), [[0, 1]])]
    const positive = t.select(t.less(0, t.sin(x)), x, 0)
    return [t.sum(t.mul(t.mul(x, positive), padded)), t.sum(t.mul(padded, positive))]
  },
  // movements do no work, so nothing ended their chain
  'twenty thousand movements on end': () => {
    let x: t.Tensor = t.tensor([1, 2, 3])
    for (let i = 0; i < 20_001; i++) x = t.flip(x, { axes: 0 })
    return [x]
  },
  // a walk over the expression visited the parts it shares again and again
  'an expression that uses itself twice, forty times over': () => {
    let x: t.Tensor = t.tensor([1, 2, 3])
    for (let i = 0; i < 40; i++) x = t.mul(t.add(x, x), 0.5)
    return [x]
  }
}

const devices: readonly (readonly [string, Device])[] = [gl, ...others].map((d) => [d === gl ? '[gl]' : d.name, d])

describe.each(devices)('held numbers, %s', (_, device) => {
  it('stay with their tensor when an expression that merely passes them on is read', async () => {
    const x = device.compute(t.exp(t.tensor([1, 2])))
    const first = await device.read(t.mul(t.add(x, 0), 1))
    expect(await device.read(x)).toEqual(first)
  })

  it('are what a compiled function gives for each argument that is no tensor', async () => {
    const apply = device.compile((x: t.Tensor, f: (x: t.Tensor) => t.Tensor, n: number) => t.mul(f(x), 1 / n))
    expect(await device.read(apply(t.scalar(4), t.sqrt, 2))).toEqual(Float32Array.of(1))
    expect(await device.read(apply(t.scalar(4), t.neg, 2))).toEqual(Float32Array.of(-2))
    expect(await device.read(apply(t.scalar(-4), t.neg, Infinity))).toEqual(Float32Array.of(0))
    expect(await device.read(apply(t.scalar(4), t.neg, NaN))).toEqual(Float32Array.of(NaN))
  })
})

describe('cases found', () => {
  it.each(Object.entries(cases))('[gl] %s', async (_, make) => expectAgreement(gl, make()))
  it.each(Object.entries(cases))('%s', async (_, make) => {
    for (const device of others) await expectAgreement(device, make())
  })
})

// the driver ended the loops of a kernel after 65,535 rounds: one long axis, several of them, a sum of a sum
describe('[gl] reductions of very many terms', () => {
  const ones = (shape: readonly number[]) => t.add(t.mul(t.iota(shape, { axis: shape.length - 1 }), 0), 1)
  const grid = t.mul(ones([4096, 1, 1]), t.expand(ones([1, 307, 1]), [1, 307, 311]))
  const reductions: Readonly<Record<string, readonly [t.Tensor, number]>> = {
    'a long vector': [t.sum(ones([600_001])), 600_001],
    'the largest of a long vector': [t.max(t.iota([600_001])), 600_000],
    'two axes': [t.sum(grid, { axes: [1, 2] }), 307 * 311],
    'a sum of a sum': [t.sum(t.sum(grid, { axes: 2 }), { axes: 1 }), 307 * 311],
    'the largest over two axes': [t.max(t.mul(grid, t.iota([1, 307, 1], { axis: 1 })), { axes: [1, 2] }), 306]
  }
  it.each(Object.entries(reductions))('%s', async (_, [reduced, each]) => {
    const values = await gl.read(reduced)
    expect(new Set(values)).toEqual(new Set([each]))
  })
})
