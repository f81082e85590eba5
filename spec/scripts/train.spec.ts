import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as t from 'tessera'
import { toNamed, unet } from 'tessera/models'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadModel, saveModel } from '../../scripts/lib/model-file.ts'
import { right } from '../data/support.ts'
import { readGif } from '../render/gif.reader.ts'
import { readPng } from '../render/png.reader.ts'
import { logIn, lossesIn, namesIn, program, without } from './programs.ts'
import type { Ended } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-programs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const steps = 3
const short = ['--limit', '3', '--batch', '2', '--steps', String(steps), '--samples', '1', '--device', 'cpu']
const minutes = 60_000

const pictures = ['before-training.png', 'first-batch.png', 'forward.png', 'loss.png', 'samples.png']

describe('train', () => {
  const [out, again] = [join(folder, 'run'), join(folder, 'again')]
  let run: Ended

  beforeAll(async () => {
    const both = [
      program('train', [...short, '--epochs', '2', '--preview', '--out', out]),
      program('train', [...short, '--epochs', '1', '--out', again])
    ]
    run = (await Promise.all(both))[0]!
  }, 3 * minutes)

  it('ends well, and says what it computes on and how well it does', () => {
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toMatch(/^Device: cpu, .+ \(.+\)\nData: 3 images of digits/)
    expect(run.stdout).toMatch(/^Loss at epoch 1: \d\.\d{3} --> Best model ever \(stored\)$/m)
    expect(run.stdout).toMatch(/^Loss at epoch 2: \d\.\d{3}( --> Best model ever \(stored\))?$/m)
  })

  it('leaves a model, a log and pictures, and nothing else', () => {
    const previews = ['preview-epoch-1.png', 'preview-epoch-2.png']
    const wanted = [
      'checkpoint.previous.safetensors',
      'checkpoint.safetensors',
      'denoising.gif',
      'log.jsonl',
      'model.safetensors',
      ...pictures,
      ...previews
    ]
    expect(namesIn(out)).toEqual(wanted.toSorted())
  })

  it('logs a line a step and a line an epoch', () => {
    const log = logIn(out)
    expect(log.map(({ step, epoch }) => [step, epoch])).toEqual([
      [1, 1],
      [2, 1],
      [undefined, 1],
      [3, 2],
      [4, 2],
      [undefined, 2]
    ])
    for (const line of log) {
      const isStep = 'step' in line
      expect(Object.keys(line)).toEqual(
        isStep ? ['step', 'epoch', 'loss', 'ms'] : ['epoch', 'meanLoss', 'seconds', 'best']
      )
      const numbers = Object.values(line).filter((value) => typeof value === 'number')
      expect(numbers.every((value) => Number.isFinite(value) && value >= 0)).toBe(true)
    }
    const [first, second, epoch] = log
    expect(epoch!.meanLoss).toBeCloseTo((2 * first!.loss! + second!.loss!) / 3, 9)
    expect(epoch!.best).toBe(true)
  })

  it('takes the same steps again from the same seed, to the bit', () => {
    expect(lossesIn(again)).toEqual(lossesIn(out).slice(0, 2))
  })

  it('stores the best model with how it came about', async () => {
    const path = join(out, 'model.safetensors')
    const { metadata, tensors } = right(t.decodeSafetensors(readFileSync(path)))
    const best = logIn(out)
      .filter((line) => line.best === true)
      .at(-1)!
    expect(metadata).toEqual({
      format: 'tessera',
      version: '1',
      model: 'unet',
      dataset: 'digits',
      schedule: 'linear',
      steps: '3',
      betaMin: '0.0001',
      betaMax: '0.02',
      epoch: String(best.epoch),
      loss: String(best.meanLoss)
    })
    expect(Object.keys(tensors).length).toBe(173)
    const { schedule, params } = right(await loadModel(path)())
    expect(schedule.steps).toBe(steps)
    // what was trained is not what it started from
    const [start] = t.split(t.key(0), 4)
    const initial = unet({ steps }).init(start!)
    const weight = await t.reference.read(t.sub(params.conv_out.weight, initial.conv_out.weight))
    expect(weight.every((v) => v !== 0 && Math.abs(v) < 0.01)).toBe(true)
  })

  it(
    'starts from the model in a file',
    async () => {
      const [model, tuned] = [join(out, 'model.safetensors'), join(folder, 'tuned')]
      // Adam's steps are no longer than the learning rate
      const args = [...short, '--epochs', '1', '--lr', '1e-6', '--model', model, '--out', tuned]
      expect(await program('train', args)).toMatchObject({ code: 0, stderr: '' })
      const [before, after] = await Promise.all(
        [model, join(tuned, 'model.safetensors')].map(async (path) => right(await loadModel(path)()).params)
      )
      const moved = await t.reference.read(t.sub(after!.conv_out.weight, before!.conv_out.weight))
      expect(moved.every((v) => v !== 0 && Math.abs(v) < 3e-6)).toBe(true)
    },
    3 * minutes
  )

  it('draws pictures that a reader can open, and none of one gray', () => {
    for (const name of pictures) {
      const { data, channels } = readPng(readFileSync(join(out, name)))
      const grays = new Set(data.filter((_, i) => i % channels === 0))
      expect([name, grays.size > 16]).toEqual([name, true])
    }
  })

  it('films the denoising, and lets the film end with a pause', () => {
    const { frames } = readGif(readFileSync(join(out, 'denoising.gif')))
    expect(frames.length).toBe(steps + 33)
    expect(frames.at(-1)!.pixels).toEqual(frames[steps - 1]!.pixels)
    expect(frames[0]!.pixels).not.toEqual(frames[steps - 1]!.pixels)
  })

  it(
    'samples from its model without training',
    async () => {
      const drawn = join(folder, 'drawn')
      const args = [
        '--no-train',
        '--model',
        join(out, 'model.safetensors'),
        '--samples',
        '1',
        '--device',
        'cpu',
        '--out',
        drawn
      ]
      expect(await program('train', args)).toMatchObject({ code: 0, stderr: '' })
      expect(namesIn(drawn)).toEqual(['denoising.gif', 'samples.png'])
    },
    3 * minutes
  )

  it(
    'samples the same from the same seed, and otherwise from another seed or variance',
    async () => {
      const model = ['--model', join(out, 'model.safetensors'), '--count', '2', '--device', 'cpu']
      const variants = [
        ['--seed', '5'],
        ['--seed', '5'],
        ['--seed', '6'],
        ['--seed', '5', '--variance', 'beta']
      ]
      const files = await Promise.all(
        variants.map(async (variant, i) => {
          const to = join(folder, `samples-${i}`)
          expect(await program('sample', [...model, ...variant, '--out', to])).toMatchObject({ code: 0, stderr: '' })
          return readFileSync(join(to, 'denoising.gif')).toString('base64')
        })
      )
      expect(files[1]).toBe(files[0])
      expect(new Set(files).size).toBe(3)
    },
    3 * minutes
  )

  it(
    'does without pictures where there is no canvas, and says so once, with what mends it',
    async () => {
      const bare = join(folder, 'bare')
      const { code, stderr } = await program('train', [...short, '--epochs', '1', '--out', bare], {
        before: without('canvas')
      })
      expect(code).toBe(0)
      expect(stderr).toMatch(/^!! .*canvas.*npm run setup\n$/)
      expect(namesIn(bare)).toEqual([
        'checkpoint.previous.safetensors',
        'checkpoint.safetensors',
        'denoising.gif',
        'log.jsonl',
        'model.safetensors'
      ])
    },
    3 * minutes
  )
})

describe('Ctrl-C', () => {
  it(
    'finishes the step, stores where the run stands, and says how to go on',
    async () => {
      const out = join(folder, 'stopped')
      let asked = false
      const args = ['--limit', '900', '--batch', '1', '--steps', '2', '--samples', '1', '--device', 'cpu', '--out', out]
      const { code, stdout, stderr } = await program('train', args, {
        watch: (child, text) => {
          if (!asked && text.includes('compiled')) asked = child.kill('SIGINT')
        }
      })
      expect([code, stderr]).toEqual([130, ''])
      const losses = lossesIn(out)
      expect(stdout).toMatch(
        `Stopped after ${losses.length} ${losses.length === 1 ? 'step' : 'steps'}: npm run train -- --resume ${out} goes on`
      )
      expect(right(await loadModel(join(out, 'checkpoint.safetensors'))()).schedule.steps).toBe(2)
      expect(losses.length).toBeGreaterThan(0)
      expect(losses.length).toBeLessThan(900)
      expect(namesIn(out)).toEqual([
        'before-training.png',
        'checkpoint.previous.safetensors',
        'checkpoint.safetensors',
        'first-batch.png',
        'forward.png',
        'log.jsonl'
      ])
    },
    3 * minutes
  )

  it(
    'ends sampling, and leaves no picture',
    async () => {
      const [model, out] = [join(folder, 'long.safetensors'), join(folder, 'none')]
      const network = unet({ steps: 1000 })
      const betas = { betaMin: 1e-4, betaMax: 0.02 }
      const origin = { dataset: 'digits', schedule: 'linear', steps: 1000, ...betas, epoch: 1, loss: 1 } as const
      right(await saveModel(model, toNamed(network, network.init(t.key(0))), origin)())
      let asked = false
      const { code, stdout, stderr } = await program(
        'sample',
        ['--model', model, '--count', '1', '--device', 'cpu', '--out', out],
        {
          watch: (child, text) => {
            if (!asked && text.includes('Device')) asked = child.kill('SIGINT')
          }
        }
      )
      expect([code, stderr]).toEqual([130, ''])
      expect(stdout).toMatch(/Stopped: nothing was drawn/)
      expect(namesIn(out)).toEqual([])
    },
    3 * minutes
  )
})
