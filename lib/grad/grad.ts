import { add, full, identity } from '../core/primitives.ts'
import { counted, dual } from '../core/dual.ts'
import { raise, showShape } from '../base/raise.ts'
import { sameShape } from '../core/shape.ts'
import { topological, type Scalar, type Tensor } from '../core/tensor.ts'
import { mapTree, pairTrees, tensorsOf, type Pairing } from '../core/tree.ts'

/**
 * Cotangents of `xs` from that of `y`: Σ_i ct_i ∂y_i/∂x. The graph is walked from its end, and each row
 * is asked once; what comes out is a graph of the same rows, so gradients of gradients need nothing more.
 */
const backward = (y: Tensor, ct: Tensor, xs: readonly Tensor[]): readonly Tensor[] => {
  const order = topological([y])
  const wanted = dependents(order, xs)
  const cts = new Map<Tensor, Tensor>([[y, ct]])
  for (const at of [...order].reverse()) {
    const sofar = cts.get(at)
    if (!sofar || !wanted.has(at) || at.inputs.length === 0) continue
    at.row.vjp(sofar, at, at.inputs, at.attrs).forEach((part, i) => {
      const input = at.inputs[i]!
      if (!part || !wanted.has(input)) return
      const before = cts.get(input)
      cts.set(input, before ? add(before, part) : part)
    })
  }
  return xs.map((x) => cts.get(x) ?? full(x.shape, 0))
}

/** The nodes that depend on one of `xs`: only through them a cotangent must pass. */
const dependents = (order: readonly Tensor[], xs: readonly Tensor[]): ReadonlySet<Tensor> => {
  const found = new Set(xs)
  for (const at of order) if (at.inputs.some((input) => found.has(input))) found.add(at)
  return found
}

/** The tree with each tensor as a node of its own, so that two arguments that share a tensor are told apart. */
const asVariables = <P>(tree: P): P => mapTree(tree, (x) => identity(x))

const gradients = <P>(y: Tensor, ct: Tensor, params: P): P => {
  const cts = backward(y, ct, tensorsOf(params))
  let i = 0
  return mapTree(params, () => cts[i++]!)
}

/**
 * The value of `f` and the pullback of cotangents of its result to its first argument, a tree.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const [y, pullback] = t.vjp((x: t.Tensor) => t.mul(x, x), t.tensor([1, 2, 3]))
 * assert.deepStrictEqual(await t.reference.read(pullback(t.ones([3]))), Float64Array.of(2, 4, 6))
 * ```
 */
export const vjp = <P, Y extends Tensor>(f: (params: P) => Y, params: P): readonly [Y, (ct: Tensor) => P] => {
  const variables = asVariables(params)
  const y = f(variables)
  const pullback = (ct: Tensor): P =>
    sameShape(ct.shape, y.shape)
      ? gradients(y, ct, variables)
      : raise('vjp', `the cotangent has the shape ${showShape(ct.shape)}, the result ${showShape(y.shape)}`)
  return [y, pullback]
}

/**
 * From a scalar function of a tree (and further arguments) the function that gives its value and the
 * tree of its gradients by the first argument.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const f = (p: { readonly w: t.Tensor }, x: t.Tensor) => t.sum(t.mul(t.square(p.w), x))
 * const [value, grads] = t.valueAndGrad(f)({ w: t.tensor([1, 2]) }, t.tensor([3, 4]))
 * assert.deepStrictEqual(await t.reference.read(value), Float64Array.of(19))
 * assert.deepStrictEqual(await t.reference.read(grads.w), Float64Array.of(6, 16))
 * ```
 */
export const valueAndGrad =
  <P, A extends readonly unknown[]>(f: (params: P, ...args: A) => Scalar) =>
  (params: P, ...args: A): readonly [Scalar, P] => {
    const variables = asVariables(params)
    const y = f(variables, ...args)
    if (y.shape.length !== 0) raise('grad', `wants a scalar function; this one gives ${showShape(y.shape)}`)
    return [y, gradients(y, full([], 1), variables)]
  }

/**
 * The gradients of a scalar function by its first argument, a tree.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const cube = (x: t.Scalar) => t.mul(x, t.mul(x, x))
 * assert.deepStrictEqual(await t.reference.read(t.grad(t.grad(cube))(t.scalar(2))), Float64Array.of(12))
 * ```
 */
export const grad =
  <P, A extends readonly unknown[]>(f: (params: P, ...args: A) => Scalar) =>
  (params: P, ...args: A): P =>
    valueAndGrad(f)(params, ...args)[1]

const both: Pairing = { first: 'the first tree', second: 'the second tree', shapes: true }

/** Two trees, or the second one for `pipe`. */
export interface AddTrees {
  <P>(a: P, b: P): P
  <P>(b: P): (a: P) => P
}

/**
 * The sum of two trees, path by path: gradients of two batches, for one.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const sum = t.addTrees({ w: t.tensor([1]), b: t.tensor([2]) }, { b: t.tensor([20]), w: t.tensor([10]) })
 * assert.deepStrictEqual(await t.reference.read(sum.w), Float64Array.of(11))
 * ```
 */
export const addTrees = dual<AddTrees>(
  counted(2),
  <P>(b: P) =>
    (a: P) =>
      pairTrees('addTrees', both, [a, b], (x, y) => add(x, y))
)
