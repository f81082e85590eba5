import fc from 'fast-check'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { adding } from '../../lib/core/reductions.ts'
import { code, named, shown, type Code } from '../../lib/compile/codegen/code.ts'
import { summed, type Term } from '../../lib/compile/codegen/glsl/terms.ts'
import { Block } from '../../lib/compile/codegen/block.ts'

/** What each condition of a fragment is. */
const conditions = { left: true, right: false }
const value = fc.integer({ min: -99, max: 99 })
const term = fc.record({ value, condition: fc.constantFrom(undefined, 'left', 'right') } as const)

/** GLSL of single numbers, as JavaScript. */
const run = (lines: readonly Code[], names: readonly string[]): readonly number[] => {
  const start = names.map((name) => `let ${name} = 0;`)
  const text = lines.map((line) =>
    shown(line)
      .replace(/^vec4 /, 'let ')
      .replace('vec4(0.0)', '0')
  )
  return runInNewContext([...start, ...text, `[${names.join()}]`].join('\n'), { ...conditions }) as readonly number[]
}

describe('terms of several sums', () => {
  it('are each added once to their own, where their condition holds', () => {
    fc.assert(
      fc.property(fc.array(fc.array(term, { maxLength: 9 }), { maxLength: 5 }), (lists) => {
        const names = lists.map((_, i) => `total${i}`)
        const sums = lists.map((list, i) =>
          list.map(({ value, condition }): Term => ({
            op: adding,
            total: names[i]!,
            value: code`(${String(value)})`,
            condition: condition && named(condition)
          }))
        )
        const counts = (condition?: 'left' | 'right'): boolean => condition === undefined || conditions[condition]
        const expected = lists.map((list) =>
          list.reduce((sum, one) => sum + (counts(one.condition) ? one.value : 0), 0)
        )
        expect(run(summed(sums, new Block({ next: 0 })), names)).toEqual(expected)
      })
    )
  })

  it('under one condition are one choice', () => {
    const terms = ['a', 'b', 'c'].map((v): Term => ({
      op: adding,
      total: 'total',
      value: named(v),
      condition: named('left')
    }))
    const plain: Term = { op: adding, total: 'total', value: named('d') }
    expect(summed([[...terms, plain]], new Block({ next: 7 })).map(shown)).toEqual([
      'vec4 v7 = a + b + c;',
      'total += (left ? v7 : vec4(0.0));',
      'total += d;'
    ])
  })

  it('without conditions stand in turns, two sums at a time', () => {
    const sum = (total: string): readonly Term[] => ['a', 'b'].map((v) => ({ op: adding, total, value: named(v) }))
    const lines = summed(['x', 'y', 'z'].map(sum), new Block({ next: 0 }))
    expect(lines.map(shown)).toEqual(['x += a;', 'y += a;', 'x += b;', 'y += b;', 'z += a;', 'z += b;'])
  })
})
