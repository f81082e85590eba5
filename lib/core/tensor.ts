import type { NdArray } from 'ndarray'
import type { Affine, Guard, Var } from './affine.ts'
import type { Helper } from './helper.ts'
import { showShape } from '../base/raise.ts'
import type { ReductionName } from './reductions.ts'
import { checkShape, type Shape } from './shape.ts'

/** A float64 array of the reference interpreter; movements are views of it. */
export type Values = NdArray<Float64Array>

/** What a kernel does at one element of a row's output. */
export type RowKernel<A> =
  /**
   * A function of the elements of equal index: text in the common part of GLSL, with the operands put in, and a function
   * that it calls. Where it takes much more than a multiplication, `cost` says how many of them.
   */
  | {
      readonly kind: 'pointwise'
      readonly text: (...operands: readonly string[]) => string
      readonly helper?: Helper
      readonly cost?: number
    }
  /** Reads its one input at another index, or reduces such elements over new variables; `fills` what is not there by 0. */
  | {
      readonly kind: 'access'
      readonly reduces?: ReductionName
      readonly fills?: true
      at(attrs: A, input: Shape, out: readonly Affine[]): Access
    }
  /** Reads rows of its first input whose numbers are the elements of the second. */
  | { readonly kind: 'gather' }
  /** The index along an axis. */
  | { readonly kind: 'iota' }
  /** The same number everywhere. */
  | { readonly kind: 'constant' }
  /** Numbers that come from outside the kernel. */
  | { readonly kind: 'buffer' }

export interface Access {
  readonly index: readonly Affine[]
  readonly guards?: readonly Guard[]
  /** What a reduction goes over. */
  readonly over?: readonly Var[]
}

/**
 * A primitive: its shape rule, its meaning, its kernel and its gradient side by side. A node of a graph
 * holds its row, so there is no registry. (Methods, not properties: a graph forgets the attributes' type.)
 */
export interface Row<A = unknown> {
  readonly name: string
  readonly kernel: RowKernel<A>
  /** The output's shape; raises where the inputs do not fit. */
  shape(attrs: A, ...inputs: readonly Shape[]): Shape
  /** The meaning, in float64. */
  reference(attrs: A, shape: Shape, ...inputs: readonly Values[]): Values
  /** Cotangents of the inputs from the output's; undefined where nothing depends on an input. */
  vjp(ct: Tensor, y: Tensor, xs: readonly Tensor[], attrs: A): readonly (Tensor | undefined)[]
  /**
   * Of a row whose value is that of its first input: that only the gradient cares for it, or that its value lies in a
   * buffer of its own shape.
   */
  readonly marks?: 'gradient' | 'barrier'
  /** How the attributes print; also what tells two nodes of one row apart. */
  show?(attrs: A): string
}

/**
 * An immutable tensor: a node of an expression graph. It describes a value; a device computes it.
 * Numbers are float32 on devices and float64 on the reference.
 */
export interface Tensor<out S extends Shape = Shape> {
  readonly shape: S
  readonly row: Row
  readonly inputs: readonly Tensor[]
  readonly attrs: unknown
  toString(): string
  /** Gives back the device memory of a computed tensor now rather than when it is collected. */
  [Symbol.dispose](): void
}

/** A tensor without axes. */
export type Scalar = Tensor<readonly []>

/** Something a disposed tensor can be asked to let go of. */
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

export const isTensor = (x: unknown): x is Tensor => x instanceof Node

/** The one place where a run-time shape is taken for a shape known to the types. */
export const shaped = <S extends Shape>(x: Tensor): Tensor<S> => x as Tensor<S>

/** All nodes that the outputs depend on, inputs first. Iterative: graphs are deep. */
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
