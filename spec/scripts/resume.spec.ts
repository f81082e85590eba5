import { existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import type { ChildProcess } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import * as t from 'tessera'
import { afterAll, describe, expect, it } from 'vitest'
import { right } from '../data/support.ts'
import { lossesIn, namesIn, program } from './programs.ts'
import type { Ended } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-resume-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const minutes = 60_000
const epochs = 7
/** 21 steps, each of which is stored. */
const course = [
  '--limit',
  '5',
  '--batch',
  '2',
  '--steps',
  '2',
  '--samples',
  '1',
  '--device',
  'cpu',
  '--save-every',
  '1'
]

/** A learning rate that falls to the end of a run has another course in a longer one. */
const steady = (n: string): readonly string[] => ['--epochs', n, '--lr-decay', 'none']

const start = (out: string, more: readonly string[] = []) => ['--out', out, ...course, ...more]
const checkpoint = (out: string): string => join(out, 'checkpoint.safetensors')

/** How a process is killed: so many milliseconds after its start, or where it writes to its folder for the nth time. */
type Moment = { readonly after: number } | { readonly write: number }

const moments = fc.array(
  fc.oneof(
    fc.record({ after: fc.integer({ min: 0, max: 9000 }) }),
    fc.record({ write: fc.integer({ min: 1, max: 9 }) })
  ),
  { minLength: 20, maxLength: 20 }
)

const killAt = (child: ChildProcess, out: string, moment: Moment): (() => void) => {
  const kill = (): void => void child.kill('SIGKILL')
  if ('after' in moment || !existsSync(out)) {
    const timer = setTimeout(kill, 'after' in moment ? moment.after : 3000)
    return () => clearTimeout(timer)
  }
  let writes = 0
  const watcher = watch(out, () => {
    if (++writes >= moment.write) kill()
  })
  return () => watcher.close()
}

const advance = (out: string, moment?: Moment): Promise<Ended> => {
  const args = existsSync(checkpoint(out)) ? ['--resume', out] : start(out, ['--epochs', String(epochs)])
  let forget = (): void => undefined
  const ended = program('train', args, {
    started: (child) => {
      if (moment !== undefined) forget = killAt(child, out, moment)
    }
  })
  return ended.finally(() => forget())
}

const tensorsOf = (file: string) => right(t.decodeSafetensors(readFileSync(file))).tensors

describe('a training run', () => {
  it(
    'that is killed twenty times ends like one that was let alone: parameters, moments, losses',
    async () => {
      const [alone, killed] = [join(folder, 'alone'), join(folder, 'killed')]
      const undisturbed = program('train', start(alone, ['--epochs', String(epochs)]))
      let kills = 0
      await fc.assert(
        fc.asyncProperty(moments, async (when) => {
          for (const moment of when) if ((await advance(killed, moment)).code === null) kills++
        }),
        { numRuns: 1, endOnFailure: true }
      )
      // a moment may come after the end of a run that had little left to do
      while (kills < 20) if ((await advance(killed, { after: 1000 })).code === null) kills++
      expect(await advance(killed)).toMatchObject({ code: 0, stderr: '' })
      expect(await undisturbed).toMatchObject({ code: 0, stderr: '' })

      // the model and its time embedding, two moments and an average of each tensor, two powers and two counts of steps
      expect(Object.keys(tensorsOf(checkpoint(alone))).length).toBe(173 + 3 * 172 + 4)
      expect(tensorsOf(checkpoint(killed))).toEqual(tensorsOf(checkpoint(alone)))
      const models = [alone, killed].map((out) => readFileSync(join(out, 'model.safetensors')))
      expect(models[1]!.equals(models[0]!)).toBe(true)
      expect(lossesIn(killed)).toEqual(lossesIn(alone))
      expect(lossesIn(killed).length).toBe(3 * epochs)
      expect(namesIn(killed)).toEqual(namesIn(alone))
    },
    12 * minutes
  )

  it(
    'that is over goes on for more epochs, and is protected until it is over',
    async () => {
      const [long, short] = [join(folder, 'long'), join(folder, 'short')]
      await Promise.all([program('train', start(long, steady('2'))), program('train', start(short, steady('1')))])
      const more = await program('train', ['--resume', short, '--epochs', '2'])
      expect(more).toMatchObject({ code: 0, stderr: '' })
      expect(more.stdout).toMatch(/^Going on after 3 steps: epoch 2, batch 1$/m)
      expect(tensorsOf(checkpoint(short))).toEqual(tensorsOf(checkpoint(long)))
      expect(lossesIn(short)).toEqual(lossesIn(long))
    },
    4 * minutes
  )

  it(
    'whose last checkpoint is damaged goes on from the one before it, and says so',
    async () => {
      const [long, hurt] = [join(folder, 'whole'), join(folder, 'hurt')]
      await Promise.all([program('train', start(long, steady('2'))), program('train', start(hurt, steady('1')))])
      const damage = (file: string): void => {
        const bytes = readFileSync(file)
        bytes[bytes.length >> 1]! ^= 1
        writeFileSync(file, bytes)
      }
      damage(checkpoint(hurt))
      const more = await program('train', ['--resume', hurt, '--epochs', '2'])
      expect(more.code).toBe(0)
      expect(more.stderr).toMatch(
        /^!! Going on from the checkpoint before the last: .*checkpoint\.safetensors: .* damaged.*\n$/
      )
      expect(tensorsOf(checkpoint(hurt))).toEqual(tensorsOf(checkpoint(long)))
      expect(lossesIn(hurt)).toEqual(lossesIn(long))

      const previous = join(hurt, 'checkpoint.previous.safetensors')
      ;[checkpoint(hurt), previous].forEach(damage)
      const refused = await program('train', ['--resume', hurt, '--epochs', '3'])
      expect(refused.code).toBe(1)
      expect(refused.stderr).toMatch(/^error: .*checkpoint\.safetensors: .*checkpoint\.previous\.safetensors: .*\n$/)
      rmSync(previous)
      expect((await program('train', ['--resume', hurt])).stderr).toMatch(/^error: .*checkpoint\.safetensors: .*\n$/)
    },
    4 * minutes
  )

  it(
    'that is not over is not overwritten by another, unless that is wanted',
    async () => {
      const out = join(folder, 'unfinished')
      let asked = false
      await program('train', start(out, ['--epochs', '1000']), {
        watch: (child, text) => {
          if (!asked && text.includes('compiled')) asked = child.kill('SIGINT')
        }
      })
      const before = readFileSync(checkpoint(out))
      const again = await program('train', start(out, ['--epochs', '1']))
      expect(again.code).toBe(2)
      expect(again.stderr).toMatch(
        /^error: .*checkpoint\.safetensors is of a run that is not over: --resume .*--overwrite/
      )
      expect(readFileSync(checkpoint(out)).equals(before)).toBe(true)
      expect(await program('train', start(out, ['--epochs', '1', '--overwrite']))).toMatchObject({
        code: 0,
        stderr: ''
      })
      expect(lossesIn(out).length).toBe(3)
    },
    4 * minutes
  )

  it(
    'does not go on with other images, nor from what is no checkpoint',
    async () => {
      const out = join(folder, 'refused')
      expect((await program('train', ['--resume', out])).stderr).toMatch(/^error: there is no run to go on with in /)
      expect(await program('train', start(out, ['--epochs', '1']))).toMatchObject({ code: 0 })
      rmSync(join(out, 'checkpoint.previous.safetensors'))
      const { tensors, metadata } = right(t.decodeSafetensors(readFileSync(checkpoint(out))))
      const training = JSON.parse(metadata.training!) as { readonly [name: string]: unknown }
      const lacking = Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.endsWith('.power1')))
      const cases: readonly (readonly [t.Safetensors['tensors'], string | undefined, RegExp])[] = [
        [tensors, JSON.stringify({ ...training, images: 'other' }), /not the images that the run was started with/],
        [tensors, JSON.stringify({ ...training, key: '1,2' }), /draws other random numbers/],
        [tensors, JSON.stringify({ ...training, flags: ['--batch', 'x'] }), /settings .* are damaged: .*--batch/],
        [tensors, JSON.stringify({ ...training, flags: ['--resume', 'x'] }), /settings .* are damaged/],
        [tensors, JSON.stringify({ ...training, flags: ['--no-train', '--model', 'x'] }), /no training run/],
        [tensors, JSON.stringify({ ...training, place: { step: -1 } }), /damaged/],
        [tensors, '{', /damaged/],
        [tensors, undefined, /holds a model, and no run/],
        [lacking, metadata.training, /power1 is missing/]
      ]
      for (const [given, said, wanted] of cases) {
        const { training: __, ...rest } = metadata
        writeFileSync(
          checkpoint(out),
          t.encodeSafetensors(given, { metadata: said === undefined ? rest : { ...rest, training: said } })
        )
        const { code, stderr } = await program('train', ['--resume', out])
        expect(code).not.toBe(0)
        expect(stderr).toMatch(wanted)
        expect(stderr.trimEnd().split('\n').length).toBe(1)
      }
    },
    4 * minutes
  )
})
