import { bits32, foldInWords, keyWords, wantCount, wantWord, type Words } from '../random/threefry.ts'
import { raise } from '../base/raise.ts'
import { dual } from './dual.ts'
import { kindOf } from './options.ts'
import { leaked, type Trace } from './trace.ts'

/**
 * A source of randomness: an immutable value, from which random numbers and further keys are derived. The same key
 * always gives the same numbers, on every device. `t.key(seed)` makes one; nothing in the library draws without a key.
 */
export class Key {
  readonly #source: Source
  /**
   * The words of the key; undefined if the key is an argument of a function that is being traced.
   *
   * @internal
   */
  readonly words: Words | undefined
  /** The last result of `resolve`, because many keys are derived from one. */
  #last: { readonly given: readonly Words[]; readonly words: Words } | undefined
  /**
   * The trace whose keys this one is derived from, if it has no words.
   *
   * @internal
   */
  readonly trace: Trace | undefined

  /** @internal */
  constructor(source: Source) {
    this.#source = source
    this.words = 'words' in source ? source.words : undefined
    this.trace = 'from' in source ? source.from.trace : 'position' in source ? source.trace : undefined
  }

  #known(given: readonly Words[]): Words | undefined {
    const { words } = this
    if (words) return words
    if (this.#last?.given === given) return this.#last.words
    return 'position' in this.#source ? argumentAt(given, this.#source) : undefined
  }

  /**
   * The words, given the keys of the traced function. A loop, because a key may be derived from thousands in a row.
   *
   * @internal
   */
  resolve(given: readonly Words[]): Words {
    const chain: { readonly key: Key; readonly f: (words: Words) => Words }[] = []
    let key = this as Key
    for (let known = key.#known(given); ; known = key.#known(given)) {
      if (known) return chain.reduceRight((words, next) => next.key.#keep(given, next.f(words)), known)
      const { from, f } = key.#source as Derived
      chain.push({ key, f })
      key = from
    }
  }

  #keep(given: readonly Words[], words: Words): Words {
    this.#last = { given, words }
    return words
  }
}

interface Derived {
  readonly from: Key
  readonly f: (words: Words) => Words
}
interface Given {
  readonly position: number
  readonly trace: Trace | undefined
}
/** The origin of a key: known words, an argument of a traced function, or another key. */
type Source = { readonly words: Words } | Given | Derived

const argumentAt = (given: readonly Words[], { position, trace }: Given): Words =>
  given[position] ?? leaked('key', `the key argument ${position}`, trace)

/** A key of known words. */
export const known = (words: Words): Key => new Key({ words })

/** A key that stands for the `position`-th key argument of a traced function. */
export const argumentKey = (position: number, trace?: Trace): Key => new Key({ position, trace })

const derived = (from: Key, f: (words: Words) => Words): Key =>
  new Key(from.words ? { words: f(from.words) } : { from, f })

/**
 * The key of a seed, with the bits of `jax.random.key` (Threefry-2x32; Salmon et al. 2011).
 *
 * @param seed a whole number from 0 to 2^53 - 1
 * @throws TesseraError for any other seed
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const a = await t.reference.read(t.normal(t.key(0), [2]))
 * assert.deepStrictEqual(a, await t.reference.read(t.normal(t.key(0), [2])))
 * ```
 */
export const key = (seed: number): Key => new Key({ words: keyWords(seed) })

/** Whether a call begins with a key. Raises if there are `count` arguments and the first one is not a key. */
export const keyFirst =
  (op: string, count: number) =>
  (args: readonly unknown[]): boolean => {
    if (args[0] instanceof Key) return true
    return args.length >= count ? raise(op, `wants a key first, not ${kindOf(args[0])}: t.key(seed) makes one`) : false
  }

/** A key and a count; or the count alone, for a function of the key. */
export interface Splitting {
  (from: Key, n?: number): readonly Key[]
  (n?: number): (from: Key) => readonly Key[]
}

/**
 * Derives `n` independent keys (2 by default) from one, with the bits of `jax.random.split`. Don't use the original key
 * afterwards.
 *
 * @throws TesseraError if n is not a count
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const [weights, noise] = t.split(t.key(0))
 * assert.notDeepStrictEqual(t.bits(weights!, 2), t.bits(noise!, 2))
 * ```
 */
export const split = dual<Splitting>(keyFirst('split', 2), (n = 2) => {
  wantCount('split', n)
  // hashing the counters one by one gives the same words as hashing all n at once
  return (from: Key) => Array.from({ length: n }, (_, i) => derived(from, (words) => foldInWords(words, i)))
})

/** A key and a number; or the number alone, for a function of the key. */
export interface FoldingIn {
  (from: Key, n: number): Key
  (n: number): (from: Key) => Key
}

/**
 * The key for a number, such as a step, with the bits of `jax.random.fold_in`. Keys of different numbers are
 * independent.
 *
 * @param n a whole number from 0 to 2^32 - 1
 * @throws TesseraError for any other number
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const run = t.key(0)
 * assert.notDeepStrictEqual(t.bits(t.foldIn(run, 1), 2), t.bits(t.foldIn(run, 2), 2))
 * ```
 */
export const foldIn = dual<FoldingIn>(keyFirst('foldIn', 2), (n: number) => {
  wantWord('foldIn', n)
  return (from: Key) => derived(from, (words) => foldInWords(words, n))
})

/** The words of a key, which the host needs now. Raises for a key that is an argument of a function being traced. */
export const wordsOf = (op: string, from: Key): Words => from.words ?? leaked(op, 'the key', from.trace)

/** A key and a count; or the count alone, for a function of the key. */
export interface Bits {
  (from: Key, n: number): Uint32Array
  (n: number): (from: Key) => Uint32Array
}

/**
 * `n` random 32-bit words, on the host, with the bits of `jax.random.bits`.
 *
 * @throws TesseraError if the key is an argument of a function that is being traced
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.equal(t.bits(t.key(0), 3).length, 3)
 * ```
 */
export const bits = dual<Bits>(keyFirst('bits', 2), (n: number) => (from: Key) => bits32(wordsOf('bits', from), n))
