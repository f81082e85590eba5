import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as t from 'tessera'
import { toNamed, unet } from 'tessera/models'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadModel, saveModel } from '../../scripts/lib/model-file.ts'
import { right } from '../data/support.ts'
import { lossesIn, program } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-classes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const minutes = 60_000
const steps = 3
const short = ['--limit', '3', '--batch', '2', '--steps', String(steps), '--samples', '1', '--device', 'cpu']
const [plain, apart, told, half] = ['plain.safetensors', 'apart.safetensors', 'told', 'half'].map((name) => join(folder, name)) as [string, string, string, string] // prettier-ignore
const model = join(told, 'model.safetensors')

describe('a model of classes', () => {
  const free = unet({ steps })
  const params = free.init(t.key(3))

  beforeAll(async () => {
    const origin = { dataset: 'digits', schedule: 'linear', steps, betaMin: 1e-4, betaMax: 0.02, epoch: 1 } as const
    right(await saveModel(plain, toNamed(free, params), origin)())
    // rows so far apart that it shows in a picture
    const rows = { class_emb: { weight: t.mul(t.normal(t.key(4), [11, 100]), 3) } }
    right(await saveModel(apart, toNamed(free, { ...params, ...rows }), origin)())
    const args = ['train', [...short, '--classes', '--model', plain, '--epochs', '2']] as const
    const both = [
      program(args[0], [...args[1], '--out', told]),
      program(args[0], [...args[1].slice(0, -1), '1', '--lr-decay', 'none', '--out', half])
    ]
    for (const ended of await Promise.all(both)) expect(ended).toMatchObject({ code: 0, stderr: '' })
  }, 3 * minutes)

  it('is trained from one without: a row for each class, and one for none, come first', async () => {
    const file = right(await loadModel(model)())
    expect(file.model.config.classes).toBe(10)
    expect(file.params.class_emb?.weight.shape).toEqual([11, 100])
    expect(lossesIn(told)).toHaveLength(4)
  })

  it(
    'goes on where it was stopped, told the same labels',
    async () => {
      const [whole, parts] = [join(folder, 'whole'), join(folder, 'half')]
      const args = [...short, '--classes', '--model', plain, '--epochs', '2', '--lr-decay', 'none']
      expect(await program('train', [...args, '--out', whole])).toMatchObject({ code: 0, stderr: '' })
      const more = ['--resume', parts, '--epochs', '2', '--samples', '1', '--device', 'cpu']
      expect(await program('train', more)).toMatchObject({ code: 0, stderr: '' })
      expect(lossesIn(parts)).toEqual(lossesIn(whole))
    },
    3 * minutes
  )

  it(
    'draws the digits that it is asked for',
    async () => {
      const draw = async (name: string, ...args: readonly string[]) => {
        const out = join(folder, name)
        const ended = await program('sample', ['--model', apart, '--device', 'cpu', '--out', out, ...args])
        expect(ended).toMatchObject({ code: 0, stderr: '' })
        return readFileSync(join(out, 'denoising.gif')).toString('base64')
      }
      const drawn = await Promise.all([
        draw('01', '--digits', '01'),
        draw('0101', '--digits', '01', '--count', '2'),
        draw('10', '--digits', '10'),
        draw('01-free', '--digits', '01', '--guidance', '0')
      ])
      expect(drawn[1]).toBe(drawn[0])
      expect(new Set(drawn).size).toBe(3)
    },
    3 * minutes
  )

  it(
    'is refused where it does not fit',
    async () => {
      const refusals = await Promise.all([
        program('sample', ['--model', plain, '--digits', '7', '--device', 'cpu']),
        program('sample', ['--model', plain, '--digits', '7a']),
        program('train', [...short, '--model', model, '--out', join(folder, 'never')])
      ])
      expect(refusals.map(({ code }) => code)).toEqual([1, 2, 1])
      expect(refusals[0].stderr).toBe(`error: ${plain}: its model knows no classes, and cannot be asked for a 7\n`)
      expect(refusals[1].stderr).toContain('It must be digits, such as 0123456789.')
      expect(refusals[2].stderr).toBe(`error: ${model}: its model knows 10 classes: train it with --classes\n`)
    },
    3 * minutes
  )
})
