import { raise, showShape } from '../core/raise.ts'
import { sameShape } from '../core/shape.ts'
import { flattenTree } from '../core/tree.ts'

/**
 * A rule that turns gradients into better parameters. Its state is a tree of tensors that goes in and comes out, so
 * that a whole training step, the optimiser included, is one pure function: it compiles into one plan, and parameters
 * and state can be donated or stored.
 */
export interface Optimiser<P, S> {
  /** The state before the first step. */
  readonly init: (params: P) => S
  /** One step: parameters and state after it. `grads` is a tree like `params`. */
  readonly update: (grads: P, state: S, params: P) => readonly [params: P, state: S]
}

/** Raises unless the gradients are a tensor of the same shape for each parameter. */
export const checkGradients = <P>(op: string, params: P, grads: P): void => {
  const given = flattenTree(grads)
  const wanted = Object.entries(flattenTree(params))
  for (const [name, { shape }] of wanted) {
    const { shape: got } = given[name] ?? raise(op, `there is no gradient for ${name}`)
    if (!sameShape(got, shape))
      raise(op, `the gradient of ${name} has the shape ${showShape(got)}, not ${showShape(shape)}`)
  }
  const spare = Object.keys(given).find((name) => !wanted.some(([known]) => known === name))
  if (spare !== undefined) raise(op, `there is a gradient for ${spare}, which is no parameter`)
}

/** Raises unless 0 ≤ x < 1. */
export const checkFraction = (op: string, name: string, x: number): void => {
  if (!(x >= 0 && x < 1)) raise(op, `${name} lies in [0, 1), not at ${x}`)
}

/** Raises unless the learning rate is a positive number. */
export const checkRate = (op: string, lr: number): void => {
  if (!(lr > 0 && Number.isFinite(lr))) raise(op, `lr is a positive number, not ${lr}`)
}
