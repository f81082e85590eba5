import * as E from 'fp-ts/Either'
import { printable } from './printable.ts'

/**
 * What can go wrong with input from outside. `kind` decides a program's exit code (`usage` is 2, all
 * others 1); `message` is one line that names the thing, the rule, and what to do.
 */
export interface Failure {
  readonly kind: 'usage' | 'missing' | 'format' | 'checksum' | 'network' | 'write' | 'mismatch' | 'unavailable'
  readonly message: string
}

/**
 * A failure of one line: control characters that a file's name may hold are shown, not sent to the terminal.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.failure('missing', 'no such file: a.pt'), { kind: 'missing', message: 'no such file: a.pt' })
 * ```
 */
export const failure = (kind: Failure['kind'], message: string): Failure => ({ kind, message: printable(message) })

/**
 * The same as the left side of an `Either`.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.equal(t.fail('usage', '--steps is a count')._tag, 'Left')
 * ```
 */
export const fail = (kind: Failure['kind'], message: string): E.Either<Failure, never> => E.left(failure(kind, message))

/**
 * The message of whatever was thrown, on one line.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.equal(t.reason(new Error('no\nway')), 'no')
 * ```
 */
export const reason = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0] ?? 'unknown reason'
