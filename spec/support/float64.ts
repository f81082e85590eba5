import { held } from '../../lib/core/create.ts'
import type { Shape } from '../../lib/core/shape.ts'
import type { Tensor } from '../../lib/core/tensor.ts'
import { packed } from '../../lib/core/values.ts'
import { interpret } from '../../lib/reference/interpret.ts'

// Numbers in float64, by the reference.

export const valuesOf = (xs: readonly Tensor[]): readonly Float64Array[] =>
  interpret(xs).map((values) => Float64Array.from(packed(values).data))

export const evaluate = (x: Tensor): Float64Array => valuesOf([x])[0]!

/** A tensor of float64 numbers, which only the reference keeps as they are. */
export const exactly = (data: ArrayLike<number>, shape: Shape): Tensor =>
  held({ read: () => data, dispose: () => undefined }, shape)

export const zipNumbers = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  f: (x: number, y: number) => number
): Float64Array => Float64Array.from(a, (x, i) => f(x, b[i]!))

/** x + h v */
export const moved = (x: Tensor, v: Tensor, h: number): Tensor =>
  exactly(
    zipNumbers(evaluate(x), evaluate(v), (a, b) => a + h * b),
    x.shape
  )

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  zipNumbers(a, b, (x, y) => x * y).reduce((sum, x) => sum + x, 0)

/** Σ|a b|: the magnitude of what a dot product adds up. */
export const dotScale = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  zipNumbers(a, b, (x, y) => Math.abs(x * y)).reduce((sum, x) => sum + x, 0)
