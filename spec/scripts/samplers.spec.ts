import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readPng } from '../render/png.reader.ts'
import { program } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-samplers-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('npm run samplers', () => {
  it('prints the order of each sampler, and draws their errors', async () => {
    const out = join(folder, 'new', 'orders.png')
    const { code, stdout } = await program('samplers', ['--steps', '80', '--out', out])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^sampler +40 steps +80 steps +order$/m)
    const orderOf = (name: string): number => Number(new RegExp(`^${name} .* (\\S+)$`, 'm').exec(stdout)?.[1])
    expect(orderOf('ddim')).toBeCloseTo(1, 0)
    expect(orderOf('heun')).toBeCloseTo(2, 0)
    const { width, height } = readPng(readFileSync(out))
    expect([width, height]).toEqual([1600, 1000])
  })

  it('says how many steps there are at least', async () => {
    const { code, stderr } = await program('samplers', ['--steps', '39'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/--steps is 40 or more, not 39/)
  })
})

describe('docs/samplers.md', () => {
  it('names every sampler', async () => {
    const { samplers } = await import('tessera')
    const page = readFileSync(new URL('../../docs/samplers.md', import.meta.url), 'utf8')
    for (const name of Object.keys(samplers)) expect(page, name).toContain(`| \`${name}\``)
  })
})
