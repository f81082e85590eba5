import { printable } from './printable.ts'

/**
 * A wrong call. The message reads `op: what is wrong: the shapes`. It is thrown on the line that makes the call, before
 * anything runs. Bad input from outside (files, flags, downloads) is not a bug of the caller: that is a `Failure`.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.throws(() => t.add(t.ones([2]) as t.Tensor, t.ones([3])), t.TesseraError)
 * ```
 */
export class TesseraError extends Error {
  /** `TesseraError`, in subclasses too. */
  override readonly name = 'TesseraError'
}

/** `[2,3]` */
export const showShape = (shape: readonly number[]): string => `[${shape.join(',')}]`

/**
 * Throws a `TesseraError` with the message `op: message`. Use it in your own operations to report a wrong call.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const half = (x: t.Tensor) => (x.shape.length > 0 ? t.mul(x, 0.5) : t.raise('half', 'wants a tensor with axes'))
 * assert.throws(() => half(t.scalar(1)), /^TesseraError: half: wants a tensor with axes$/)
 * ```
 */
export const raise = (op: string, message: string): never => {
  throw new TesseraError(printable(`${op}: ${message}`))
}

/** Throws an error that occurred earlier, in a place that could not throw. */
export const rethrow = (fault: Error): never => {
  throw fault
}
