import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { cases, wrongAtEdges } from '../support/edges.ts'

describe.each(['headlessgl', 'cpu', 'webasm', 'reference'] as const)('[gl] at the ends of numbers, on %s:', (name) => {
  it.each(cases)('$name', async (edge) => {
    using device = name === 'reference' ? undefined : await t.device({ name })
    expect((await wrongAtEdges(device ?? t.reference, edge)).join('; ')).toBe('')
  })
})
