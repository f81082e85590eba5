import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import * as customOp from '../../examples/custom-op.ts'
import * as ddpm from '../../examples/ddpm.ts'
import * as pipeline from '../../examples/pipeline.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-example-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('[gl] the examples', () => {
  it('pipeline.ts fits its curve', async () => {
    const [before, after] = await pipeline.main(300)
    expect(after).toBeLessThan(before / 100)
  })

  it('custom-op.ts prints an operation, its slope and its plan', async () => {
    const lines = (await customOp.main()).split('\n')
    const numbers = (line: string): readonly number[] => line.match(/-?\d+\.\d+/g)!.map(Number)
    // Φ(1), and Φ(1) + φ(1)
    expect(numbers(lines[0]!)[3]).toBeCloseTo(0.8413, 3)
    expect(numbers(lines[1]!)[3]).toBeCloseTo(0.8413 + Math.exp(-0.5) / Math.sqrt(2 * Math.PI), 3)
    expect(numbers(lines[2]!)).toEqual([1000, 1.1269, 0.6931, 1.1269, 2])
    expect(lines.slice(3)).toEqual(['a = argument[5]', 'b = mul a : [5]  #0', 'return b'])
  })

  it('ddpm.ts trains and draws samples', async () => {
    const losses = await ddpm.main({ images: 16, epochs: 3, batchSize: 8, steps: 3, samples: 4, out: folder })
    expect(losses.length).toBe(3)
    expect(losses[2]).toBeLessThan(losses[0]!)
    const png = readFileSync(join(folder, 'samples.png'))
    expect(png.subarray(1, 4).toString()).toBe('PNG')
  })

  it('are as short as they say', () => {
    const lines = (name: string): number =>
      readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8')
        .trimEnd()
        .split('\n').length
    expect(lines('ddpm.ts')).toBeLessThanOrEqual(80)
    expect(lines('pipeline.ts')).toBeLessThanOrEqual(40)
  })
})
