import { isTensor, type Tensor } from './tensor.ts'

/**
 * A tensor, or a readonly record or array of trees. Parameters, gradients and optimiser states are
 * trees; other leaves (numbers, strings, keys …) are carried along unchanged.
 */
export type Tree = unknown

const isPlain = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === 'object' && x !== null && [Object.prototype, null].includes(Object.getPrototypeOf(x) as object | null)

const below = (path: string, key: string | number): string => (path === '' ? String(key) : `${path}.${key}`)

/** Visits the leaves with their paths, in the order of the keys; arrays count from 0. */
export const eachLeaf = (tree: Tree, visit: (leaf: unknown, path: string) => void, path = ''): void => {
  if (Array.isArray(tree)) tree.forEach((x, i) => eachLeaf(x, visit, below(path, i)))
  else if (isPlain(tree)) for (const key of Object.keys(tree)) eachLeaf(tree[key], visit, below(path, key))
  else visit(tree, path)
}

/** The same tree with other leaves. */
export const mapLeaves = <T>(tree: T, f: (leaf: unknown, path: string) => unknown, path = ''): T => {
  const mapped = Array.isArray(tree)
    ? tree.map((x: unknown, i) => mapLeaves(x, f, below(path, i)))
    : isPlain(tree)
      ? Object.fromEntries(Object.entries(tree).map(([key, x]) => [key, mapLeaves(x, f, below(path, key))]))
      : f(tree, path)
  return mapped as T
}

/** The tensors of a tree, in order. */
export const tensorsOf = (tree: Tree): readonly Tensor[] => {
  const found: Tensor[] = []
  eachLeaf(tree, (leaf) => {
    if (isTensor(leaf)) found.push(leaf)
  })
  return found
}

/**
 * The same tree with a function of each tensor.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const doubled = t.mapTree({ w: t.ones([2]), b: t.ones([1]) }, (x) => t.mul(x, 2))
 * assert.deepStrictEqual(await t.reference.read(doubled.w), Float64Array.of(2, 2))
 * ```
 */
export const mapTree = <T>(tree: T, f: (x: Tensor, path: string) => Tensor): T =>
  mapLeaves(tree, (leaf, path) => (isTensor(leaf) ? f(leaf, path) : leaf))

/** A function of the tensors that stand at the same place of two trees. */
export const zipTree = <T>(a: T, b: T, f: (x: Tensor, y: Tensor) => Tensor): T => {
  const others = tensorsOf(b)
  let i = 0
  return mapTree(a, (x) => f(x, others[i++]!))
}

/** The tensors of a tree by their paths (`b1.0.ln.weight`). */
export const flattenTree = (tree: Tree): Readonly<Record<string, Tensor>> => {
  const flat: Record<string, Tensor> = {}
  eachLeaf(tree, (leaf, path) => {
    if (isTensor(leaf)) flat[path] = leaf
  })
  return flat
}
