import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findCycles, importGraph } from '../../scripts/sizes/cycles.ts'
import { measureFile } from '../../scripts/sizes/measure.ts'

const text = `import { b } from './b.ts'
import type { C } from './c.ts'
export * from '../d.ts'

/** A comment
 * is no code. */
export const named = (x: any) => (y: C) => {
  const inner = function () {
    return [x, y].map((z) => z)
  }
  return inner
}
class K {
  constructor(readonly k = b) {}
  method(): void {}
}
`

describe('sizes', () => {
  const file = measureFile('lib/a/a.ts', text)

  it('counts lines, code and functions', () => {
    expect(file).toMatchObject({ lines: 16, code: 13, anys: [7], imports: ['./b.ts', '../d.ts'] })
    expect(file.functions.map(({ name, line, lines }) => [name, line, lines])).toEqual([
      ['named', 7, 6],
      ['inner', 8, 3],
      ['constructor', 14, 1],
      ['method', 15, 1]
    ])
  })

  it('follows imports as paths', () => {
    expect(importGraph([file]).get('lib/a/a.ts')).toEqual(['lib/a/b.ts', 'lib/d.ts'])
  })

  const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 30 })

  const graphOf = (pairs: readonly (readonly [number, number])[]): ReadonlyMap<string, readonly string[]> =>
    new Map(
      Array.from(
        { length: 10 },
        (_, i) => [String(i), pairs.filter(([a]) => a === i).map(([, b]) => String(b))] as const
      )
    )

  it('finds no cycle where files import later ones only', () => {
    fc.assert(
      fc.property(edges, (pairs) => {
        expect(findCycles(graphOf(pairs.filter(([a, b]) => a < b)))).toEqual([])
      })
    )
  })

  it('finds a cycle wherever some file can be reached from itself, and each is one', () => {
    fc.assert(
      fc.property(edges, (pairs) => {
        const graph = graphOf(pairs)
        const reach = (from: ReadonlySet<string>): ReadonlySet<string> => {
          const more = new Set([...from].flatMap((file) => [file, ...(graph.get(file) ?? [])]))
          return more.size === from.size ? from : reach(more)
        }
        const cyclic = [...graph].some(([file, next]) => reach(new Set(next)).has(file))
        const cycles = findCycles(graph)
        expect(cycles.length > 0).toBe(cyclic)
        for (const cycle of cycles) {
          expect(cycle[0]).toBe(cycle.at(-1))
          for (const [i, file] of cycle.slice(1).entries()) expect(graph.get(cycle[i]!)).toContain(file)
        }
      })
    )
  })
})
