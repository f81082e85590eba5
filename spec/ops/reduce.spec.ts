import fc from 'fast-check'
import { pipe } from 'fp-ts/function'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { sameAsLoops, sameOnGL, type Meant } from '../support/against.ts'
import { axesOf, filled, shapes } from '../support/arbitrary.ts'
import { evaluate } from '../support/float64.ts'
import { gl } from '../support/gl.ts'
import { differences } from '../support/laws.ts'
import { along, broadcast, meanOf, reduce, sumOf } from '../support/naive.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'

type Numbers = readonly number[]
const varianceOf = (xs: Numbers): number => meanOf(xs.map((x) => (x - meanOf(xs)) ** 2))

const reductions: Readonly<Record<string, readonly [op: typeof t.sum, meaning: (xs: Numbers) => number]>> = {
  sum: [t.sum, sumOf],
  mean: [t.mean, meanOf],
  max: [t.max, (xs) => Math.max(...xs)],
  prod: [t.prod, (xs) => xs.reduce((a, b) => a * b, 1)],
  min: [t.min, (xs) => Math.min(...xs)],
  variance: [t.variance, varianceOf]
}

describe.each(Object.entries(reductions))('%s', (_, [op, meaning]) => {
  const meant = shapes().chain((shape) =>
    fc.tuple(axesOf(shape.length), fc.boolean(), fc.boolean()).map(([axes, keepDims, negative]): Meant => {
      const named = negative ? axes.map((axis) => axis - shape.length) : axes
      return {
        shapes: [shape],
        op: (x) => op(x, { axes: named, keepDims }),
        loops: (x) => reduce(meaning, x, axes, keepDims),
        terms: 400
      }
    })
  )
  it('is what a loop computes, over any axes', () => sameAsLoops(meant))
  it('[gl] is the same on GL', () => sameOnGL(meant))

  it('takes all axes where none are named, one by its number, and its options alone in a pipe', () => {
    const x = t.tensor([
      [1, 2, 3, 6],
      [6, 5, 7, 6]
    ])
    expect(op(x).shape).toEqual([])
    expect(evaluate(op(x))).toEqual(Float64Array.of(meaning([1, 2, 3, 6, 6, 5, 7, 6])))
    expect(evaluate(op(x, { axes: -1 }))).toEqual(Float64Array.of(meaning([1, 2, 3, 6]), meaning([6, 5, 7, 6])))
    expect(op(x, { axes: 0, keepDims: true }).shape).toEqual([1, 4])
    expect(evaluate(pipe(x, op()))).toEqual(evaluate(op(x)))
    expect(evaluate(pipe(x, op({ axes: 0 })))).toEqual(evaluate(op(x, { axes: 0 })))
    expect(op(x, { keepDims: true }).shape).toEqual([1, 1])
  })

  it('refuses axes that are not there, or named twice', () => {
    const name = op === t.sum ? 'sum' : Object.keys(reductions).find((key) => reductions[key]![0] === op)!
    expect(() => op(t.ones([2, 3]), { axes: 2 })).toThrow(`${name}: there is no axis 2 in a tensor of 2 axes`)
    expect(() => op(t.ones([2, 3]), { axes: [1, -1] })).toThrow(`${name}: an axis is named twice: [1,-1]`)
    expect(() => op(t.ones([2, 3]), { axes: 0.5 })).toThrow(`${name}: there is no axis 0.5 in a tensor of 2 axes`)
  })
})

describe.each(['softmax', 'logSoftmax'] as const)('%s', (name) => {
  const share = (v: number, xs: Numbers): number => Math.exp(v) / sumOf(xs.map(Math.exp))
  const meaning = name === 'softmax' ? share : (v: number, xs: Numbers) => Math.log(share(v, xs))
  const meant = shapes({ min: 1 }).chain((shape) =>
    fc.nat(shape.length - 1).map((axis): Meant => ({
      shapes: [shape],
      op: (x) => t[name](x, { axis }),
      loops: (x) => along(meaning, x, [axis]),
      terms: 20
    }))
  )
  it('is what a loop computes', () => sameAsLoops(meant))
  it('[gl] is the same on GL', () => sameOnGL(meant))

  it('takes the last axis by default, and large numbers', async () => {
    const device = await gl()
    const x = t.tensor([
      [1000, 1001],
      [-1000, -1000]
    ])
    const e = Math.exp(1)
    const shares = [1 / (1 + e), e / (1 + e), 0.5, 0.5]
    const wanted = name === 'softmax' ? shares : shares.map(Math.log)
    expectClose(evaluate(t[name](x)), wanted, { unit: unit64, scale: 8 })
    expectClose(await device.read(t[name](x)), wanted, { unit, scale: 16 })
  })

  it('refuses an axis that is not there', () => {
    expect(() => t[name](t.ones([3]), { axis: 1 })).toThrow(`${name}: there is no axis 1 in a tensor of 1 axes`)
  })
})

describe('softmax', () => {
  it('adds up to one, whatever is added to its input', () => {
    const x = t.tensor([0.3, -2, 5])
    expectClose(evaluate(t.sum(t.softmax(x))), [1], { unit: unit64, scale: 4 })
    expectClose(evaluate(t.softmax(t.add(x, 17))), evaluate(t.softmax()(x)), { unit: unit64, scale: 32 })
  })

  it('has the gradient p (δ - p)', () => {
    const x = t.tensor([0.5, -1, 2])
    const p = evaluate(t.softmax(x))
    const first = t.grad((v: t.Tensor) => t.sum(t.slice(t.softmax(v), [[0, 1]])))(x)
    expectClose(evaluate(first), p.map((v, j) => p[0]! * (Number(j === 0) - v)), { unit: unit64, scale: 8 }) // prettier-ignore
  })
})

describe('mse', () => {
  const meant = shapes().map((shape): Meant => ({
    shapes: [shape, shape],
    op: (a, b) => t.mse(a, b),
    loops: (a, b) => ({ shape: [], data: [meanOf(broadcast((p, q) => (p - q) ** 2, a, b).data)] }),
    terms: 400
  }))
  it('is what a loop computes', () => sameAsLoops(meant))
  it('[gl] is the same on GL', () => sameOnGL(meant))
  it('refuses shapes that do not fit', () => {
    expect(() => t.mse(t.ones([2]), t.ones([3]))).toThrow('sub: shapes do not broadcast: [2] with [3]')
  })
})

describe('crossEntropy', () => {
  /** Logits [n, k], and a label for each row. */
  const batches = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 11 }))
    .chain(([n, k]) => fc.tuple(fc.constant([n, k]), fc.array(fc.nat(k - 1), { minLength: n, maxLength: n })))
  const meant = batches.map(([shape, labels]): Meant => ({
    shapes: [shape],
    op: (x) => t.crossEntropy(x, t.tensor(labels)),
    loops: ({ shape: [n, k], data }) => {
      const lost = labels.map((label, i) => {
        const row = data.slice(i * k!, (i + 1) * k!)
        return -Math.log(Math.exp(row[label]!) / sumOf(row.map(Math.exp)))
      })
      return { shape: [], data: [sumOf(lost) / n!] }
    },
    terms: 100
  }))
  it('is what a loop computes', () => sameAsLoops(meant))
  it('[gl] is the same on GL', () => sameOnGL(meant))

  it('has the gradient (softmax - label) / N', () => {
    const logits = t.tensor([
      [0.5, -1, 2],
      [3, 0, 0.25]
    ])
    const p = evaluate(t.softmax(logits))
    const wanted = p.map((v, i) => (v - Number(i === 2 || i === 3)) / 2)
    const found = t.grad((x: t.Tensor) => t.crossEntropy(x, t.tensor([2, 0])))(logits)
    expectClose(evaluate(found), wanted, { unit: unit64, scale: 8 })
  })

  it('is a derivative of any order', () => {
    const first = (xs: readonly t.Tensor[]) => t.reshape(t.crossEntropy(xs[0]!, t.tensor([1, 0, 3])), [1])
    const logits = filled([3, 4], 'any', 5)
    differences(first, [logits], 6)
    differences((xs) => t.grad((x: t.Tensor) => t.crossEntropy(x, t.tensor([1, 0, 3])))(xs[0]!), [logits], 7)
  })

  it('of a class that is out of the question is large, and changes nothing else', () => {
    const logits = t.tensor([[-Infinity, 0, 0]])
    expect(evaluate(t.crossEntropy(logits, t.tensor([1])))[0]).toBeCloseTo(Math.log(2), 12)
    expect(evaluate(t.crossEntropy(logits, t.tensor([0])))).toEqual(Float64Array.of(Infinity))
  })

  it('refuses labels that the host knows to be of no class', () => {
    for (const label of [-1, 3, 0.5, NaN])
      expect(() => t.crossEntropy(t.ones([2, 3]), t.tensor([2, label]))).toThrow(
        `crossEntropy: the label ${label} at position 1 is none of 0 … 2`
      )
  })

  it('[gl] is NaN where a label that only the device knows is of no class', async () => {
    const loss = (await gl()).compile((labels: t.Tensor) => t.crossEntropy(t.ones([2, 3]), labels))
    for (const device of [t.reference, await gl()])
      for (const label of [-1, 3, 0.5, NaN])
        expect(Array.from(await device.read(loss(t.tensor([2, label]))))).toEqual([NaN])
  })

  it('refuses shapes that do not fit', () => {
    const message = 'crossEntropy: wants logits [N,classes] and labels [N]:'
    expect(() => t.crossEntropy(t.ones([2, 3]), t.ones([3]))).toThrow(`${message} [2,3] with [3]`)
    expect(() => t.crossEntropy(t.ones([3]), t.ones([3]))).toThrow(`${message} [3] with [3]`)
  })
})

describe('variance', () => {
  // in one pass (the mean of squares minus the square of the mean) nothing would be left of it in float32
  it('[gl] of values around ten thousand keeps its digits', async () => {
    const device = await gl()
    const values = Array.from({ length: 64 }, (_, i) => Math.fround(1e4 + Math.sin(i)))
    expectClose(await device.read(t.variance(t.tensor(values))), [varianceOf(values)], { terms: 64, scale: 64 })
  })

  it('[gl] of a whole picture around ten thousand keeps four digits', async () => {
    const device = await gl()
    const x = t.add(t.normal(t.key(0), [4, 10, 28, 28]), 1e4)
    const over = { axes: [1, 2, 3] }
    const exact = evaluate(t.variance(t.reference.compute(device.compute(x)), over))
    const found = await device.read(t.variance(device.compute(x), over))
    found.forEach((v, i) => expect(Math.abs(v / exact[i]! - 1)).toBeLessThan(1e-4))
  })
})
