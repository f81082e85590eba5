import { pipe } from 'fp-ts/function'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'

// One calling convention: op(data, ...rest) is pipe(data, op(...rest)), for every operation that takes anything beside
// its data. Functions that fix a schedule, a model or an optimiser are not among them: they have the second form only.

type Call = (...args: readonly unknown[]) => unknown
type Example = readonly [name: string, op: unknown, data: unknown, ...rest: readonly unknown[]]

const image = t.normal(t.key(1), [2, 3, 4, 4])
const matrix = t.tensor([
  [1, -2, 3],
  [4, 5, -6]
])
const rows = t.tensor([1, 0])
const tree = { w: matrix, b: rows }
const dataset = t.drawDigits(t.key(1), 6)
const picture = t.grid({ data: Float32Array.of(-1, 1), shape: [2, 1, 1] }, { scale: 8 })

const operations: readonly Example[] = [
  ...(['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'equal', 'less', 'lessEqual', 'greater', 'greaterEqual', 'notEqual'] as const).map((name): Example => [name, t[name], matrix, 2]), // prettier-ignore
  ...(['sum', 'prod', 'max', 'min', 'mean', 'variance'] as const).map((name): Example => [name, t[name], matrix, { axes: 1, keepDims: true }]), // prettier-ignore
  ['clip', t.clip, matrix, -1, 1],
  ['pow', t.pow, matrix, 3],
  ['select', t.select, t.less(matrix, 0), 0, matrix],
  ['take', t.take, matrix, rows],
  ['reshape', t.reshape, matrix, [3, -1]],
  ['permute', t.permute, matrix, [1, 0]],
  ['expand', t.expand, t.ones([1, 3]), [4, 3]],
  ['flip', t.flip, matrix, { axes: -1 }],
  ['slice', t.slice, matrix, [[], [1]]],
  ['pad', t.pad, matrix, [1, [0, 2]]],
  ['concat', t.concat, [matrix, matrix], { axis: 1 }],
  ['stack', t.stack, [matrix, matrix], { axis: 1 }],
  ['matmul', t.matmul, matrix, t.ones([3, 2])],
  ['linear', t.linear, matrix, { weight: t.ones([4, 3]), bias: t.ones([4]) }],
  ['layerNorm', t.layerNorm, matrix, { weight: t.ones([3]), bias: t.zeros([3]) }, { eps: 0.1 }],
  ['softmax', t.softmax, matrix, { axis: 0 }],
  ['logSoftmax', t.logSoftmax, matrix, { axis: 0 }],
  ['conv2d', t.conv2d, image, t.ones([2, 3, 2, 2]), { stride: 2, padding: 'same' }],
  ['convTranspose2d', t.convTranspose2d, image, t.ones([3, 2, 2, 2]), { stride: 2 }],
  ['mse', t.mse, matrix, t.ones([2, 3])],
  ['crossEntropy', t.crossEntropy, matrix, rows],
  ['normal', t.normal, t.key(3), [4]],
  ['uniform', t.uniform, t.key(3), [4], { low: 2, high: 3 }],
  ['randint', t.randint, t.key(3), [4], { low: -2, high: 3 }],
  ['uniformFan', t.uniformFan, t.key(3), [4], { fanIn: 4 }],
  ['permutation', t.permutation, t.key(3), 5],
  ['bits', t.bits, t.key(3), 5],
  ['split', t.split, t.key(3), 3],
  ['foldIn', t.foldIn, t.key(3), 3],
  ['mapTree', t.mapTree, tree, (x: t.Tensor) => t.neg(x)],
  ['zipTree', t.zipTree, tree, { w: rows, b: rows }, (x: t.Tensor, y: t.Tensor) => t.add(t.sum(x), y)],
  ['addTrees', t.addTrees, tree, tree],
  ['restoreTree', t.restoreTree, t.storeTree(tree), tree],
  ['limit', t.limit, dataset, 2],
  ['batchAt', t.batchAt, dataset, Uint32Array.of(4, 1)],
  ['epochBatches', t.epochBatches, dataset, t.key(4), { batch: 4, skip: 1 }],
  ['drawDigits', t.drawDigits, t.key(5), 2],
  ['grid', t.grid, { data: Float32Array.of(-1, 1), shape: [2, 1, 1] }, { gap: 3 }],
  ['encodeGif', t.encodeGif, [picture], { delayMs: 100 }],
  ['holdLast', t.holdLast, [1, 2], { times: 2 }]
]

/** Keys as their words, tensors as their numbers, anything iterable as a list: what two results have in common. */
const plain = (x: unknown): unknown => {
  if (x instanceof t.Key) return x.words
  if (t.isTensor(x)) return t.storeTree(x)
  if (ArrayBuffer.isView(x)) return x
  if (typeof x === 'object' && x !== null && Symbol.iterator in x) return Array.from(x as Iterable<unknown>, plain)
  return typeof x === 'object' && x !== null ? Object.fromEntries(Object.entries(x).map(([k, v]) => [k, plain(v)])) : x
}

/** A tree may be anything, and tensors of a file that are wrong come back as a failure. */
const takesAnything: ReadonlySet<string> = new Set(['mapTree', 'restoreTree'])

describe.each(operations.map(([name, op, ...args]) => ({ name, op: op as Call, args })))(
  '$name',
  ({ name, op: call, args }) => {
    const [data, ...rest] = args

    it('takes the data first, or leaves it to pipe', () => {
      const later = call(...rest) as Call
      expect(plain(pipe(data, later))).toStrictEqual(plain(call(data, ...rest)))
    })

    if (!takesAnything.has(name))
      it('refuses something else in the place of the data, by name', () => {
        expect(() => plain(call('no data', ...rest))).toThrow(name)
      })
  }
)

describe('binary operations', () => {
  it('look at two arguments only, so that an array can be reduced by them', async () => {
    const total = [1, 2, 3].map((value) => t.scalar(value)).reduce(t.add)
    expect(await t.reference.read(total)).toStrictEqual(Float64Array.of(6))
  })
})

describe('options', () => {
  const outdated: readonly (readonly [message: string, call: () => unknown])[] = [
    ['softmax: wants an object with axis, not 1', () => t.softmax(1 as never)],
    ['concat: wants an object with axis, not 1', () => t.concat([matrix], 1 as never)],
    ['flip: wants an object with axes, not 0', () => t.flip(matrix, 0 as never)],
    ['iota: wants an object with axis, not 1', () => t.iota([2, 2], 1 as never)],
    ['uniform: wants an object with low or high, not -1', () => t.uniform(t.key(0), [2], -1 as never)],
    ['linear: parameters: wants an object with weight or bias, not a tensor', () => t.linear(matrix, matrix as never)],
    ['epochBatches: wants a key for the order, not an object', () => t.epochBatches(dataset, { hi: 0, lo: 1 } as never, { batch: 2 })] // prettier-ignore
  ]
  it.each(outdated)('%s', (message, call) => {
    expect(call).toThrow(message)
  })
})
