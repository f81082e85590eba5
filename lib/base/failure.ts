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

export const failure = (kind: Failure['kind'], message: string): Failure => ({ kind, message: printable(message) })

export const fail = (kind: Failure['kind'], message: string): E.Either<Failure, never> => E.left(failure(kind, message))

/** The message of whatever was thrown, on one line. */
export const reason = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0] ?? 'unknown reason'
