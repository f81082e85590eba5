import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { simplify } from '../../lib/compile/graph/simplify.ts'
import { axesOf, axisOf, broadcastShapes, checkShape, sameShape, sizeOf, stridesOf } from '../../lib/core/shape.ts'
import { topological } from '../../lib/core/tensor.ts'
import { broadcastable, shapes } from '../support/arbitrary.ts'
import { evaluate } from '../support/float64.ts'
import { holds } from '../support/property.ts'
import { cook, gradientsOf, leavesOf, recipes } from '../support/recipe.ts'

const pair = broadcastable(2).map(([a, b]) => [a!, b!] as const)
const three = broadcastable(3).map(([a, b, c]) => [a!, b!, c!] as const)
const broadcast = (a: readonly number[], b: readonly number[]) => broadcastShapes('op', a, b)

describe('shapes', () => {
  it('broadcast in any order, to the larger size of each axis', () => {
    holds(pair, ([a, b]) => {
      const both = broadcast(a, b)
      expect(broadcast(b, a)).toEqual(both)
      expect(broadcast(both, a)).toEqual(both)
      expect(both.length).toBe(Math.max(a.length, b.length))
      both.forEach((d, i) => {
        const of = (s: readonly number[]) => s[i - both.length + s.length] ?? 1
        expect(d).toBe(Math.max(of(a), of(b)))
      })
    })
    holds(three, ([a, b, c]) => expect(broadcast(broadcast(a, b), c)).toEqual(broadcast(a, broadcast(b, c))))
  })

  it('do not broadcast where two sizes differ and neither is 1', () =>
    holds(fc.tuple(shapes({ min: 1 }), fc.nat()), ([shape, at]) => {
      const axis = at % shape.length
      const other = shape.map((d, i) => (i === axis ? d + 1 + Number(d === 1) : d + Number(d === 1)))
      const grown = shape.map((d) => d + Number(d === 1))
      expect(() => broadcast(grown, other)).toThrow(/^op: shapes do not broadcast: \[.*\] with \[.*\] \(axis -\d: \d+ is not \d+\)$/) // prettier-ignore
    }))

  it('have strides that lead from one element to the next', () =>
    holds(shapes(), (shape) => {
      const strides = stridesOf(shape)
      expect(strides.length).toBe(shape.length)
      expect(shape.reduce((last, d, i) => last + (d - 1) * strides[i]!, 0)).toBe(sizeOf(shape) - 1)
    }))

  it('are the same where every size is', () => {
    expect(sameShape([2, 3], [2, 3])).toBe(true)
    expect(sameShape([2, 3], [2, 3, 1])).toBe(false)
    expect(sameShape([2, 3], [3, 2])).toBe(false)
    expect(sameShape([], [])).toBe(true)
  })

  it('have whole sizes of at least 0', () => {
    expect(() => checkShape('op', [2, 1, 0])).not.toThrow()
    for (const wrong of [[-1], [1.5], [NaN], [Infinity], [2 ** 60]])
      expect(() => checkShape('op', wrong)).toThrow(`op: sizes are whole numbers of at least 0: [${wrong.join()}]`)
  })

  it('stay as they were when they were given, and nobody can change them', () => {
    const makers: readonly ((shape: number[]) => t.Tensor)[] = [
      (shape) => t.tensor(new Float32Array(6), shape),
      (shape) => t.full(shape, 1),
      (shape) => t.zeros(shape),
      (shape) => t.ones(shape),
      (shape) => t.iota(shape),
      (shape) => t.reshape(t.ones([6]), shape),
      (shape) => t.expand(t.ones([1, 1]), shape),
      (shape) => t.normal(t.key(0), shape),
      (shape) => t.uniform(t.key(0), shape),
      (shape) => t.randint(t.key(0), shape, { high: 5 }),
      (shape) => t.uniformFan(t.key(0), shape, { fanIn: 1 }),
      (shape) => t.reference.compute(t.full(shape, 1)),
      (shape) => t.grad((x: t.Tensor) => t.sum(x))(t.ones(shape))
    ]
    for (const make of makers) {
      const given = [2, 3]
      const x = make(given)
      const wanted = evaluate(make([2, 3]))
      given[0] = 7
      given.push(9)
      expect(x.shape).toEqual([2, 3])
      expect(evaluate(t.mul(x, 1))).toEqual(wanted)
      // the planner builds nodes anew from what they were made with
      expect(simplify([t.neg(x)])[0]!.shape).toEqual([2, 3])
      const changes = [
        () => ((x.shape as number[])[0] = 9),
        () => (x.shape as number[]).push(1),
        () => ((x as { shape: t.Shape }).shape = [9]),
        () => (x.inputs as t.Tensor[]).push(x)
      ]
      for (const change of changes) expect(change).toThrow(TypeError)
      expect(x.shape).toEqual([2, 3])
      expect(Object.isFrozen(given)).toBe(false)
    }
  })

  it('of what is computed from others are frozen, too', () =>
    holds(recipes({ max: 8 }), (recipe) => {
      const leaves = leavesOf(recipe)
      for (const x of topological([...cook(recipe, leaves), ...gradientsOf(recipe, leaves)]))
        expect(Object.isFrozen(x.shape)).toBe(true)
    }))
})

describe('axes', () => {
  it('count from either end', () => {
    expect([0, 1, 2, -1, -3].map((axis) => axisOf('op', axis, 3))).toEqual([0, 1, 2, 2, 0])
    for (const wrong of [3, -4, 0.5, NaN])
      expect(() => axisOf('op', wrong, 3)).toThrow(`op: there is no axis ${wrong} in a tensor of 3 axes`)
  })

  it('are sorted, all of them where none are named, each named once', () => {
    expect(axesOf('op', undefined, 3)).toEqual([0, 1, 2])
    expect(axesOf('op', [-1, 0], 3)).toEqual([0, 2])
    expect(axesOf('op', 1, 3)).toEqual([1])
    expect(axesOf('op', [], 3)).toEqual([])
    expect(() => axesOf('op', [2, -1], 3)).toThrow('op: an axis is named twice: [2,-1]')
  })
})
