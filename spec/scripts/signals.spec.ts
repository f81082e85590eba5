import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as t from 'tessera'
import { afterAll, describe, expect, it } from 'vitest'
import { right } from '../data/support.ts'
import { lossesIn, namesIn, program } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-signals-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const minutes = 60_000
const course = (out: string, epochs: number): readonly string[] =>
  ['--out', out, '--epochs', String(epochs)].concat(
    '--limit 5 --batch 2 --steps 2 --samples 1 --device cpu --save-every 1'.split(' ')
  )

const checkpoint = (out: string) => readFileSync(join(out, 'checkpoint.safetensors'))

describe('a training run', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129]
  ] as const)(
    'that gets %s stores where it stands, and says how it goes on',
    async (signal, code) => {
      const out = join(folder, signal)
      let asked = false
      const ended = await program('train', course(out, 1000), {
        watch: (child, text) => {
          if (!asked && text.includes('compiled')) asked = child.kill(signal)
        }
      })
      expect(ended).toMatchObject({ code, stderr: '' })
      expect(ended.stdout).toContain(`npm run train -- --resume ${out} goes on from there`)
      const { metadata } = right(t.decodeSafetensors(checkpoint(out)))
      expect(metadata.training).toContain(`"step":${lossesIn(out).length}`)
      expect(namesIn(out).filter((name) => name.startsWith('.'))).toEqual([])
    },
    4 * minutes
  )

  it(
    'whose output nobody reads any more goes on to its end, and removes what killed ones left',
    async () => {
      const [out, temporary] = [join(folder, 'unread'), '.tessera-4194304-0123456789abcdef.tmp']
      await program('train', course(out, 1))
      writeFileSync(join(out, temporary), 'half of a file')
      const ended = await program('train', [...course(out, 2), '--overwrite'], {
        watch: (child) => {
          child.stdout.destroy()
          child.stderr.destroy()
        }
      })
      expect(ended.code).toBe(0)
      expect(lossesIn(out).length).toBe(6)
      expect(namesIn(out)).not.toContain(temporary)
    },
    4 * minutes
  )

  it(
    'keeps another out of its folder, which is told which process is there',
    async () => {
      const out = join(folder, 'two')
      let second: ReturnType<typeof program> | undefined
      const first = await program('train', course(out, 1000), {
        watch: (child, text) => {
          if (second !== undefined || !text.includes('compiled')) return
          second = program('train', [...course(out, 1), '--overwrite'])
          void second.finally(() => child.kill('SIGTERM'))
        }
      })
      const refused = await second!
      expect(refused.code).toBe(1)
      expect(refused.stderr).toMatch(/^error: .*two: process \d+ writes there: .*\n$/)
      expect(first.code).toBe(143)
      const { metadata } = right(t.decodeSafetensors(checkpoint(out)))
      expect(metadata.training).toContain(`"step":${lossesIn(out).length}`)
    },
    4 * minutes
  )
})
