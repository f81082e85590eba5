import { bits32, foldInWords, keyWords, splitWords, type Words } from '../random/threefry.ts'
import { raise } from './raise.ts'

/**
 * A source of randomness: an immutable value from which numbers and further keys are derived. The same key
 * always gives the same numbers, on every device; nothing in the library draws without one.
 */
export class Key {
  readonly #derive: (given: readonly Words[]) => Words
  /** The key's words, where it is not an argument of a function being traced. */
  readonly words: Words | undefined

  constructor(derive: (given: readonly Words[]) => Words, words?: Words) {
    this.#derive = derive
    this.words = words
  }

  /** The words once the traced function's keys are given. */
  resolve(given: readonly Words[]): Words {
    return this.words ?? this.#derive(given)
  }
}

const known = (words: Words): Key => new Key(() => words, words)

/** A key that stands for the `position`-th key argument of a traced function. */
export const argumentKey = (position: number): Key =>
  new Key((given) => given[position] ?? raise('key', `key argument ${position} is missing`))

const derived = (from: Key, f: (words: Words) => Words): Key =>
  from.words ? known(f(from.words)) : new Key((given) => f(from.resolve(given)))

/**
 * The key of a seed, as `jax.random.key`.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const a = await t.reference.read(t.normal(t.key(0), [2]))
 * assert.deepStrictEqual(a, await t.reference.read(t.normal(t.key(0), [2])))
 * ```
 */
export const key = (seed: number): Key => known(keyWords(seed))

/** Independent keys from one, which should not be used itself any more. */
export const split = (from: Key, n = 2): readonly Key[] =>
  Array.from({ length: n }, (_, i) => derived(from, (words) => splitWords(words, n)[i]!))

/** A key for a number, such as that of a step: `foldIn(k, 1)` and `foldIn(k, 2)` are independent. */
export const foldIn = (from: Key, n: number): Key => derived(from, (words) => foldInWords(words, n))

/** Random 32-bit words, on the host. */
export const bits = (from: Key, n: number): Uint32Array =>
  bits32(from.words ?? raise('bits', 'wants a key with a value, not one of a function being traced'), n)
