import { counted, dual } from './dual.ts'
import { raise, showShape } from '../base/raise.ts'
import { sameShape } from './shape.ts'
import { isTensor, type Tensor } from './tensor.ts'

/**
 * A tensor, or a record or an array of trees. Parameters, gradients and optimiser states are trees. Other leaves
 * (numbers, strings, keys …) are passed on unchanged.
 */
export type Tree = unknown

const prototypeOf = (x: object): object | null => Object.getPrototypeOf(x) as object | null
const isPlain = (prototype: object | null): boolean => prototype === null || prototype === Object.prototype

/** `{ __proto__: x }` sets an object's prototype, and hides x. Classes don't do that. */
const isClass = (prototype: object): boolean =>
  Object.hasOwn(prototype, 'constructor') || !(isTensor(prototype) || isPlain(prototypeOf(prototype)))

const noPrototype = (path: string): never =>
  raise('tree', `the key __proto__${path === '' ? '' : ` at ${path}`} is the prototype of an object: take another name`)

/** The children of an array or a record by their keys; undefined for a leaf. */
const childrenOf = (tree: Tree, path: string): readonly (readonly [key: string, child: unknown])[] | undefined => {
  if (Array.isArray(tree)) return Array.from(tree, (x: unknown, i) => [String(i), x])
  if (typeof tree !== 'object' || tree === null) return undefined
  const prototype = prototypeOf(tree)
  if (prototype !== null && !isPlain(prototype)) return isClass(prototype) ? undefined : noPrototype(path)
  return Object.hasOwn(tree, '__proto__') ? noPrototype(path) : Object.entries(tree)
}

const below = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** Visits the leaves with their paths, in the order of the keys; arrays count from 0. */
export const eachLeaf = (tree: Tree, visit: (leaf: unknown, path: string) => void, path = ''): void => {
  const children = childrenOf(tree, path)
  if (children) for (const [key, child] of children) eachLeaf(child, visit, below(path, key))
  else visit(tree, path)
}

/** A tree of the same form, with a function of each leaf. */
export const mapLeaves = <T>(tree: T, f: (leaf: unknown, path: string) => unknown, path = ''): T => {
  const children = childrenOf(tree, path)
  const mapped = children?.map(([key, child]) => [key, mapLeaves(child, f, below(path, key))] as const)
  if (!mapped) return f(tree, path) as T
  return (Array.isArray(tree) ? mapped.map(([, child]) => child) : Object.fromEntries(mapped)) as T
}

/**
 * The tensors of a tree, in the order of its keys.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const [w, b] = [t.ones([2]), t.zeros([1])]
 * assert.deepStrictEqual(t.tensorsOf({ w, layers: [b, 3] }), [w, b])
 * ```
 */
export const tensorsOf = (tree: Tree): readonly Tensor[] => {
  const found: Tensor[] = []
  eachLeaf(tree, (leaf) => {
    if (isTensor(leaf)) found.push(leaf)
  })
  return found
}

/** A function of a tensor and its path in a tree, such as `layers.0.weight`. */
export type TensorMap = (x: Tensor, path: string) => Tensor

/** A tree and a function of its tensors; or the function alone, for `pipe`. */
export interface MapTree {
  <T>(tree: T, f: TensorMap): T
  (f: TensorMap): <T>(tree: T) => T
}

/**
 * A tree of the same form, with a function of each tensor. Other leaves stay.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const doubled = t.mapTree({ w: t.ones([2]), b: t.ones([1]) }, (x) => t.mul(x, 2))
 * assert.deepStrictEqual(await t.reference.read(doubled.w), Float64Array.of(2, 2))
 * ```
 */
export const mapTree = dual<MapTree>(
  counted(2),
  (f: TensorMap) => (tree: Tree) => mapLeaves(tree, (leaf, path) => (isTensor(leaf) ? f(leaf, path) : leaf))
)

/** The tensors of a tree by path. Raises if a path names two of them. */
export const byPath = (op: string, tree: Tree): ReadonlyMap<string, Tensor> => {
  const found = new Map<string, Tensor>()
  eachLeaf(tree, (leaf, path) => {
    if (!isTensor(leaf)) return
    if (found.has(path)) raise(op, `two tensors of the tree have the path ${named(path)}: take keys without dots`)
    found.set(path, leaf)
  })
  return found
}

/** A path in a message. The path of a tree that is a tensor is empty. */
const named = (path: string): string => (path === '' ? '(root)' : path)

const mostNamed = 4

/** `a, b and 3 more`; undefined if there are none. */
const listed = (paths: readonly string[]): string | undefined => {
  if (paths.length === 0) return undefined
  const shown = paths.slice(0, mostNamed).map(named).join(', ')
  return paths.length > mostNamed ? `${shown} and ${paths.length - mostNamed} more` : shown
}

/** The names of two trees in messages, and whether tensors of one path must have the same shape. */
export interface Pairing {
  readonly first: string
  readonly second: string
  readonly shapes: boolean
}

const without = (from: ReadonlyMap<string, Tensor>, other: ReadonlyMap<string, Tensor>): string | undefined =>
  listed([...from.keys()].filter((path) => !other.has(path)))

/** Raises unless two trees have the same paths. */
const samePaths = (
  op: string,
  { first, second }: Pairing,
  left: ReadonlyMap<string, Tensor>,
  right: ReadonlyMap<string, Tensor>
): void => {
  const [missing, spare] = [without(left, right), without(right, left)]
  const wrong = [
    ...(missing === undefined ? [] : [`${second} lacks ${missing}`]),
    ...(spare === undefined ? [] : [`${second} has ${spare}, which ${first} lacks`])
  ]
  if (wrong.length > 0) raise(op, wrong.join('; '))
}

/**
 * Applies a function to the two tensors of each path of two trees; the result has the form of the first. The order of
 * keys does not matter. A path that only one tree has raises, under the name of `op`.
 */
export const pairTrees = <T>(
  op: string,
  pairing: Pairing,
  [a, b]: readonly [T, unknown],
  f: (x: Tensor, y: Tensor) => Tensor
): T => {
  const [left, right] = [byPath(op, a), byPath(op, b)]
  samePaths(op, pairing, left, right)
  const { first, second, shapes } = pairing
  return mapTree(a, (x, path) => {
    const y = right.get(path)!
    if (shapes && !sameShape(x.shape, y.shape))
      raise(op, `${named(path)} has the shape ${showShape(x.shape)} in ${first}, ${showShape(y.shape)} in ${second}`)
    return f(x, y)
  })
}

/** A function of the two tensors of one path. */
export type TensorPairing = (x: Tensor, y: Tensor) => Tensor

/** Two trees and a function of their tensors; or the second tree and the function, for `pipe`. */
export interface ZipTree {
  <T>(a: T, b: T, f: TensorPairing): T
  <T>(b: T, f: TensorPairing): (a: T) => T
}

/**
 * Applies a function to the two tensors of each path of two trees. The order of keys does not matter.
 *
 * @throws TesseraError if only one of the trees has a path, or a path names two tensors (`{ 'a.b': x, a: { b: y } }`)
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const [params, grads] = [{ w: t.tensor([3]), b: t.tensor([5]) }, { b: t.tensor([1]), w: t.tensor([2]) }]
 * const next = t.zipTree(params, grads, (p, g) => t.sub(p, g))
 * assert.deepStrictEqual(await t.reference.read(next.w), Float64Array.of(1))
 * assert.throws(() => t.zipTree<object>(params, {}, (p, g) => t.sub(p, g)), /the second tree lacks w, b/)
 * ```
 */
export const zipTree = dual<ZipTree>(
  counted(3),
  <T>(b: T, f: TensorPairing) =>
    (a: T) =>
      pairTrees('zipTree', { first: 'the first tree', second: 'the second tree', shapes: false }, [a, b], f)
)

/**
 * The tensors of a tree by their paths, such as `b1.0.ln.weight`: a flat record, as files hold it.
 *
 * @throws TesseraError if a path names two tensors
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(Object.keys(t.flattenTree({ layers: [{ w: t.ones([2]) }] })), ['layers.0.w'])
 * ```
 */
export const flattenTree = (tree: Tree): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(byPath('flattenTree', tree))
