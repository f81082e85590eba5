import { bits32, foldInWords, keyWords, wantCount, wantWord, type Words } from '../random/threefry.ts'
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
export const split = (from: Key, n = 2): readonly Key[] => {
  wantCount('split', n)
  // each by itself has the words that hashing all n counters at once gives it
  return Array.from({ length: n }, (_, i) => derived(from, (words) => foldInWords(words, i)))
}

/** A key for a number, such as that of a step: `foldIn(k, 1)` and `foldIn(k, 2)` are independent. */
export const foldIn = (from: Key, n: number): Key => {
  wantWord('foldIn', n)
  return derived(from, (words) => foldInWords(words, n))
}

/** Random 32-bit words, on the host. */
export const bits = (from: Key, n: number): Uint32Array =>
  bits32(from.words ?? leaked('bits', 'the key', from.trace), n)
