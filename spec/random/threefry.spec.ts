import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bits32,
  foldInWords,
  keyWords,
  normalValues,
  permutationValues,
  randintValues,
  splitWords,
  threefry2x32,
  uniformValues
} from '../../lib/random/threefry.ts'
import type { Words } from '../../lib/random/threefry.ts'

const uint32 = fc.nat(0xffffffff)
const words = fc.record({ hi: uint32, lo: uint32 })
const MANY = 100_352

/** Σ (i + 1) · word[i] mod 2^32: one wrong word or place changes it. */
const digest = (values: Uint32Array | Int32Array | Float32Array): number =>
  new Uint32Array(values.buffer).reduce((sum, word, i) => (sum + Math.imul(word, i + 1)) >>> 0, 0)

const hex = ({ hi, lo }: Words): string => [hi, lo].map((word) => word.toString(16).padStart(8, '0')).join(' ')

const setBits = (word: number): number => word.toString(2).replaceAll('0', '').length

/** How many standard errors the mean of `values` lies from `mean`. */
const offMean = (values: readonly number[], mean: number, variance: number): number =>
  Math.abs(values.reduce((sum, v) => sum + v, 0) / values.length - mean) / Math.sqrt(variance / values.length)

describe('threefry2x32 gives the known answers of its authors', () => {
  const F = 0xffffffff
  it.each([
    [{ hi: 0, lo: 0 }, 0, 0, '6b200159 99ba4efe'],
    [{ hi: F, lo: F }, F, F, '1cb996fc bb002be7'],
    [{ hi: 0x13198a2e, lo: 0x03707344 }, 0x243f6a88, 0x85a308d3, 'c4923a9c 483df7a0']
  ])('key %o, counter %i %i', (key, x0, x1, known) => {
    expect(hex(threefry2x32(key, x0, x1))).toBe(known)
  })
})

describe('keys, bits and values are those of JAX', () => {
  const key = keyWords(7)

  it('key', () => {
    expect(keyWords(42)).toStrictEqual({ hi: 0, lo: 42 })
    expect(keyWords(2 ** 32)).toStrictEqual({ hi: 1, lo: 0 })
    expect(keyWords(123456789012345)).toStrictEqual({ hi: 28744, lo: 2249056121 })
    expect(keyWords(2 ** 53 - 1)).toStrictEqual({ hi: 2097151, lo: 4294967295 })
  })

  it('split and foldIn', () => {
    expect(splitWords(keyWords(0), 3)).toStrictEqual([
      { hi: 1797259609, lo: 2579123966 },
      { hi: 928981903, lo: 3453687069 },
      { hi: 4146024105, lo: 2718843009 }
    ])
    expect(foldInWords(keyWords(42), 7)).toStrictEqual({ hi: 2547012911, lo: 1371500959 })
    expect(foldInWords(keyWords(42), 4_000_000_000)).toStrictEqual({ hi: 4151844817, lo: 2174040936 })
  })

  it('bits', () => {
    expect([...bits32(keyWords(0), 5)]).toStrictEqual([4070199207, 4202968722, 1427181096, 2012915765, 2447653815])
    expect(digest(bits32(key, MANY))).toBe(0xef9b245e)
  })

  it('uniform', () => {
    expect(uniformValues(keyWords(0), 1)[0]).toBe(Math.fround(0.947667))
    expect(digest(uniformValues(key, MANY, -2.5, 7.3))).toBe(0x8563a7d8)
  })

  it('randint', () => {
    expect([...randintValues(keyWords(1), 8, 0, 1000)]).toStrictEqual([996, 927, 40, 353, 768, 684, 438, 381])
    expect(digest(randintValues(key, MANY, -7, 1000))).toBe(0xe9e44dd0)
    expect(digest(randintValues(key, 1000, -(2 ** 31), 2 ** 31 - 1))).toBe(0x6961748a)
  })

  it('permutation, with one and with two sorts', () => {
    expect([...permutationValues(keyWords(0), 10)]).toStrictEqual([0, 1, 8, 5, 6, 4, 3, 2, 7, 9])
    expect(digest(permutationValues(key, 1625))).toBe(0x3f73ef38)
    expect(digest(permutationValues(key, 1626))).toBe(0x3fe82422)
    expect(digest(permutationValues(key, 60_000))).toBe(0x2b970688)
  })

  it('normal', () => {
    expect(normalValues(keyWords(42), 1)[0]).toBe(Math.fround(-0.028304616))
    expect([...normalValues(keyWords(42), 3)]).toStrictEqual(
      [-0.028304616, 0.46713185, 0.29570296].map((v) => Math.fround(v))
    )
    expect([...new Int32Array(normalValues(key, 8).buffer)]).toStrictEqual(
      [1055328331, 1073351342, 3204720709, 3188740775, 1058902321, 1051405192, 3187961264, 3194297134].map((v) => v | 0)
    )
  })
})

describe('keys', () => {
  it('a shorter draw is the beginning of a longer one', () => {
    fc.assert(
      fc.property(words, fc.nat(50), fc.nat(50), (key, n, more) => {
        expect(bits32(key, n + more).slice(0, n)).toStrictEqual(bits32(key, n))
        expect(splitWords(key, n + more).slice(0, n)).toStrictEqual(splitWords(key, n))
      })
    )
  })

  it('split gives at an index what foldIn gives for it', () => {
    fc.assert(
      fc.property(words, fc.nat(40), (key, n) => {
        expect(splitWords(key, n + 1)[n]).toStrictEqual(foldInWords(key, n))
      })
    )
  })

  it('different counters have different hashes under one key', () => {
    fc.assert(
      fc.property(words, fc.tuple(uint32, uint32), fc.tuple(uint32, uint32), (key, a, b) => {
        fc.pre(a[0] !== b[0] || a[1] !== b[1])
        expect(hex(threefry2x32(key, ...a))).not.toBe(hex(threefry2x32(key, ...b)))
      })
    )
  })

  it('split keys and their parent draw unrelated bits', () => {
    const parent = keyWords(3)
    const draws = [parent, ...splitWords(parent, 4)].map((key) => bits32(key, 4000))
    for (const [i, a] of draws.entries()) {
      for (const b of draws.slice(i + 1)) {
        const differing = [...a].map((word, at) => setBits((word ^ b[at]!) >>> 0))
        expect(offMean(differing, 16, 8)).toBeLessThan(4)
      }
    }
  })
})

describe('uniform', () => {
  it('stays within its bounds', () => {
    fc.assert(
      fc.property(words, fc.float({ min: -100, max: 0, noNaN: true }), fc.nat(100), (key, lo, span) => {
        for (const v of uniformValues(key, 64, lo, lo + span)) {
          expect(v).toBeGreaterThanOrEqual(lo)
          expect(v).toBeLessThanOrEqual(Math.fround(lo + span))
        }
      })
    )
  })

  it('is uniform: mean, variance, and a chi-squared of 64 bins', () => {
    const values = [...uniformValues(keyWords(11), MANY)]
    const bins = new Float64Array(64)
    for (const v of values) bins[Math.floor(v * 64)]!++
    const expected = MANY / 64
    const chi2 = bins.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0)
    expect(Math.max(...values)).toBeLessThan(1)
    expect(offMean(values, 0.5, 1 / 12)).toBeLessThan(4)
    expect(
      offMean(
        values.map((v) => (v - 0.5) ** 2),
        1 / 12,
        1 / 180
      )
    ).toBeLessThan(4)
    expect(Math.abs(chi2 - 63) / Math.sqrt(126)).toBeLessThan(4)
  })
})

describe('normal', () => {
  const values = [...normalValues(keyWords(12), MANY)]

  it('has the moments of the standard normal distribution', () => {
    expect(offMean(values, 0, 1)).toBeLessThan(4)
    expect(
      offMean(
        values.map((v) => v ** 2),
        1,
        2
      )
    ).toBeLessThan(4)
    expect(
      offMean(
        values.map((v) => v ** 3),
        0,
        15
      )
    ).toBeLessThan(4)
    expect(
      offMean(
        values.map((v) => v ** 4),
        3,
        96
      )
    ).toBeLessThan(4)
  })

  it.each([
    [1, 0.3173105],
    [2, 0.0455003],
    [3, 0.0026998],
    [4, 0.0000633]
  ])('lies beyond %i as often as it should', (bound, share) => {
    const beyond = values.map((v) => (Math.abs(v) > bound ? 1 : 0))
    expect(offMean(beyond, share, share * (1 - share))).toBeLessThan(4)
  })

  it('is finite and the same for the same key', () => {
    fc.assert(
      fc.property(words, (key) => {
        const drawn = normalValues(key, 100)
        expect(drawn.every(Number.isFinite)).toBe(true)
        expect(normalValues(key, 100)).toStrictEqual(drawn)
      })
    )
  })
})

describe('randint', () => {
  const bound = fc.integer({ min: -(2 ** 31), max: 2 ** 31 })

  it('stays within lo and hi - 1', () => {
    fc.assert(
      fc.property(words, bound, bound, (key, a, b) => {
        fc.pre(a !== b)
        const [lo, hi] = [Math.min(a, b), Math.max(a, b)]
        for (const v of randintValues(key, 32, lo, hi)) {
          expect(v).toBeGreaterThanOrEqual(lo)
          expect(v).toBeLessThan(hi)
        }
      })
    )
  })

  it('is uniform: a chi-squared of a thousand values', () => {
    const seen = new Float64Array(1000)
    for (const v of randintValues(keyWords(13), MANY, 0, 1000)) seen[v]!++
    const expected = MANY / 1000
    const chi2 = seen.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(Math.abs(chi2 - 999) / Math.sqrt(2 * 999)).toBeLessThan(4)
  })
})

describe('permutation', () => {
  it('holds every number once', () => {
    fc.assert(
      fc.property(words, fc.nat(3000), (key, n) => {
        expect(permutationValues(key, n).sort()).toStrictEqual(Uint32Array.from({ length: n }, (_, i) => i))
      })
    )
  })

  it('gives every order of four about equally often', () => {
    const orders = splitWords(keyWords(14), 4800).map((key) => permutationValues(key, 4).join(''))
    const counts = [...new Set(orders)].map((order) => orders.filter((other) => other === order).length)
    const chi2 = counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)
    expect(counts).toHaveLength(24)
    expect(Math.abs(chi2 - 23) / Math.sqrt(46)).toBeLessThan(4)
  })
})

describe('wrong calls say what they want', () => {
  const key = keyWords(0)
  it.each([
    [() => keyWords(-1), 'key: the seed must be an integer from 0 to 2^53 - 1: -1'],
    [() => keyWords(0.5), 'key: the seed must be an integer from 0 to 2^53 - 1: 0.5'],
    [() => foldInWords(key, 2 ** 32), 'foldIn: the number must be an integer from 0 to 2^32 - 1: 4294967296'],
    [() => splitWords(key, -1), 'split: the count must be an integer from 0 to 2^32 - 1: -1'],
    [() => bits32(key, 1.5), 'bits: the count must be an integer from 0 to 2^32 - 1: 1.5'],
    [() => uniformValues(key, 1, 2, 1), 'uniform: lo must not be above hi: 2, 1'],
    [() => randintValues(key, 1, 3, 3), 'randint: lo and hi must be integers with -2^31 <= lo < hi <= 2^31: 3, 3'],
    [() => permutationValues(key, NaN), 'permutation: the count must be an integer from 0 to 2^32 - 1: NaN']
  ])('%s', (call, message) => {
    expect(call).toThrow(message)
  })
})
