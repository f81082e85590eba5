import { raise, showShape } from '../base/raise.ts'
import { add, mul, sub } from '../core/primitives.ts'
import { sameShape } from '../core/shape.ts'
import type { Scalar, Tensor } from '../core/tensor.ts'
import { byPath, pairTrees } from '../core/tree.ts'

/**
 * A rule that updates parameters by gradients. Its state is a tree of tensors that goes in and comes out. So a whole
 * training step is one pure function, which compiles to one plan, and the state can be donated or stored.
 */
export interface Optimiser<P, S> {
  /** The state before the first step. */
  readonly init: (params: P) => S
  /** One step: returns the next parameters and the next state. `grads` is a tree like `params`. */
  readonly update: (grads: P, state: S, params: P) => readonly [params: P, state: S]
}

/** Raises unless there is exactly one gradient, of the same shape, for each parameter. */
export const checkGradients = <P>(op: string, params: P, grads: P): void => {
  const [wanted, given] = [byPath(op, params), byPath(op, grads)]
  for (const [name, { shape }] of wanted) {
    const { shape: got } = given.get(name) ?? raise(op, `there is no gradient for ${name}`)
    if (!sameShape(got, shape))
      raise(op, `the gradient of ${name} has the shape ${showShape(got)}, not ${showShape(shape)}`)
  }
  const spare = [...given.keys()].find((name) => !wanted.has(name))
  if (spare !== undefined) raise(op, `there is a gradient for ${spare}, which is no parameter`)
}

/** Pairs the tensors of an optimiser's state with gradients, by path. Raises for the state of another model. */
export const withState =
  (op: string) =>
  <P>(state: P, other: P, f: (x: Tensor, y: Tensor) => Tensor): P =>
    pairTrees(op, { first: 'the state', second: 'the gradients', shapes: true }, [state, other], f)

/** A running mean: decay · mean + (1 - decay) · x. */
export const running = (decay: number | Scalar): ((mean: Tensor, x: Tensor) => Tensor) => {
  const rest = typeof decay === 'number' ? 1 - decay : sub(1, decay)
  return (mean, x) => add(mul(mean, decay), mul(x, rest))
}

/** Raises unless 0 ≤ x < 1. */
export const checkFraction = (op: string, name: string, x: number): void => {
  if (!(x >= 0 && x < 1)) raise(op, `${name} lies in [0, 1), not at ${x}`)
}

/** Raises unless the learning rate is a positive number. */
export const checkRate = (op: string, lr: number): void => {
  if (!(lr > 0 && Number.isFinite(lr))) raise(op, `lr is a positive number, not ${lr}`)
}
