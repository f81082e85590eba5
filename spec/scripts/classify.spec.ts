import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import * as t from 'tessera'
import { classifier } from 'tessera/models'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSettings } from '../../scripts/classify/settings.ts'
import { loadClassifier, saveClassifier } from '../../scripts/lib/classifier-file.ts'
import { loadData } from '../../scripts/lib/data.ts'
import { progressOn } from '../../scripts/lib/progress.ts'
import { accuracyOf, readerOf } from '../../scripts/lib/reading.ts'
import { left, right } from '../data/support.ts'
import { logIn, lossesIn, namesIn, program } from './programs.ts'
import type { Ended } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-classify-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const minutes = 60_000
const short = ['--limit', '30', '--batch', '20', '--epochs', '2', '--device', 'cpu']

describe('classify', () => {
  const [out, again] = [join(folder, 'run'), join(folder, 'again')]
  const file = join(out, 'classifier.safetensors')
  let run: Ended

  beforeAll(async () => {
    const both = [out, again].map((to) => program('classify', [...short, '--out', to]))
    run = (await Promise.all(both))[0]!
  }, 3 * minutes)

  it('ends well, and says how well it reads images that it was not trained on', () => {
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toMatch(/^Device: cpu, .+\nData: 30 images of digits to learn from, 30 to test/)
    expect(run.stdout).toMatch(/^Test accuracy: \d+\.\d % of 30 images\nThe classifier is .+\.safetensors$/m)
  })

  it('leaves a classifier, a log and a picture, and nothing else', () => {
    expect(namesIn(out)).toEqual(['classifier.safetensors', 'log.jsonl', 'loss.png'])
    expect(logIn(out).map(({ step, epoch }) => [step, epoch])).toEqual([
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 2]
    ])
  })

  it('stores how the classifier came about, with the accuracy that it printed', async () => {
    const { metadata } = right(t.decodeSafetensors(readFileSync(file)))
    const { accuracy, classes, ...facts } = metadata
    expect(facts).toEqual({
      format: 'tessera',
      version: '1',
      model: 'classifier',
      dataset: 'digits',
      images: '30',
      epochs: '2',
      batch: '20',
      lr: '0.002',
      seed: '0',
      tested: '30'
    })
    expect(JSON.parse(classes!)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    expect(run.stdout).toContain(`Test accuracy: ${(100 * Number(accuracy)).toFixed(1)} %`)
    expect(right(await loadClassifier(file)())).toMatchObject({ dataset: 'digits' })
  })

  it('does the same again from the same seed, to the bit', () => {
    expect(lossesIn(again)).toEqual(lossesIn(out))
    expect(readFileSync(join(again, 'classifier.safetensors')).equals(readFileSync(file))).toBe(true)
  })

  it(
    'stops after the step where Ctrl-C asks it to, and stores what there is',
    async () => {
      const to = join(folder, 'stopped')
      let asked = false
      const args = ['--limit', '200', '--batch', '1', '--epochs', '90', '--device', 'cpu', '--out', to]
      const { code, stdout, stderr } = await program('classify', args, {
        watch: (child, text) => {
          if (!asked && text.includes('compiled')) asked = child.kill('SIGINT')
        }
      })
      expect([code, stderr]).toEqual([130, ''])
      expect(stdout).toContain(`Stopped: the classifier so far is ${join(to, 'classifier.safetensors')}`)
      expect(lossesIn(to).length).toBeLessThan(90 * 200)
    },
    3 * minutes
  )
})

describe('its settings', () => {
  const usage = (...args: readonly string[]): string => {
    const { kind, message } = left(readSettings(args))
    expect(kind).toBe('usage')
    return message
  }

  it('are a few epochs over the drawn digits where nothing is said', () => {
    const defaults = { dataset: 'digits', epochs: 3, batch: 128, lr: 2e-3, seed: 0, out: 'out/classify' }
    expect(right(readSettings([]))).toEqual(defaults)
    expect(right(readSettings(['--dataset', 'mnist', '--data', 'x']))).toEqual({ ...defaults, dataset: 'mnist', data: 'x' }) // prettier-ignore
  })

  it('refuse what does not fit', () => {
    expect(usage('--data', 'x')).toMatch(/--dataset mnist or --dataset fashion-mnist/)
    expect(usage('--epochs', '0')).toMatch(/--epochs.*'0'/)
    expect(usage('--lr', 'x')).toMatch(/--lr.*'x'/)
    expect(usage('--samples', '3')).toMatch(/--samples/)
  })
})

describe('its data', () => {
  const progress = progressOn(process.stdout)
  it('are other digits to test on than to train on, the same ones each time', async () => {
    const load = (split: t.Split) => loadData({ dataset: 'digits', limit: 20, split }, progress)().then(right)
    const [train, test, again] = await Promise.all([load('train'), load('t10k'), load('t10k')])
    expect([train.count, test.count]).toEqual([20, 20])
    expect(test.images).toEqual(again.images)
    expect(test.images).not.toEqual(train.images)
    expect(right(await loadData({ dataset: 'digits', limit: 20 }, progress)()).images).toEqual(train.images)
  })
})

describe('its file', () => {
  const params = classifier().init(t.key(0))
  const path = join(folder, 'odd.safetensors')
  const facts = { dataset: 'x', images: 1, epochs: 1, batch: 1, lr: 1, seed: 0, accuracy: 1, tested: 1 }

  it('brings back the classes', async () => {
    const classes = ['a, b', 'ü']
    right(await saveClassifier(path, params, { ...facts, classes })())
    expect(right(await loadClassifier(path)())).toMatchObject({ classes, dataset: 'x' })
  })

  it.each([
    [{}, /odd\.safetensors: it does not say what its classes are: train one with npm run classify/],
    [{ classes: '[1]' }, /its classes are no list of texts/],
    [{ classes: '["a"]', version: '2' }, /its format is version 2, this program reads up to 1/]
  ])('is refused with the metadata %j', async (metadata, message) => {
    const bytes = t.encodeSafetensors(t.storeTree(params), { metadata })
    writeFileSync(path, bytes)
    expect(left(await loadClassifier(path)()).message).toMatch(message)
  })
})

describe('reading', () => {
  it('is the same whatever the batch, and names the likeliest class', async () => {
    const params = classifier().init(t.key(2))
    const images = Float32Array.from(await t.reference.read(t.normal(t.key(3), [5, 1, 28, 28])))
    const whole = await readerOf(t.reference, params, 5)(images)
    expect(await readerOf(t.reference, params, 2)(images)).toEqual(whole)
    const probabilities = await t.reference.read(t.softmax(classifier().apply(params, t.tensor(images, [5, 1, 28, 28])))) // prettier-ignore
    whole.classes.forEach((k, n) => {
      const row = probabilities.slice(10 * n, 10 * (n + 1))
      expect(row[k]).toBe(Math.max(...row))
      expect(whole.confidence[n]).toBe(Math.fround(row[k]!))
    })
  })

  it('has as much accuracy as there are images read right', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 1 }), (pairs) => {
        const [read, labels] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)]
        expect(accuracyOf(read, labels)).toBeCloseTo(pairs.filter(([a, b]) => a === b).length / pairs.length, 12)
      })
    )
  })
})
