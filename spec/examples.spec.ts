import { describe, expect, it } from 'vitest'
import { examples, examplesIn, type Example } from './examples/extract.ts'
import { run } from './examples/run.ts'
import { typeErrors } from './examples/types.ts'

const found = examples()

const titleOf = ({ file, line, code }: Example): string =>
  `${/\bt\.device\(\)/.test(code) ? '[gl] ' : ''}${file}:${line}`

describe('examples', () => {
  it('are found wherever there is one', () => {
    const files = new Set(found.map(({ file }) => file))
    expect(files).toContain('README.md')
    expect(files).toContain('lib/device/open.ts')
    expect(files).toContain('models/unet.ts')
    expect(files.size).toBeGreaterThan(30)
  })

  it('are read without their margin', () => {
    const text = '/**\n * @example\n * ```ts\n * const a = 1\n *\n *   a * 2\n * ```\n */\n'
    expect(examplesIn('a.ts', text)).toEqual([{ file: 'a.ts', line: 4, code: 'const a = 1\n\n  a * 2\n' }])
  })

  it('that are wrong fail, and say where', async () => {
    const wrong = (code: string) => run({ file: 'a.ts', line: 4, code })
    await expect(wrong("import * as t from 'tessera'\nassert.equal(t.ones([2]).shape[0], 3)")).rejects.toThrow(/^a\.ts:4: AssertionError/) // prettier-ignore
    await expect(wrong("import { tensors } from 'tessera'")).rejects.toThrow('a.ts:4: Error: tessera has no tensors')
    await expect(wrong("import * as fs from 'node:fs'")).rejects.toThrow("a.ts:4: Error: examples don't import node:fs")
    await expect(wrong('await Promise.reject(new Error("late"))')).rejects.toThrow('a.ts:4: Error: late')
  })

  it('have the types of what they call', () => {
    const wrong = { file: 'a.ts', line: 4, code: "import * as t from 'tessera'\nt.ones('2')" }
    const [first, ...errors] = typeErrors([wrong, ...found])
    expect(errors).toEqual([])
    expect(first).toMatch(/^a\.ts:5: Argument of type 'string' is not assignable/)
  })

  it.each(found.map((example) => [titleOf(example), example] as const))('%s', (_, example) => run(example))
})
