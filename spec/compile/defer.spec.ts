import { describe, expect, it } from 'vitest'
import { defer } from '../../lib/compile/schedule/defer.ts'
import * as t from '../../lib/index.ts'

describe('a deferred result', () => {
  const x = t.exp(t.iota([3]))
  const next = t.add(x, 1)
  const twice = t.mul(next, 2)

  it('may be computed from other results', () => {
    expect([...defer([next, twice], new Set([x, next, twice]))]).toEqual([next, twice])
  })

  it('feeds no node that is not deferred', () => {
    const sum = t.sum(next)
    const y = t.mul(twice, sum)
    expect([...defer([next, twice, y], new Set([x, next, twice, sum, y]))]).toEqual([twice, y])
  })

  it('is small, and so are the buffers it is computed from', () => {
    const large = t.exp(t.iota([400, 400]))
    const row = t.slice(large, [[0, 1]])
    const stored = new Set([x, next, large, row])
    expect([...defer([row, next, large], stored)]).toEqual([next])
    // if the large one is no buffer, deferring the row keeps nothing alive
    expect([...defer([row, next], new Set([x, next, row]))]).toEqual([row, next])
  })
})
