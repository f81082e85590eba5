import fc, { type Arbitrary } from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { topological } from '../../lib/core/tensor.ts'
import { evaluate } from '../support/float64.ts'
import { holds } from '../support/property.ts'

const leaf: Arbitrary<unknown> = fc.oneof(
  fc.integer({ min: 1, max: 3 }).map((n) => t.ones([n])),
  fc.constantFrom<unknown>(1, 'text', null, undefined, true)
)
const trees: Arbitrary<unknown> = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'ln', '0'), tie('tree'), { maxKeys: 3, noNullPrototype: true })
  )
})).tree

describe('trees', () => {
  it('keep their form and their other leaves under a function of the tensors', () =>
    holds(trees, (tree) => {
      expect(t.mapTree(tree, (x) => x)).toEqual(tree)
      const grown = t.mapTree(tree, (x) => t.ones([x.shape[0]! + 10]))
      expect(t.tensorsOf(grown).map((x) => x.shape[0]! - 10)).toEqual(t.tensorsOf(tree).map((x) => x.shape[0]))
    }))

  it('name their tensors by paths, in order', () =>
    holds(trees, (tree) => {
      const flat = t.flattenTree(tree)
      expect(new Set(Object.values(flat))).toEqual(new Set(t.tensorsOf(tree)))
      const paths: string[] = []
      t.mapTree(tree, (x, path) => {
        paths.push(path)
        return x
      })
      expect(paths.length).toBe(t.tensorsOf(tree).length)
      expect(new Set(paths)).toEqual(new Set(Object.keys(flat)))
    }))

  it('meet place by place', () =>
    holds(trees, (tree) => {
      const twice = t.zipTree(tree, tree, (a, b) => t.add(a, b))
      for (const x of t.tensorsOf(twice)) expect(evaluate(x).every((v) => v === 2)).toBe(true)
      expect(t.tensorsOf(twice).map((x) => x.shape)).toEqual(t.tensorsOf(tree).map((x) => x.shape))
    }))

  it('have the paths of a network', () => {
    const w = t.ones([1])
    expect(Object.keys(t.flattenTree({ b1: [{ ln: { weight: w } }, { ln: { weight: w } }], out: w }))).toEqual([
      'b1.0.ln.weight',
      'b1.1.ln.weight',
      'out'
    ])
    expect(t.tensorsOf(w)).toEqual([w])
  })
})

describe('graphs', () => {
  it('are walked inputs first, each node once', () => {
    const x = t.tensor([1])
    const y = t.add(t.mul(x, x), x)
    const order = topological([y, x])
    expect(new Set(order).size).toBe(order.length)
    for (const [i, node] of order.entries())
      for (const input of node.inputs) expect(order.indexOf(input)).toBeLessThan(i)
    expect(order.at(-1)).toBe(y)
  })

  it('say what they are', () => {
    expect(String(t.ones([2, 3]))).toBe('full[2,3]')
    expect(String(t.add(t.ones([2, 3]), 1))).toBe('add[2,3]')
    expect(t.isTensor(t.ones([1]))).toBe(true)
    expect(t.isTensor({ shape: [], row: {}, inputs: [] })).toBe(false)
  })
})
