import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import * as p from '../../lib/core/primitives.ts'
import { sizeOf, type Shape } from '../../lib/core/shape.ts'
import { filled } from '../support/arbitrary.ts'
import { gl } from '../support/gl.ts'
import { rows } from '../support/rows.ts'

// Axes of size 0, as in NumPy: what has no elements is computed everywhere, a sum of nothing is 0, a mean NaN.

interface Case {
  readonly from: readonly Shape[]
  readonly op: (...xs: readonly t.Tensor[]) => t.Tensor
  readonly to: Shape
  /** All elements, where there are some; 0 unless told. */
  readonly value?: number
}

const windows = { axes: [1], size: [2], stride: [1], dilation: [1] }
const unary = Object.entries(rows).flatMap(([name, { row }]): readonly (readonly [string, Case])[] => {
  const op = p[name as keyof typeof p] as unknown
  return typeof op === 'function' && 'row' in op && row === op.row && /^(identity|stopGradient|neg|exp|log|sqrt|sin|cos|sigmoid|tanh|floor)$/.test(name)
    ? [[name, { from: [[0, 3]], op: (x) => (op as p.Unary)(x), to: [0, 3] }]]
    : []
}) // prettier-ignore
const binary = { add: t.add, sub: t.sub, mul: t.mul, div: t.div, maximum: t.maximum, less: t.less, lessEqual: t.lessEqual, equal: t.equal } // prettier-ignore

const cases: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(unary),
  ...Object.fromEntries(
    Object.entries(binary).map(([name, op]) => [name, { from: [[0, 3], [2, 1, 1]], op: (x, y) => op(x, y), to: [2, 0, 3] }]) // prettier-ignore
  ),
  select: { from: [[0], [1], [2, 1]], op: (c, x, y) => t.select(c, x, y), to: [2, 0] },
  reshape: { from: [[0, 3]], op: (x) => t.reshape(x, [5, 0, 2]), to: [5, 0, 2] },
  'reshape with -1': { from: [[0, 3]], op: (x) => t.reshape(x, [-1, 6]), to: [0, 6] },
  permute: { from: [[2, 0, 3]], op: (x) => t.permute(x, [2, 0, 1]), to: [3, 2, 0] },
  transpose: { from: [[2, 0]], op: (x) => t.transpose(x), to: [0, 2] },
  flip: { from: [[2, 0]], op: (x) => t.flip(x, { axes: [0, 1] }), to: [2, 0] },
  'slice to nothing': { from: [[4, 3]], op: (x) => t.slice(x, [[2, 2]]), to: [0, 3] },
  'slice to nothing at the end, in steps': { from: [[4]], op: (x) => t.slice(x, [[4, 4, 3]]), to: [0] },
  'slice of nothing': { from: [[0, 3]], op: (x) => t.slice(x, [[], 1]), to: [0, 1] },
  'pad of nothing': { from: [[0, 3]], op: (x) => t.pad(x, [[1, 2], 1]), to: [3, 5] },
  'pad of nothing with gaps': {
    from: [[0, 2]],
    op: (x) => p.pad(x, { before: [1, 0], after: [1, 0], gap: [2, 2] }),
    to: [2, 4]
  },
  'pad beside nothing': { from: [[3, 0]], op: (x) => t.pad(x, [1]), to: [5, 0] },
  expand: { from: [[1, 3]], op: (x) => t.expand(x, [0, 3]), to: [0, 3] },
  'concat of nothing': { from: [[0, 3], [0, 3]], op: (...xs) => t.concat(xs), to: [0, 3] }, // prettier-ignore
  'concat with nothing': { from: [[0, 2], [0, 2]], op: (x, y) => t.concat([x, t.ones([2, 2]), y]), to: [2, 2], value: 1 }, // prettier-ignore
  'concat of many, nothing among them': {
    from: [[0, 2]],
    op: (x) => t.concat(Array.from({ length: 40 }, (_, i) => (i % 2 ? x : t.ones([1, 2])))),
    to: [20, 2],
    value: 1
  },
  stack: { from: [[0], [0]], op: (...xs) => t.stack(xs, { axis: 1 }), to: [0, 2] }, // prettier-ignore
  'take of nothing': { from: [[4, 2]], op: (x) => t.take(x, t.tensor([])), to: [0, 2] },
  'take of nothing out of nothing': { from: [[0, 2]], op: (x) => t.take(x, t.tensor([])), to: [0, 2] },
  'take of rows without elements': { from: [[4, 0]], op: (x) => t.take(x, t.tensor([1, 3])), to: [2, 0] },
  window: { from: [[0, 5]], op: (x) => p.window(x, windows), to: [0, 4, 2] },
  overlapAdd: { from: [[0, 4, 2]], op: (x) => p.overlapAdd(x, windows, [0, 5]), to: [0, 5] },
  'overlapAdd of no windows': { from: [[2, 0, 2]], op: (x) => p.overlapAdd(x, windows, [2, 1]), to: [2, 1] },
  'sum of nothing': { from: [[3, 0]], op: (x) => t.sum(x, { axes: 1 }), to: [3] },
  'sum of nothing at all': { from: [[0, 0]], op: (x) => t.sum(x), to: [] },
  'sum beside nothing': { from: [[3, 0]], op: (x) => t.sum(x, { axes: 0 }), to: [0] },
  'mean of nothing': { from: [[3, 0]], op: (x) => t.mean(x, { axes: 1 }), to: [3], value: NaN },
  'mean beside nothing': { from: [[3, 0]], op: (x) => t.mean(x, { axes: 0, keepDims: true }), to: [1, 0] },
  'variance of nothing': { from: [[3, 0]], op: (x) => t.variance(x, { axes: 1 }), to: [3], value: NaN },
  'max beside nothing': { from: [[3, 0]], op: (x) => t.max(x, { axes: 0 }), to: [0] },
  'min beside nothing': { from: [[3, 0, 2]], op: (x) => t.min(x, { axes: [0, 2] }), to: [0] },
  softmax: { from: [[3, 0]], op: (x) => t.softmax(x), to: [3, 0] },
  logSoftmax: { from: [[0, 3]], op: (x) => t.logSoftmax()(x), to: [0, 3] },
  mse: { from: [[0, 2], [0, 2]], op: (x, y) => t.mse(x, y), to: [], value: NaN }, // prettier-ignore
  crossEntropy: { from: [[0, 2]], op: (x) => t.crossEntropy(x, t.tensor([])), to: [], value: NaN },
  'matmul over nothing': { from: [[2, 0], [0, 3]], op: (x, y) => t.matmul(x, y), to: [2, 3] }, // prettier-ignore
  'matmul of no rows': { from: [[0, 2], [2, 3]], op: (x, y) => t.matmul(x, y), to: [0, 3] }, // prettier-ignore
  'matmul of no matrices': { from: [[0, 2, 2], [2, 3]], op: (x, y) => t.matmul(x, y), to: [0, 2, 3] }, // prettier-ignore
  'matmul of vectors': { from: [[0], [0]], op: (x, y) => t.matmul(x, y), to: [] }, // prettier-ignore
  linear: { from: [[2, 0], [3, 0], [3]], op: (x, w, b) => t.sub(t.linear({ weight: w, bias: b })(x), b), to: [2, 3] }, // prettier-ignore
  'conv2d of no images': { from: [[0, 2, 5, 5], [3, 2, 3, 3]], op: (x, w) => t.conv2d(w, { padding: 1 })(x), to: [0, 3, 5, 5] }, // prettier-ignore
  'conv2d of no channels': { from: [[2, 0, 5, 5], [3, 0, 3, 3]], op: (x, w) => t.conv2d(w)(x), to: [2, 3, 3, 3] }, // prettier-ignore
  'conv2d to no channels': { from: [[2, 1, 5, 5], [0, 1, 3, 3]], op: (x, w) => t.conv2d(w)(x), to: [2, 0, 3, 3] }, // prettier-ignore
  'conv2d of no rows': { from: [[2, 1, 0, 5], [3, 1, 3, 3]], op: (x, w) => t.conv2d(w, { padding: 2 })(x), to: [2, 3, 2, 7] }, // prettier-ignore
  "conv2d of no rows, 'same'": { from: [[2, 1, 0, 5], [3, 1, 3, 3]], op: (x, w) => t.conv2d(w, { padding: 'same', stride: 2 })(x), to: [2, 3, 0, 3] }, // prettier-ignore
  'convTranspose2d of no images': { from: [[0, 2, 3, 3], [2, 1, 2, 2]], op: (x, w) => t.convTranspose2d(w, { stride: 2 })(x), to: [0, 1, 6, 6] }, // prettier-ignore
  'convTranspose2d of no channels': { from: [[1, 0, 3, 3], [0, 1, 2, 2]], op: (x, w) => t.convTranspose2d(w)(x), to: [1, 1, 4, 4] }, // prettier-ignore
  'convTranspose2d of no rows': { from: [[1, 1, 0, 3], [1, 1, 3, 3]], op: (x, w) => t.convTranspose2d(w)(x), to: [1, 1, 2, 5] }, // prettier-ignore
  "convTranspose2d of no rows, 'same'": { from: [[1, 1, 0, 3], [1, 1, 1, 3]], op: (x, w) => t.convTranspose2d(w, { padding: 'same', stride: 2 })(x), to: [1, 1, 0, 6] }, // prettier-ignore
  layerNorm: { from: [[0, 3], [3], [3]], op: (x, weight, bias) => t.layerNorm({ weight, bias })(x), to: [0, 3] }, // prettier-ignore
  'layerNorm of nothing': { from: [[3, 0], [0], [0]], op: (x, weight, bias) => t.layerNorm({ weight, bias })(x), to: [3, 0] }, // prettier-ignore
  full: { from: [], op: () => t.full([2, 0], 7), to: [2, 0] },
  'full of what has no text': { from: [], op: () => t.full([0], Infinity), to: [0] },
  iota: { from: [], op: () => t.iota([2, 0], { axis: 1 }), to: [2, 0] },
  'iota beside nothing': { from: [], op: () => t.iota([2, 0], { axis: 0 }), to: [2, 0] },
  tensor: { from: [], op: () => t.tensor([[], []]), to: [2, 0] },
  normal: { from: [], op: () => t.normal(t.key(0), [0, 2]), to: [0, 2] },
  uniform: { from: [], op: () => t.uniform(t.key(0), [0]), to: [0] },
  randint: { from: [], op: () => t.randint(t.key(0), [3, 0], { high: 9 }), to: [3, 0] },
  permutation: { from: [], op: () => t.permutation(t.key(0), 0), to: [0] },
  // what follows from them is computed with the others
  'a training step': {
    from: [[0, 3], [3, 4]], // prettier-ignore
    op: (x, w) => t.grad((v: t.Tensor) => t.sum(t.square(t.silu(t.matmul(x, v)))))(w),
    to: [3, 4]
  }
}

const devices: readonly (readonly [name: string, open: () => Promise<t.Device>])[] = [
  ['reference', () => Promise.resolve(t.reference)],
  ['[gl]', gl],
  ['cpu', () => t.device({ name: 'cpu' })],
  ['webasm', () => t.device({ name: 'webasm' })]
]

/** The result and the cotangents of all inputs, of a cotangent that is 1 everywhere. */
const resultsOf = ({ op }: Case, xs: readonly t.Tensor[]): readonly t.Tensor[] => {
  const [y, pullback] = t.vjp((inputs: readonly t.Tensor[]) => op(...inputs), xs)
  return [y, ...pullback(t.ones(y.shape))]
}

describe.each(devices)('without elements, %s', (_, open) => {
  it.each(Object.entries(cases))('%s', async (_name, given) => {
    const device = await open()
    const xs = given.from.map((shape, i) => filled(shape, 'positive', i))
    const [y, ...cts] = resultsOf(given, xs)
    expect(y!.shape).toEqual(given.to)
    expect(Array.from(await device.read(y!))).toEqual(new Array(sizeOf(given.to)).fill(given.value ?? 0))
    expect(cts.map(({ shape }) => shape)).toEqual(given.from)
    const wanted = await Promise.all(cts.map((ct) => t.reference.read(ct)))
    // at once, as arguments, and given up
    const compiled = device.compile((...inputs: readonly t.Tensor[]) => resultsOf(given, inputs), { donate: xs.map((_x, i) => i) }) // prettier-ignore
    for (const results of [device.compute([y!, ...cts]), compiled(...xs.map((x) => device.compute(t.mul(x, 1))))]) {
      const found = await Promise.all(results.map((x) => device.read(x)))
      expect(found.slice(1).map((x) => Array.from(x))).toEqual(wanted.map((x) => Array.from(x)))
      expect(found[0]!.length).toBe(sizeOf(given.to))
    }
  })

  it('is read in every form, and passed on', async () => {
    const device = await open()
    const x = device.compute(t.mul(t.ones([2, 0, 3]), 2))
    expect(await device.read(x, 'nested')).toEqual([[], []])
    expect((await device.read(x, 'ndarray')).shape).toEqual([2, 0, 3])
    const both = device.compile((y: t.Tensor) => ({ y, z: t.add(y, 1), sum: t.sum(y) }), { donate: [0] })
    let last: t.Tensor = x
    for (let i = 0; i < 3; i++) {
      const { y, z, sum } = both(last)
      expect([y.shape, z.shape, Array.from(await device.read(sum))]).toEqual([[2, 0, 3], [2, 0, 3], [0]])
      last = z
    }
    x[Symbol.dispose]()
  })

  it('needs no kernel', async () => {
    const device = await open()
    const { calls, live } = device.stats()
    await device.read(device.compute(t.exp(t.matmul(t.ones([0, 5]), t.ones([5, 4])))))
    expect(device.stats()).toMatchObject({ calls, live })
    if (device === t.reference) return
    expect(device.show((x: t.Tensor) => t.exp(x), t.ones([0, 5]))).not.toContain('exp a')
  })
})

const wrong: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => t.max(t.ones([3, 0]), { axes: 1 }), 'max: there is no largest of no elements: axes [1] of [3,0]'],
  [() => t.max(t.ones([0])), 'max: there is no largest of no elements: axes [0] of [0]'],
  [() => t.min(t.ones([2, 0])), 'max: there is no largest of no elements: axes [0,1] of [2,0]'],
  [() => t.take(t.ones([0, 2]), t.tensor([0])), 'take: wants a table with axes and a list of row numbers: [0,2], [1]'],
  [() => t.slice(t.ones([3]), [[2, 1]]), 'slice: nothing is left of [3]'],
  [() => t.slice(t.ones([0]), [0]), 'slice: there is no element 0 along axis 0 of [0]'],
  [() => t.reshape(t.ones([0, 3]), [-1, 0]), 'reshape: no size for -1 makes [-1,0] of the 0 elements of [0,3]'],
  [() => t.reshape(t.ones([6]), [0, -1]), 'reshape: no size for -1 makes [0,-1] of the 6 elements of [6]'],
  [() => t.reshape(t.ones([6]), [0]), 'reshape: [6] has 6 elements, [0] has 0'],
  [() => t.expand(t.ones([3]), [0]), 'expand: only axes of size 1 repeat: [3] to [0]'],
  [() => t.add(t.ones([0]) as t.Tensor, t.ones([3]) as t.Tensor), 'add: shapes do not broadcast: [0] with [3] (axis -1: 0 is not 3)'], // prettier-ignore
  [() => t.conv2d(t.ones([1, 1, 0, 3]))(t.ones([1, 1, 3, 3])), 'conv2d: the kernel has no elements along an axis: [1,1,3,3] * [1,1,0,3]'], // prettier-ignore
  [() => p.window(t.ones([0, 3]), { ...windows, axes: [0] }), 'window: a window of [2] does not fit into [0,3] along axes [0]'] // prettier-ignore
]
describe('what nothing can be made of', () => {
  it.each(wrong.map(([call, message]) => [message, call] as const))('%s', (message, call) => {
    expect(call).toThrow(new t.TesseraError(message))
  })
})
