import { add, full, identity } from '../core/primitives.ts'
import { counted, dual } from '../core/dual.ts'
import { raise, showShape } from '../base/raise.ts'
import { sameShape } from '../core/shape.ts'
import { topological, type Scalar, type Tensor } from '../core/tensor.ts'
import { mapTree, pairTrees, tensorsOf, type Pairing } from '../core/tree.ts'

/**
 * The cotangents of `xs`, given that of `y`: Σ_i ct_i ∂y_i/∂x. It walks the graph from its end, and asks each row once.
 * The result is a graph of the same rows, so that it can be differentiated again.
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

/** The nodes that depend on one of `xs`. Cotangents pass through these only. */
const dependents = (order: readonly Tensor[], xs: readonly Tensor[]): ReadonlySet<Tensor> => {
  const found = new Set(xs)
  for (const at of order) if (at.inputs.some((input) => found.has(input))) found.add(at)
  return found
}

/** The tree with a new node for each tensor, so that two arguments with the same tensor are distinct. */
const asVariables = <P>(tree: P): P => mapTree(tree, (x) => identity(x))

const gradients = <P>(y: Tensor, ct: Tensor, params: P): P => {
  const cts = backward(y, ct, tensorsOf(params))
  let i = 0
  return mapTree(params, () => cts[i++]!)
}

/**
 * The vector-Jacobian product: the value y of `f`, and a function from a cotangent of y to the cotangents of the
 * parameters, Σ_i ct_i ∂y_i/∂p, as a tree like the parameters.
 *
 * @throws TesseraError if the cotangent has another shape than the value
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
 * Turns a scalar function into a function of the same arguments that returns its value, and the gradients by its first
 * argument as a tree of the same form. The other arguments are constants.
 *
 * @throws TesseraError if the function returns a tensor with axes
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
 * Turns a scalar function into the function of its gradients by its first argument, a tree. It can be applied again,
 * for gradients of any order.
 *
 * @throws TesseraError if the function returns a tensor with axes
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

/** Two trees; or the second one alone, for `pipe`. */
export interface AddTrees {
  <P>(a: P, b: P): P
  <P>(b: P): (a: P) => P
}

/**
 * The sum of two trees, path by path, such as the gradients of two batches.
 *
 * @throws TesseraError if only one of the trees has a path, or two shapes differ
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
