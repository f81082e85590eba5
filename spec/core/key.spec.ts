import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as t from '../../lib/index.ts'
import { argumentKey } from '../../lib/core/key.ts'
import { keyWords, splitWords } from '../../lib/random/threefry.ts'
import { holds } from '../support/property.ts'

afterEach(() => vi.restoreAllMocks())

/** How many numbers arrays of hashes are made for. */
const hashed = (work: () => unknown): number => {
  const made = [vi.spyOn(Uint32Array, 'from'), vi.spyOn(Uint32Array, 'of')]
  work()
  const total = made
    .flatMap(({ mock }) => mock.results)
    .reduce((sum, { value }) => sum + (value as Uint32Array).length, 0)
  vi.restoreAllMocks()
  return total
}

describe('split', () => {
  it("gives the very keys of JAX's split, however many", () =>
    holds(fc.tuple(fc.nat(2 ** 31), fc.integer({ min: 0, max: 50 })), ([seed, n]) =>
      expect(t.split(t.key(seed), n).map(({ words }) => words)).toEqual(splitWords(keyWords(seed), n))
    ))

  it('hashes twice as much for twice as many', () => {
    const [once, twice] = [1000, 2000].map((n) => hashed(() => t.split(t.key(0), n)))
    expect(once).toBeGreaterThan(0)
    expect(twice).toBeLessThanOrEqual(2.1 * once!)
  })

  it('does so in a compiled function, too', async () => {
    const drawn = (n: number) => (key: t.Key) => t.split(key, n).map((k) => t.uniform(k, [1]))
    using device = await t.device({ name: 'cpu' })
    const work = [300, 600].map((n) => {
      const f = device.compile(drawn(n))
      f(t.key(0))
      return hashed(() => f(t.key(1)))
    })
    expect(work[1]).toBeLessThanOrEqual(2.1 * work[0]!)
  })

  it('refuses a count that is none, where it is written', () => {
    for (const n of [-1, 1.5, NaN, 2 ** 32])
      for (const key of [t.key(0), argumentKey(0)])
        expect(() => t.split(key, n)).toThrow(`split: the count must be an integer from 0 to 2^32 - 1: ${n}`)
    expect(() => t.foldIn(argumentKey(0), -1)).toThrow('foldIn: the number must be an integer from 0 to 2^32 - 1: -1')
  })
})

describe('a key of a compiled function', () => {
  it('may be derived from thousands of others in a row', async () => {
    const last = (key: t.Key): t.Key => Array.from({ length: 20_000 }).reduce<t.Key>((k, _, i) => t.foldIn(k, i), key)
    const f = t.reference.compile((key: t.Key) => t.uniform(last(key), [2]))
    using device = await t.device({ name: 'cpu' })
    const g = device.compile((key: t.Key) => t.uniform(last(key), [2]))
    for (const seed of [0, 1]) {
      const [found, wanted] = [await device.read(g(t.key(seed))), await t.reference.read(f(t.key(seed)))]
      expect(Array.from(found)).toEqual(Array.from(wanted))
    }
  })
})
