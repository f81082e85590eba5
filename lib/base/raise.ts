import { printable } from './printable.ts'

/**
 * The one voice of errors about wrong calls: `op: what is wrong: the shapes`. They are bugs of the
 * caller and are thrown where the operation is written, before anything runs. Bad input from outside
 * (files, flags, downloads) is no bug: that is a `Failure` in an `Either`.
 */
export class TesseraError extends Error {
  override readonly name = 'TesseraError'
}

/** `[2,3]` */
export const showShape = (shape: readonly number[]): string => `[${shape.join(',')}]`

/**
 * Throws `op: message` as a `TesseraError`: for operations of your own that are called wrongly.
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

/** Throws what went wrong before, where it could not be. */
export const rethrow = (fault: Error): never => {
  throw fault
}
