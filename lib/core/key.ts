import { bits32, foldInWords, keyWords, wantCount, wantWord, type Words } from '../random/threefry.ts'
import { raise } from '../base/raise.ts'
import { dual } from './dual.ts'
import { kindOf } from './options.ts'
import { leaked, type Trace } from './trace.ts'

/**
 * A source of randomness: an immutable value from which numbers and further keys are derived. The same key
 * always gives the same numbers, on every device; nothing in the library draws without one.
 */
export class Key {
  readonly #source: Source
  /** The key's words, where it is not an argument of a function being traced. */
  readonly words: Words | undefined
  /** What it was resolved to last: many keys are derived from one. */
  #last: { readonly given: readonly Words[]; readonly words: Words } | undefined
  /** The trace whose keys it is derived from, where it has no words. */
  readonly trace: Trace | undefined

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

  /** The words once the traced function's keys are given. (A loop: a key may be derived from thousands in a row.) */
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
/** Where a key comes from: it is known, the argument of a traced function, or derived from another one. */
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
 * The key of a seed, as `jax.random.key`.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const a = await t.reference.read(t.normal(t.key(0), [2]))
 * assert.deepStrictEqual(a, await t.reference.read(t.normal(t.key(0), [2])))
 * ```
 */
export const key = (seed: number): Key => new Key({ words: keyWords(seed) })

/** Whether a call begins with a key; raises for anything else in its place if all `count` arguments are there. */
export const keyFirst =
  (op: string, count: number) =>
  (args: readonly unknown[]): boolean => {
    if (args[0] instanceof Key) return true
    return args.length >= count ? raise(op, `wants a key first, not ${kindOf(args[0])}: t.key(seed) makes one`) : false
  }

/** A key and how many to make of it, or how many alone for a function of the key. */
export interface Splitting {
  (from: Key, n?: number): readonly Key[]
  (n?: number): (from: Key) => readonly Key[]
}

/**
 * Independent keys from one, which should not be used itself any more: as `jax.random.split`, in time in proportion to
 * their number.
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
  // each by itself has the words that hashing all n counters at once gives it
  return (from: Key) => Array.from({ length: n }, (_, i) => derived(from, (words) => foldInWords(words, i)))
})

/** A key and a number, or the number alone for a function of the key. */
export interface FoldingIn {
  (from: Key, n: number): Key
  (n: number): (from: Key) => Key
}

/**
 * A key for a number, such as that of a step: as `jax.random.fold_in`. Keys for two numbers are independent.
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

/** The words of a key, which the host needs now; raises for a key that is an argument of a function being traced. */
export const wordsOf = (op: string, from: Key): Words => from.words ?? leaked(op, 'the key', from.trace)

/** A key and a count, or the count alone for a function of the key. */
export interface Bits {
  (from: Key, n: number): Uint32Array
  (n: number): (from: Key) => Uint32Array
}

/**
 * `n` random 32-bit words, on the host.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.equal(t.bits(t.key(0), 3).length, 3)
 * ```
 */
export const bits = dual<Bits>(keyFirst('bits', 2), (n: number) => (from: Key) => bits32(wordsOf('bits', from), n))
