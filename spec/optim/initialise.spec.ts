import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'

const read = async (x: t.Tensor): Promise<readonly number[]> => [...(await t.reference.read(x))]

describe('uniformFan', () => {
  it('draws from ±1/√fanIn, and reaches into its ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), fc.integer({ min: 1, max: 1000 }), async (seed, fanIn) => {
        const bound = 1 / Math.sqrt(fanIn)
        const drawn = await read(t.uniformFan(t.key(seed), [40, 50], { fanIn }))
        expect(Math.max(...drawn.map(Math.abs))).toBeLessThanOrEqual(Math.fround(bound))
        expect(Math.max(...drawn)).toBeGreaterThan(0.97 * bound)
        expect(Math.min(...drawn)).toBeLessThan(-0.97 * bound)
      }),
      { numRuns: 20 }
    )
  })

  it('says what is wrong', () => {
    expect(() => t.uniformFan(t.key(0), [2], { fanIn: 0 })).toThrow('uniformFan: fanIn is a positive number, not 0')
  })
})

describe('together', () => {
  const init = t.together({ a: (key) => t.normal(key, [8]), b: t.together({ c: (key) => t.normal(key, [8]) }) })

  it('gives each part a key of its own', async () => {
    const params = init(t.key(3))
    expect(await read(params.a)).not.toEqual(await read(params.b.c))
  })

  it('gives the same for the same key, another for another', async () => {
    expect(await read(init(t.key(3)).b.c)).toEqual(await read(init(t.key(3)).b.c))
    expect(await read(init(t.key(3)).b.c)).not.toEqual(await read(init(t.key(4)).b.c))
  })
})
