import { raise } from '../base/raise.ts'
import { erfinv } from './erfinv.ts'
import { bits32, splitWords, wantCount } from './words.ts'
import type { Words } from './words.ts'

const UINT32 = 2 ** 32
const ONE_BITS = 0x3f800000
const SQRT2 = Math.fround(Math.SQRT2)
/** The smallest float32 above -1, so that no normal value is infinite. */
const ABOVE_MINUS_ONE = -1 + 2 ** -24

/** Raises unless there are uniform numbers between the two. */
export const wantSpan = (lo: number, hi: number): void => {
  if (!(lo <= hi && Number.isFinite(Math.fround(hi - lo)))) raise('uniform', `lo must not be above hi: ${lo}, ${hi}`)
}

/**
 * `n` float32 values in [lo, hi): 23 random bits are the mantissa of a number in [1, 2), from which 1 is subtracted.
 * (If hi - lo is rounded up, hi itself can occur.)
 */
export const uniformValues = (key: Words, n: number, lo = 0, hi = 1): Float32Array => {
  wantSpan(lo, hi)
  const bits = bits32(key, n)
  for (let i = 0; i < n; i++) bits[i] = (bits[i]! >>> 9) | ONE_BITS
  const values = new Float32Array(bits.buffer)
  const from = Math.fround(lo)
  const span = Math.fround(Math.fround(hi) - from)
  for (let i = 0; i < n; i++) values[i] = Math.max(from, Math.fround((values[i]! - 1) * span + from))
  return values
}

/** `n` float32 values of the standard normal distribution: √2 erf⁻¹(u), u uniform in (-1, 1). */
export const normalValues = (key: Words, n: number): Float32Array => {
  const values = uniformValues(key, n, ABOVE_MINUS_ONE, 1)
  for (let i = 0; i < n; i++) values[i] = SQRT2 * erfinv(values[i]!)
  return values
}

/** Raises unless there are whole numbers of 32 bits between the two. */
export const wantRange = (lo: number, hi: number): void => {
  if (!Number.isInteger(lo) || !Number.isInteger(hi) || lo < -(2 ** 31) || hi > 2 ** 31 || lo >= hi) {
    raise('randint', `lo and hi must be integers with -2^31 <= lo < hi <= 2^31: ${lo}, ${hi}`)
  }
}

/**
 * `n` integers from lo to hi - 1. Each is a random number of 64 bits modulo hi - lo, computed in 32:
 * (upper · 2^32 + lower) mod span, with 2^32 mod span as the multiplier. As in JAX, overflow is dropped, so that spans
 * above 2^16 get their values from the lower word alone.
 */
export const randintValues = (key: Words, n: number, lo: number, hi: number): Int32Array => {
  wantRange(lo, hi)
  const [first, second] = splitWords(key, 2)
  const upper = bits32(first!, n)
  const lower = bits32(second!, n)
  const span = hi - lo
  const half = 2 ** 16 % span
  const multiplier = (Math.imul(half, half) >>> 0) % span
  return Int32Array.from(upper, (word, i) => {
    const offset = (Math.imul(word % span, multiplier) + (lower[i]! % span)) >>> 0
    return lo + (offset % span)
  })
}

/** The order of `keys` by their byte at `shift`, starting from `order`; equal ones keep their places. */
const sortByByte = (keys: Uint32Array, order: Uint32Array, shift: number): Uint32Array => {
  const starts = new Uint32Array(257)
  for (const key of keys) starts[((key >>> shift) & 255) + 1]!++
  for (let byte = 1; byte <= 256; byte++) starts[byte]! += starts[byte - 1]!
  const sorted = new Uint32Array(order.length)
  for (const at of order) sorted[starts[(keys[at]! >>> shift) & 255]!++] = at
  return sorted
}

const sortedOrder = (keys: Uint32Array): Uint32Array =>
  [0, 8, 16, 24].reduce<Uint32Array>(
    (order, shift) => sortByByte(keys, order, shift),
    Uint32Array.from(keys, (_, i) => i)
  )

/**
 * How many sorts make equal keys harmless: the least r with (2^32 - 1)^r >= n^3. (It steps at n = 1625.5
 * and 2642245.9, too far from integers for an engine's own `Math.log` to matter.)
 */
const shuffleRounds = (n: number): number => Math.ceil((3 * Math.log(Math.max(1, n))) / Math.log(UINT32 - 1))

/** A random order of 0 … n - 1: `shuffleRounds(n)` stable sorts by new random words. */
export const permutationValues = (key: Words, n: number): Uint32Array => {
  wantCount('permutation', n)
  let rest = key
  let values = Uint32Array.from({ length: n }, (_, i) => i)
  for (let round = shuffleRounds(n); round > 0; round--) {
    const [next, used] = splitWords(rest, 2)
    const shuffled = values
    values = sortedOrder(bits32(used!, n)).map((at) => shuffled[at]!)
    rest = next!
  }
  return values
}
