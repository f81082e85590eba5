// declares Symbol.dispose for users whose own settings do not
/// <reference lib="esnext.disposable" preserve="true" />
import type { NdArray } from 'ndarray'
import type { Affine, Guard, Var } from './affine.ts'
import type { Helper } from './helper.ts'
import { showShape } from '../base/raise.ts'
import type { Reducing } from './reductions.ts'
import { checkShape, type Shape } from './shape.ts'

/** A float64 array of the reference interpreter. Movements are views of it. */
export type Values = NdArray<Float64Array>

/** What a kernel does for one element of a row's output. */
export type RowKernel<A> =
  /**
   * A function of the elements at the same index: its text in the language that GLSL and JavaScript share, given the
   * operands' text, and a helper function that the text may call. `cost` is how many multiplications it takes, 1 by
   * default.
   */
  | {
      readonly kind: 'pointwise'
      readonly text: (...operands: readonly string[]) => string
      readonly helper?: Helper
      readonly cost?: number
    }
  /** Reads its one input at another index, or reduces over such elements; with `fills`, elements outside are 0. */
  | {
      readonly kind: 'access'
      readonly reduces?: Reducing
      readonly fills?: true
      at(attrs: A, input: Shape, out: readonly Affine[]): Access
    }
  /** Reads the rows of its first input that the second input names. */
  | { readonly kind: 'gather' }
  /** The index along an axis. */
  | { readonly kind: 'iota' }
  /** The same number everywhere. */
  | { readonly kind: 'constant' }
  /** Numbers that come from outside the kernel. */
  | { readonly kind: 'buffer' }

/** Which element of the input a kernel reads. */
export interface Access {
  readonly index: readonly Affine[]
  readonly guards?: readonly Guard[]
  /** The variables that a reduction runs over. */
  readonly over?: readonly Var[]
}

/**
 * A primitive operation: its shape rule, its definition, its kernel and its gradient in one value. A node of a graph
 * holds its row, so there is no registry. (These are methods, because a graph forgets the type of the attributes.)
 */
export interface Row<A = unknown> {
  /** The name in graphs, plans and errors. */
  readonly name: string
  /**
   * How kernels compute it.
   *
   * @internal
   */
  readonly kernel: RowKernel<A>
  /**
   * The shape of the output. Raises if the inputs don't fit.
   *
   * @internal
   */
  shape(attrs: A, ...inputs: readonly Shape[]): Shape
  /**
   * The definition, in float64.
   *
   * @internal
   */
  reference(attrs: A, shape: Shape, ...inputs: readonly Values[]): Values
  /**
   * The cotangents of the inputs, given that of the output. undefined for an input without a gradient.
   *
   * @internal
   */
  vjp(ct: Tensor, y: Tensor, xs: readonly Tensor[], attrs: A): readonly (Tensor | undefined)[]
  /**
   * For a row whose value is its first input: `gradient` if only differentiation treats it differently, `barrier` if
   * its value must be in a buffer of its own shape.
   *
   * @internal
   */
  readonly marks?: 'gradient' | 'barrier'
  /**
   * Prints the attributes. Two nodes of one row with equal inputs and texts are the same.
   *
   * @internal
   */
  show?(attrs: A): string
}

/** A function that applies one primitive. */
export interface HasRow {
  /** The primitive that the function applies. */
  readonly row: Row
}

/** Adds its primitive to a function. */
export const withRow = <F>(f: F, row: Row): F & HasRow => Object.assign(f as F & object, { row })

/**
 * An immutable tensor: a node of an expression graph. It describes a value, and a device computes it. Numbers are
 * float32 on devices and float64 on the reference.
 */
export interface Tensor<out S extends Shape = Shape> {
  /** The sizes of the axes; frozen. */
  readonly shape: S
  /** The operation that gives this tensor. */
  readonly row: Row
  /** The operands. */
  readonly inputs: readonly Tensor[]
  /** What the operation needs besides its operands, such as axes. */
  readonly attrs: unknown
  /** The operation's name and the shape: `add[2,3]`. */
  toString(): string
  /** Frees the device memory of a computed tensor now, rather than when the tensor is garbage-collected. */
  [Symbol.dispose](): void
}

/** A tensor without axes: one number. */
export type Scalar = Tensor<readonly []>

/** Something that a disposed tensor frees. */
interface Disposable_ {
  dispose(): void
}

class Node implements Tensor {
  constructor(
    readonly row: Row,
    readonly attrs: unknown,
    readonly inputs: readonly Tensor[],
    readonly shape: Shape
  ) {
    Object.freeze(this)
  }

  toString(): string {
    return `${this.row.name}${showShape(this.shape)}`
  }

  [Symbol.dispose](): void {
    const held = (this.attrs as { readonly storage?: Disposable_ } | undefined)?.storage
    held?.dispose()
  }
}

/** The node of a row on inputs. */
export const node = <A>(row: Row<A>, attrs: A, ...inputs: readonly Tensor[]): Tensor => {
  const shape = checkShape(row.name, row.shape(attrs, ...inputs.map((x) => x.shape)))
  return new Node(row, attrs, Object.freeze(inputs), shape)
}

/**
 * Whether something is a tensor.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual([t.isTensor(t.ones([2])), t.isTensor([1, 2])], [true, false])
 * ```
 */
export const isTensor = (x: unknown): x is Tensor => x instanceof Node

/** The one cast from a shape known at run time to a shape known to the types. */
export const shaped = <S extends Shape>(x: Tensor): Tensor<S> => x as Tensor<S>

/** All nodes that the outputs depend on, inputs first. Iterative, because graphs are deep. */
export const topological = (outputs: readonly Tensor[]): readonly Tensor[] => {
  const seen = new Set<Tensor>()
  const order: Tensor[] = []
  const stack: { readonly x: Tensor; next: number }[] = []
  const enter = (x: Tensor): void => {
    if (seen.has(x)) return
    seen.add(x)
    stack.push({ x, next: 0 })
  }
  for (const output of outputs) {
    enter(output)
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const input = top.x.inputs[top.next++]
      if (input) enter(input)
      else order.push(stack.pop()!.x)
    }
  }
  return order
}
