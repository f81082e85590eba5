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

/** Trees of tensors under keys of every kind, among them the names of what every object inherits. */
const parameters: Arbitrary<object> = fc.letrec<{ readonly node: unknown; readonly record: object }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: -9, max: 9 }).map((v) => t.tensor([v])),
    fc.array(tie('node'), { maxLength: 3 }),
    tie('record')
  ),
  record: fc.dictionary(fc.constantFrom('w', 'b', '10', '9', 'constructor', 'toString'), tie('node'), {
    minKeys: 1,
    maxKeys: 4,
    noNullPrototype: true
  })
})).record

/** The same tree with the keys of every record in another order: as they stand, or from the last. */
const turned = (tree: unknown): unknown => {
  if (Array.isArray(tree)) return tree.map(turned)
  if (typeof tree !== 'object' || tree === null || t.isTensor(tree)) return tree
  return Object.fromEntries(Object.entries(tree).map(([key, x]): [string, unknown] => [key, turned(x)]).reverse()) // prettier-ignore
}
const numbers = (tree: unknown): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(t.flattenTree(tree)).map(([path, x]) => [path, evaluate(x)[0]!]))
const sgd = t.sgd<object>({ lr: 1 })
const adam = t.adam<object>({ lr: 1 })

/** What pairs two trees, each with what it makes of a parameter and what stands for it in the other tree. */
const pairings: Readonly<Record<string, readonly [pair: (a: object, b: object) => object, f: (x: number, y: number) => number]>> = {
  zipTree: [(a, b) => t.zipTree(a, b, (x, y) => t.add(t.mul(x, 10), y)), (x, y) => 10 * x + y],
  addTrees: [(a, b) => t.addTrees(a, b), (x, y) => x + y],
  ema: [(a, b) => t.ema<object>({ decay: 0.5 }).update(a, b), (x, y) => (x + y) / 2],
  sgd: [(a, b) => sgd.update(b, sgd.init(a), a)[0], (x, y) => x - y],
  'the state of sgd': [(a, b) => sgd.update(a, { velocity: b }, a)[0], (x) => x - x],
  adam: [(a, b) => adam.update(b, adam.init(a), a)[0], (x, y) => x - Math.sign(y)],
  restoreTree: [
    (a, b) => {
      const restored = t.restoreTree(t.storeTree(b), a)
      if (restored._tag === 'Left') throw new Error(restored.left.message)
      return restored.right
    },
    (_, y) => y
  ]
} // prettier-ignore

describe.each(Object.entries(pairings))('%s', (_, [pair, f]) => {
  it('pairs tensors by their paths, whatever the order of the keys', () =>
    holds(parameters, (a) => {
      const b = t.mapTree(a, (x) => t.add(t.mul(x, -1), 3))
      const wanted = Object.entries(numbers(a)).map(([path, x]) => [path, f(x, 3 - x)] as const)
      for (const other of [b, turned(b) as object]) {
        const found = numbers(pair(a, other))
        expect(Object.keys(found).sort()).toEqual(wanted.map(([path]) => path).sort())
        for (const [path, v] of wanted) expect(found[path]).toBeCloseTo(v, 5)
      }
    }))

  it('refuses a tree that lacks a tensor, or has one to spare, and names it', () =>
    holds(parameters, (a) => {
      const more = { ...a, spare: t.ones([1]) }
      expect(() => pair(more, a)).toThrow(/spare/)
      expect(() => pair(a, more)).toThrow(/spare/)
    }))
})

describe('a path', () => {
  const x = t.ones([1])

  it('that names two tensors is refused', () => {
    const uses = [
      t.flattenTree,
      t.storeTree,
      (y: object) => t.addTrees(y, y),
      (y: object) => sgd.update(y, y as never, y)
    ]
    for (const tree of [
      { 'a.b': x, a: { b: x } },
      { a: [x], 'a.0': x },
      { '': { a: x }, a: x }
    ])
      for (const use of uses)
        expect(() => use(tree)).toThrow(/two tensors of the tree have the path a(\.b|\.0)?: take keys without dots/)
  })

  it('with dots of its own is one like any other', () => {
    expect(Object.keys(t.flattenTree({ 'a.b': x, a: { c: x } }))).toEqual(['a.b', 'a.c'])
    expect(numbers(t.addTrees<object>({ 'a.b': x }, { a: { b: x } }))).toEqual({ 'a.b': 2 })
  })

  it('through __proto__ is refused, however it came there', () => {
    const parsed = JSON.parse('{ "__proto__": 1 }') as object
    const trees = [{ ['__proto__']: x }, { __proto__: { w: x }, b: x }, { __proto__: x, b: x }, Object.create({ w: x })] as readonly object[] // prettier-ignore
    for (const tree of [parsed, ...trees])
      for (const use of [t.flattenTree, t.tensorsOf, t.storeTree, (y: object) => t.mapTree(y, (w) => w)])
        expect(() => use(tree)).toThrow('tree: the key __proto__ is the prototype of an object: take another name')
    expect(() => t.flattenTree({ a: [parsed] })).toThrow('tree: the key __proto__ at a.0 is')
    expect(t.tensorsOf(Object.assign(Object.create(null) as object, { w: x }))).toEqual([x])
  })

  it('of a tensor of another shape is named', () => {
    const [a, b]: readonly [object, object] = [{ w: t.ones([2]) }, { w: t.ones([1]) }]
    expect(() => t.addTrees(a, b)).toThrow('addTrees: w has the shape [2] in the first tree, [1] in the second tree')
    expect(() => t.ema<object>({ decay: 0.5 }).update(a, b)).toThrow('ema: w has the shape [2] in the average, [1] in the parameters') // prettier-ignore
    expect(() => sgd.update(a, { velocity: b }, a)).toThrow('sgd: w has the shape [1] in the state, [2] in the gradients') // prettier-ignore
    expect(() => t.zipTree<object>({ a: x, b: x }, { c: x }, t.add)).toThrow('zipTree: the second tree lacks a, b; the second tree has c, which the first tree lacks') // prettier-ignore
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
