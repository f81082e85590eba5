import { raise } from '../base/raise.ts'

/** The two uint32 words of a Threefry key. A counter of 64 bits has the same form. */
export interface Words {
  readonly hi: number
  readonly lo: number
}

const UINT32 = 2 ** 32
const PARITY = 0x1bd11bda

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by))

/**
 * Replaces each counter (x0[i], x1[i]) by its Threefry-2x32-20 hash under `key`: five groups of four
 * rounds `x0 += x1; x1 = rotate(x1) ^ x0`, a word of the key schedule added after each group
 * (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
 */
const hashInPlace = (key: Words, x0: Uint32Array, x1: Uint32Array): void => {
  const schedule = Int32Array.of(key.hi, key.lo, key.hi ^ key.lo ^ PARITY)
  for (let i = 0; i < x0.length; i++) {
    let a = (x0[i]! + schedule[0]!) | 0
    let b = (x1[i]! + schedule[1]!) | 0
    for (let group = 1; group <= 5; group++) {
      const odd = (group & 1) === 1
      a = (a + b) | 0
      b = rotate(b, odd ? 13 : 17) ^ a
      a = (a + b) | 0
      b = rotate(b, odd ? 15 : 29) ^ a
      a = (a + b) | 0
      b = rotate(b, odd ? 26 : 16) ^ a
      a = (a + b) | 0
      b = rotate(b, odd ? 6 : 24) ^ a
      a = (a + schedule[group % 3]!) | 0
      b = (b + schedule[(group + 1) % 3]! + group) | 0
    }
    x0[i] = a
    x1[i] = b
  }
}

/** The hashes of the counters 0, 1, …, n - 1, as columns. */
const hashCounters = (key: Words, n: number): readonly [Uint32Array, Uint32Array] => {
  const x0 = new Uint32Array(n)
  const x1 = Uint32Array.from({ length: n }, (_, i) => i)
  hashInPlace(key, x0, x1)
  return [x0, x1]
}

/** Raises unless `n` is a possible length of an array. */
export const wantCount = (op: string, n: number): void => {
  if (!Number.isInteger(n) || n < 0 || n >= UINT32) raise(op, `the count must be an integer from 0 to 2^32 - 1: ${n}`)
}

/** Raises unless `n` is an integer of 32 bits. */
export const wantWord = (op: string, n: number): void => {
  if (!Number.isInteger(n) || n < 0 || n >= UINT32) raise(op, `the number must be an integer from 0 to 2^32 - 1: ${n}`)
}

/** The Threefry-2x32-20 hash of the counter (x0, x1) under `key`. */
export const threefry2x32 = (key: Words, x0: number, x1: number): Words => {
  const a = Uint32Array.of(x0)
  const b = Uint32Array.of(x1)
  hashInPlace(key, a, b)
  return { hi: a[0]!, lo: b[0]! }
}

/** The key of a seed, an integer from 0 to 2^53 - 1: its upper and lower 32 bits. */
export const keyWords = (seed: number): Words =>
  Number.isSafeInteger(seed) && seed >= 0
    ? { hi: Math.floor(seed / UINT32), lo: seed % UINT32 }
    : raise('key', `the seed must be an integer from 0 to 2^53 - 1: ${seed}`)

/** `n` keys that are independent of one another, and of `key` if `key` is not used again. */
export const splitWords = (key: Words, n = 2): readonly Words[] => {
  wantCount('split', n)
  const [hi, lo] = hashCounters(key, n)
  return Array.from({ length: n }, (_, i) => ({ hi: hi[i]!, lo: lo[i]! }))
}

/**
 * The key of the number `n` (a step, an index: an integer from 0 to 2^32 - 1) under `key`. As in JAX, it is the key
 * that `splitWords` gives at that index. So don't use both on the same key.
 */
export const foldInWords = (key: Words, n: number): Words => {
  wantWord('foldIn', n)
  return threefry2x32(key, 0, n)
}

/** `n` uniformly distributed uint32. The i-th depends on `key` and i only. */
export const bits32 = (key: Words, n: number): Uint32Array => {
  wantCount('bits', n)
  const [x0, x1] = hashCounters(key, n)
  return x0.map((x, i) => x ^ x1[i]!)
}
