import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readGif } from '../render/gif.reader.ts'
import { logIn, lossesIn, namesIn, program, without } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-gl-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const minutes = 60_000

describe('the programs on GL', () => {
  it(
    'train and sample on the device that they choose themselves, [gl]',
    async () => {
      const [gl, cpu] = [join(folder, 'gl'), join(folder, 'cpu')]
      const args = ['--limit', '4', '--batch', '2', '--epochs', '1', '--steps', '3', '--samples', '2']
      const [chosen, plain] = await Promise.all([
        program('train', [...args, '--out', gl]),
        program('train', [...args, '--device', 'cpu', '--out', cpu])
      ])
      expect(chosen).toMatchObject({ code: 0, stderr: '' })
      expect(plain).toMatchObject({ code: 0, stderr: '' })
      expect(chosen.stdout).toMatch(/^Device: headlessgl, .*best that this platform has/)
      expect(namesIn(gl)).toEqual(namesIn(cpu))
      expect(namesIn(gl)).toContain('samples.png')
      expect(readGif(readFileSync(join(gl, 'denoising.gif'))).frames.length).toBe(36)
      const [ours, theirs] = [lossesIn(gl), lossesIn(cpu)]
      ours.forEach((loss, i) => expect(Math.abs(loss - theirs[i]!)).toBeLessThan(1e-4))
      expect(ours.length).toBe(2)
    },
    5 * minutes
  )

  it(
    'measure each epoch where they are asked to, which changes no step, [gl]',
    async () => {
      const [measured, plain] = [join(folder, 'measured'), join(folder, 'plain')]
      const args = ['--limit', '2', '--batch', '2', '--epochs', '2', '--steps', '3', '--samples', '1']
      const ended = await program('train', [...args, '--held-out', '3', '--score-every', '2', '--out', measured])
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      expect(await program('train', [...args, '--out', plain])).toMatchObject({ code: 0 })
      expect(lossesIn(measured)).toEqual(lossesIn(plain))
      const quarters = '\\(\\d\\.\\d{4}(, \\d\\.\\d{4}){2} by quarter of t\\)'
      expect(ended.stdout).toMatch(new RegExp(`^After epoch 1: loss on test images \\d\\.\\d{4} ${quarters}$`, 'm'))
      expect(ended.stdout).toMatch(/^After epoch 2: loss on test images .+, Fréchet distance \d+\.\d \(200 samples\)$/m)
      const lines = logIn(measured).filter((line) => 'heldOut' in line)
      expect(lines.map((line) => Object.keys(line))).toEqual([['epoch', 'heldOut'], ['epoch', 'heldOut', 'frechet']]) // prettier-ignore
    },
    5 * minutes
  )
})

describe('a demo', () => {
  it(
    'shows first what a trained model can draw, [gl]',
    async () => {
      const out = join(folder, 'demo')
      const args = ['--demo', '--limit', '2', '--batch', '2', '--epochs', '1', '--steps', '3', '--samples', '1']
      const { code, stdout, stderr } = await program('train', [...args, '--out', out])
      expect([code, stderr]).toEqual([0, ''])
      const says = ['First ten digits', 'They are in', 'Training: 1 x 1 steps'].map((text) => stdout.indexOf(text))
      expect(says).toEqual(says.toSorted((a, b) => a - b))
      expect(says[0]).toBeGreaterThan(0)
      expect(namesIn(out)).toEqual(expect.arrayContaining(['digits.gif', 'digits.png', 'denoising.gif', 'samples.png']))
      const { width, height, frames } = readGif(readFileSync(join(out, 'digits.gif')))
      expect(width / height).toBeGreaterThan(9)
      expect(frames.length).toBeGreaterThan(50)
    },
    5 * minutes
  )
})

describe('doctor', () => {
  it('says what computes here and why, and that it computes right, [gl]', async () => {
    const { code, stdout, stderr } = await program('doctor', [])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /^Device +headlessgl, .+\nWhy +\S.+\nLimits +textures up to \d+ x \d+, \d+ texture units, \d+ render targets/
    )
    expect(stdout).toMatch(/^Precision +1 \+ 2\^-23 is more than 1/m)
    expect(stdout.match(/^ +ok {3}.+ largest error .+, allowed .+$/gm)!.length).toBeGreaterThanOrEqual(12)
    expect(stdout).not.toMatch(/FAIL/)
    expect(stdout).toMatch(/^Pictures +canvas loads/m)
    expect(stdout).toMatch(/^Better +\S/m)
  })

  it('tries another device when told to', async () => {
    const { code, stdout } = await program('doctor', ['--device', 'cpu'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Device +cpu.+\nWhy +asked for\n/)
  })

  it('names what would be better where there is no GL', async () => {
    const { code, stdout } = await program('doctor', [], { before: without('gl') })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Device +webasm/)
    expect(stdout).toMatch(/^Why +headlessgl: the package gl does not load/m)
    expect(stdout).toMatch(/^Better +GL, .*npm run setup$/m)
  })
})
