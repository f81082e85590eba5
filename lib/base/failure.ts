import * as E from 'fp-ts/Either'
import { printable } from './printable.ts'

/** Something wrong with input from outside: a file, a flag, a server. It is a value, the left side of an `Either`. */
export interface Failure {
  /** The class of failure, for programs. It decides an exit code: 2 for `usage`, 1 for all others. */
  readonly kind: 'usage' | 'missing' | 'format' | 'checksum' | 'network' | 'write' | 'mismatch' | 'unavailable'
  /** One line for people. It names the thing, the rule that it breaks, and what to do. */
  readonly message: string
}

/**
 * Makes a failure. Control characters in the message, which a file's name may contain, become visible escapes, so that
 * they never reach a terminal.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.failure('missing', 'no such file: a.pt'), { kind: 'missing', message: 'no such file: a.pt' })
 * ```
 */
export const failure = (kind: Failure['kind'], message: string): Failure => ({ kind, message: printable(message) })

/**
 * Makes a failure as the left side of an `Either`.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.equal(t.fail('usage', '--steps is a count')._tag, 'Left')
 * ```
 */
export const fail = (kind: Failure['kind'], message: string): E.Either<Failure, never> => E.left(failure(kind, message))

/**
 * The first line of the message of anything that was thrown.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.equal(t.reason(new Error('no\nway')), 'no')
 * ```
 */
export const reason = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0] ?? 'unknown reason'
