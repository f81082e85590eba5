import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findCycles, importGraph } from '../../scripts/sizes/cycles.ts'
import { arrowsUpwards, doubleNames, layers } from '../../scripts/sizes/layers.ts'
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
export type E = C
if (x.row.name === 'add' || named === 'row.name') f()
`

describe('sizes', () => {
  const file = measureFile('lib/a/a.ts', text)

  it('counts lines, code and functions', () => {
    expect(file).toMatchObject({
      lines: 18,
      code: 15,
      anys: [7],
      imports: ['./b.ts', './c.ts', '../d.ts'],
      types: ['E'],
      byName: [18]
    })
    expect(file.functions.map(({ name, line, lines }) => [name, line, lines])).toEqual([
      ['named', 7, 6],
      ['inner', 8, 3],
      ['constructor', 14, 1],
      ['method', 15, 1]
    ])
  })

  it('follows imports as paths', () => {
    expect(importGraph([file]).get('lib/a/a.ts')).toEqual(['lib/a/b.ts', 'lib/a/c.ts', 'lib/d.ts'])
  })

  const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 30 })

  const graphOf = (pairs: readonly (readonly [number, number])[]): ReadonlyMap<string, readonly string[]> =>
    new Map(
      Array.from(
        { length: 10 },
        (_, i) => [String(i), pairs.filter(([a]) => a === i).map(([, b]) => String(b))] as const
      )
    )

  it('names each import of a later layer, types too, and what is in none', () => {
    const numbers = fc.nat(layers.length - 1)
    fc.assert(
      fc.property(numbers, numbers, (from, to) => {
        const up = '../'.repeat(layers[from]!.split('/').length)
        const importing = measureFile(`${layers[from]}/a.ts`, `import type { B } from '${up}${layers[to]}/b.ts'`)
        expect(arrowsUpwards([importing]).length).toBe(to > from ? 1 : 0)
      })
    )
    expect(arrowsUpwards([measureFile('elsewhere/a.ts', '')])).toEqual([
      expect.stringMatching(/^elsewhere.a\.ts: in no/)
    ])
  })

  it('names types that two files export', () => {
    const [a, b] = ['lib/a.ts', 'lib/b.ts'].map((path) => measureFile(path, 'export interface Twice { readonly x: 1 }'))
    const once = measureFile('lib/c.ts', 'export type Once = 1\ninterface Twice { readonly y: 1 }')
    expect(doubleNames([a!, b!, once])).toEqual(['the type Twice stands in lib/a.ts and lib/b.ts'])
    expect(doubleNames([a!, once])).toEqual([])
  })

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
