import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import * as t from 'tessera'
import { toNamed, unet, type UNetOptions } from 'tessera/models'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { factsOf, keepSamples, keptSamples, readSamples } from '../../scripts/evaluate/kept.ts'
import { measureLosses, pixelVariances, pixelwiseLoss, quartersOf } from '../../scripts/evaluate/losses.ts'
import { besideNearest } from '../../scripts/evaluate/neighbours.ts'
import { classTable, lossTable, scoreTable } from '../../scripts/evaluate/report.ts'
import { drawMissing } from '../../scripts/evaluate/samples.ts'
import { parted, scoreOf, shown, shuffled, standardOf, stretched } from '../../scripts/evaluate/scores.ts'
import { readSettings } from '../../scripts/evaluate/settings.ts'
import { shippedClassifier } from '../../scripts/lib/classifier-file.ts'
import type { LoadedModel } from '../../scripts/lib/model-file.ts'
import { saveModel, shippedModel } from '../../scripts/lib/model-file.ts'
import { pixels } from '../../scripts/lib/reading.ts'
import type { UserIO } from '../../scripts/lib/user.ts'
import { left, right } from '../data/support.ts'
import { readPng } from '../render/png.reader.ts'
import { holds, holdsOn } from '../support/property.ts'
import { namesIn, program } from './programs.ts'
import type { Ended } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-evaluate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const minutes = 60_000
const options: UNetOptions = { steps: 8 }
const network = unet(options)
const params = network.init(t.key(0))

/** The U-Net's parameters with another function of them. */
const modelled = (apply: LoadedModel['model']['apply'], steps = 8): LoadedModel => ({
  model: { ...network, apply },
  params,
  schedule: t.linearSchedule({ steps, betaMin: 0.05, betaMax: 0.4 }),
  scheduleName: 'linear'
})

/** A user who asks to stop when bars have moved n times. */
const user = (patience = Infinity): UserIO => {
  let seen = 0
  return {
    progress: { say: () => undefined, bar: () => ({ at: () => (seen += 1), end: () => undefined }) },
    interrupt: {
      get asked() {
        return seen >= patience
      }
    }
  }
}

const images = async (n: number, seed = 0): Promise<Float32Array> =>
  Float32Array.from(await t.reference.read(t.normal(t.key(seed), [n, 1, 28, 28])))

describe('quarters of t', () => {
  it('are all timesteps, in four parts that differ by one at most', () =>
    holds(fc.integer({ min: 1, max: 1001 }), (steps) => {
      const quarters = quartersOf(steps)
      expect(quarters.length).toBe(Math.min(4, steps))
      expect(quarters.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual([
        ...Array(steps).keys()
      ])
      const lengths = quarters.map(({ from, to }) => to - from)
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1)
    }))
})

describe('the loss pixel by pixel', () => {
  it('is that of the best guess from a pixel alone', async () => {
    const schedule = t.scheduleOf([0.2, 0.3, 0.5])
    const variance = 0.36
    const n = 40_000
    const [x0, eta] = [t.normal(t.key(1), [n]), t.normal(t.key(2), [n])]
    for (const [at, bar] of schedule.alphaBar.entries()) {
      const ts = t.tensor(new Float32Array(n).fill(at), [n])
      const xt = t.noise(schedule)(t.mul(x0, Math.sqrt(variance)), ts, eta)
      const guess = t.mul(xt, Math.sqrt(1 - bar) / (bar * variance + 1 - bar))
      const [measured] = await t.reference.read(t.mse(guess, eta))
      // within five standard errors
      expect(Math.abs(pixelwiseLoss(schedule, { from: at, to: at + 1 }, [variance]) / measured! - 1)).toBeLessThan(5 * Math.sqrt(2 / n)) // prettier-ignore
    }
  })

  it('is 0 where nothing varies, and lies between its ends', () => {
    const { schedule } = modelled(network.apply)
    expect(pixelwiseLoss(schedule, { from: 0, to: 8 }, [0, 0])).toBe(0)
    const [first, last] = [pixelwiseLoss(schedule, { from: 0, to: 1 }, [1, 2]), pixelwiseLoss(schedule, { from: 7, to: 8 }, [1, 2])] // prettier-ignore
    const all = pixelwiseLoss(schedule, { from: 0, to: 8 }, [1, 2])
    expect(last).toBeLessThan(all)
    expect(all).toBeLessThan(first)
  })

  it('knows the variance of each pixel', async () => {
    const found = pixelVariances(await images(3))
    const wanted = await t.reference.read(t.variance(t.tensor(await images(3), [3, pixels]), { axes: 0 }))
    found.forEach((v, p) => expect(v).toBeCloseTo(wanted[p]!, 6))
  })
})

describe('the losses of a model', () => {
  const how = { labels: Uint8Array.of(3, 1, 4, 1, 5), batch: 2, key: t.key(4) }

  it('are about 1 where it guesses nothing, and 0 where it knows everything', async () => {
    const silent = await measureLosses(t.reference, modelled((_, x) => t.mul(x, 0)), await images(5), how, user()) // prettier-ignore
    expect(silent!.images).toBe(5)
    for (const { model } of [...silent!.quarters, silent!.overall]) expect(Math.abs(model.mean - 1)).toBeLessThan(0.15)
    // of black pictures the noise is all there is
    const trained = modelled((_, x) => x)
    const all = { ...trained.schedule.tables, noise: t.ones([8]), signal: t.ones([8]) }
    const knowing = { ...trained, schedule: { ...trained.schedule, tables: all } }
    const perfect = await measureLosses(t.reference, knowing, new Float32Array(2 * pixels), how, user())
    expect(perfect!.overall.model).toEqual({ mean: 0, error: 0 })
  })

  it('ask for timesteps of their quarter, one for each image', async () => {
    const asked: t.Tensor[] = []
    const model = modelled((_, x, ts) => {
      asked.push(ts)
      return t.add(x, t.reshape(ts, [ts.shape[0]!, 1, 1, 1]))
    })
    // the loss is about t² + …: from it the quarter shows
    const { quarters, overall } = (await measureLosses(t.reference, model, await images(3), how, user()))!
    quarters.forEach(({ from, to, model: { mean } }) => {
      expect(mean).toBeGreaterThan(from ** 2)
      expect(mean).toBeLessThan((to - 1) ** 2 + 2.5)
    })
    expect(overall.model.mean).toBeCloseTo(quarters.reduce((sum, { model: { mean } }) => sum + mean, 0) / 4, 9)
    expect(asked.length).toBeGreaterThan(0)
  })

  it('are not there where the user asks to stop', async () => {
    expect(await measureLosses(t.reference, modelled((_, x) => x), await images(5), how, user(1))).toBeUndefined() // prettier-ignore
  })
})

describe('samples', () => {
  const trained = modelled((_, x) => t.mul(x, 0.5), 3)
  const draw = (samples: number, batch: number, have: Float32Array, patience = Infinity, keep?: string) => {
    const settings = { samples, batch, ...(keep !== undefined && { keep }) }
    const kept = { images: have, facts: {} }
    return drawMissing(t.reference, trained, settings, { kept, key: t.key(5) }, user(patience))().then(right)
  }

  it('are the same whether drawn at once or in parts', async () => {
    await holdsOn(
      fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), fc.nat(12)),
      async ([samples, batch, patience]) => {
        const whole = await draw(samples, batch, new Float32Array())
        expect(whole.images.length).toBe(samples * pixels)
        const part = await draw(samples, batch, new Float32Array(), patience)
        expect(part.images.length % (batch * pixels) === 0 || part.images.length === whole.images.length).toBe(true)
        expect((await draw(samples, batch, part.images)).images).toEqual(whole.images)
      },
      10
    )
  })

  it('of a model of classes are told them in turn, whatever the batches', async () => {
    // the picture is the label, and for no label 7
    const told = (config: object): LoadedModel => {
      const model = modelled((_, x, __, labels) => {
        const label = labels ? t.reshape(labels, [x.shape[0]!, 1, 1, 1]) : t.full([1, 1, 1, 1], 7)
        return t.add(t.mul(x, 0), label)
      }, 1)
      return { ...model, model: { ...model.model, config: { ...network.config, ...config } }, schedule: t.scheduleOf([0.5]) } // prettier-ignore
    }
    const labelsOf = async (batch: number, guidance: number) => {
      const settings = { samples: 5, batch, guidance, sampler: 'ddim', clip: 0 } as const
      const kept = { images: new Float32Array(), facts: {} }
      const drawn = await drawMissing(t.reference, told({ classes: 3 }), settings, { kept, key: t.key(5) }, user())() // prettier-ignore
      const free = await drawMissing(t.reference, told({ classes: 0 }), settings, { kept, key: t.key(5) }, user())() // prettier-ignore
      // x_0 = (x - √½ eps) / √½: what labels change is their negative
      const [with3, without] = [right(drawn).images, right(free).images]
      return Array.from({ length: 5 }, (_, n) => Math.round(without[n * pixels]! - with3[n * pixels]!) + 7)
    }
    expect(await labelsOf(5, 1)).toEqual([0, 1, 2, 0, 1])
    expect(await labelsOf(2, 1)).toEqual([0, 1, 2, 0, 1])
    // 7 + 2 (label - 7)
    expect(await labelsOf(2, 2)).toEqual([-7, -5, -3, -7, -5])
  })

  it('are kept batch by batch', async () => {
    const keep = join(folder, 'new', 'kept.safetensors')
    const drawn = await draw(4, 2, new Float32Array(), 4, keep)
    expect(drawn.images.length).toBe(2 * pixels)
    expect(right(await readSamples(keep)()).images).toEqual(drawn.images)
  })
})

describe('kept samples', () => {
  const trained = modelled(network.apply)
  const settings = right(readSettings(['--model', 'm']))
  const facts = factsOf(trained, settings)
  const path = join(folder, 'kept.safetensors')

  it('are gone on from where everything is the same, and refused where something is not', async () => {
    expect(right(await keptSamples(undefined, facts)())).toEqual({ images: new Float32Array(), facts })
    expect(right(await keptSamples(path, facts)())).toEqual({ images: new Float32Array(), facts })
    const kept = { images: await images(2), facts }
    right(await keepSamples(path, kept)())
    expect(right(await keptSamples(path, facts)())).toEqual(kept)
    const others: readonly (readonly [object, string])[] = [
      [{ seed: 1 }, 'seed'],
      [{ batch: 7 }, 'batch'],
      [{ variance: 'beta' }, 'variance'],
      [{ clip: 0 }, 'clip'],
      [{ clip: 1 }, 'clip'],
      [{ spacing: 'karras' }, 'spacing']
    ]
    expect(factsOf(trained, { ...settings, guidance: 3 })).toEqual(facts)
    const classes = { ...trained, model: { ...trained.model, config: { ...network.config, classes: 10 } } }
    expect(factsOf(classes, { ...settings, guidance: 3 })).toEqual({ ...facts, classes: '10', guidance: '3' })
    for (const [change, name] of others) {
      const { kind, message } = left(await keptSamples(path, factsOf(trained, { ...settings, ...change }))())
      expect([kind, message]).toEqual(['mismatch', `${path}: its samples were drawn with another ${name}: name another file, or remove it`]) // prettier-ignore
    }
    // files of older versions say none of these
    const { schedule: _, sampler: __, spacing: ___, ...older } = facts
    right(await keepSamples(path, { ...kept, facts: older })())
    expect(right(await keptSamples(path, facts)()).facts).toEqual(older)
    const other = { ...trained, params: network.init(t.key(1)) }
    expect(left(await keptSamples(path, factsOf(other, settings))()).message).toMatch(/another model:/)
  })

  it.each([
    [{}, /it holds no samples: name a file that npm run evaluate -- --keep wrote/],
    [{ samples: { shape: [2, 3], data: new Float32Array(6) } }, /its samples have the shape \[2,3\], not \[N,1,28,28\]/]
  ])('that are none are refused: %j', async (tensors, message) => {
    const odd = join(folder, 'odd.safetensors')
    writeFileSync(odd, t.encodeSafetensors(tensors))
    expect(left(await readSamples(odd)()).message).toMatch(message)
  })
})

describe('scores', () => {
  const reading = (classes: readonly number[], seed: number) => ({
    classes: Uint8Array.from(classes),
    confidence: Float32Array.from(classes, () => 0.5),
    features: Float32Array.from({ length: 64 * classes.length }, (_, i) => Math.sin(seed + i * i))
  })

  it('of the same images are the best there are', () => {
    const same = reading([0, 1, 1, 9], 1)
    const { images: n, frechet, variation, confidence, shares } = scoreOf(same, standardOf(same))
    expect([n, variation, confidence]).toEqual([4, 0, 0.5])
    expect(frechet).toBeLessThan(1e-6)
    expect(shares).toEqual([0.25, 0.5, 0, 0, 0, 0, 0, 0, 0, 0.25])
    const other = scoreOf(reading([2, 2, 2, 2], 2), standardOf(same))
    expect(other.frechet).toBeGreaterThan(1)
    expect(other.variation).toBe(1)
    expect(scoreOf(same, standardOf(same), [0, 1, 2, 9]).right).toBe(0.75)
  })

  it('see images as they can be shown, or stretched as pictures are', async () => {
    const drawn = (await images(3)).map((v, i) => (i < pixels ? 3 * v : i < 2 * pixels ? v / 9 : 0.5))
    expect([...shown(drawn)].every((v) => v >= -1 && v <= 1)).toBe(true)
    expect(shown(drawn).slice(pixels, 2 * pixels)).toEqual(drawn.slice(pixels, 2 * pixels))
    const wide = stretched(drawn)
    for (const at of [0, pixels]) {
      const image = wide.subarray(at, at + pixels)
      expect([Math.min(...image), Math.max(...image)]).toEqual([-1, 1])
    }
    expect(wide.subarray(2 * pixels).every((v) => v === -1)).toBe(true)
    expect(stretched(wide)).toEqual(wide)
  })

  it('compare with every other image of the data set, in random order', async () => {
    const digits = t.drawDigits(t.key(1), 30)
    const order = await shuffled(digits, t.key(1))
    expect([...order.indices].toSorted((a, b) => a - b)).toEqual([...Array(30).keys()])
    expect([...order.indices]).not.toEqual([...Array(30).keys()])
    expect([...order.labels]).toEqual([...order.indices].map((i) => i % 10))
    const sizes = (count: number) => parted(order.images, count).map((part) => part.length / pixels)
    expect([sizes(4), sizes(15), sizes(1000)]).toEqual([[4, 26], [15, 15], [15, 15]]) // prettier-ignore
  })
})

describe('samples beside their nearest training images', () => {
  it('are found where they were copied from, in a row of their own', () =>
    holds(fc.uniqueArray(fc.nat(29), { minLength: 1, maxLength: 5 }), (copied) => {
      const digits = t.drawDigits(t.key(1), 30)
      const all = t.normalise(digits.images)
      const samples = copied.map((i) => all.subarray(i * pixels, (i + 1) * pixels))
      const { data, shape } = besideNearest(Float32Array.from(samples.flatMap((image) => [...image])), digits)
      expect(shape).toEqual([4 * copied.length, 1, 28, 28])
      const rowOf = (row: number) => data.subarray(row * copied.length * pixels, (row + 1) * copied.length * pixels)
      expect(rowOf(1)).toEqual(rowOf(0))
      expect(rowOf(2)).not.toEqual(rowOf(0))
    }))

  it('are beside fewer where there are fewer', () => {
    const digits = t.drawDigits(t.key(1), 2)
    expect(besideNearest(t.normalise(digits.images), digits).shape).toEqual([6, 1, 28, 28])
  })
})

describe('its tables', () => {
  it('say what was measured', () => {
    const model = { mean: 0.12345, error: 0.00067 }
    const quarter = { from: 0, to: 250, model, pixelwise: 0.5 }
    expect(lossTable({ quarters: [quarter], overall: { ...quarter, model: { mean: 1, error: NaN } }, images: 9 })).toMatchInlineSnapshot(`
      "Loss on 9 test images, ± its standard error
                             model  pixel by pixel  no guess
      t = 0 … 249  0.1235 ± 0.0007          0.5000    1.0000
      all                   1.0000          0.5000    1.0000"
    `) // prettier-ignore
    const classes = { variation: 0.0456, confidence: 0.987, shares: [0.25, 0.75] }
    const score = { images: 1000, frechet: 1.234, features: { kernel: 12.34, precision: 0.5, recall: 0.4 }, ...classes }
    const scores = { samples: score, noise: { images: 3, frechet: 1234, ...classes, shares: [1, 0] } }
    expect(scoreTable(scores, 9000)).toMatchInlineSnapshot(`
      "Distance from 9000 test images
               images  Fréchet  kernel  precision  recall  classes differ by  confidence
      samples    1000     1.23    12.3     50.0 %  40.0 %              4.6 %      98.7 %
      noise         3     1234                                         4.6 %      98.7 %"
    `)
    expect(scoreTable({ ...scores, samples: { ...score, right: 0.975 } }, 9000)).toMatchInlineSnapshot(`
      "Distance from 9000 test images
               images  Fréchet  kernel  precision  recall  classes differ by  confidence  as asked for
      samples    1000     1.23    12.3     50.0 %  40.0 %              4.6 %      98.7 %        97.5 %
      noise         3     1234                                         4.6 %      98.7 %"
    `)
    expect(classTable(['cat', 'dog'], [0.5, 0.5], scores)).toMatchInlineSnapshot(`
      "Classes, as they are read
           test images  samples    noise
      cat       50.0 %   25.0 %  100.0 %
      dog       50.0 %   75.0 %    0.0 %"
    `)
  })
})

describe('its settings', () => {
  const usage = (...args: readonly string[]): string => {
    const { kind, message } = left(readSettings(args))
    expect(kind).toBe('usage')
    return message
  }

  it('are 1000 samples of the model of MNIST, looked at by the classifier in models/, where nothing is said', () => {
    expect(right(readSettings([]))).toEqual({
      model: shippedModel,
      dataset: 'mnist',
      classifier: shippedClassifier,
      samples: 1000,
      heldOut: 1000,
      batch: 100,
      seed: 0,
      steps: 50,
      out: 'out/evaluate'
    })
  })

  it('refuse what does not fit', () => {
    expect(usage('--dataset', 'digits', '--data', 'x')).toMatch(/--dataset mnist or --dataset fashion-mnist/)
    expect(usage('--model', 'm', '--keep', 'x', '--from', 'y')).toMatch(/--keep is for samples that are drawn/)
    for (const flag of ['--samples', '--steps', '--held-out', '--batch', '--limit']) expect(usage('--model', 'm', flag, '0')).toMatch(flag) // prettier-ignore
    expect(usage('--model', 'm', '--clip', '-1')).toMatch(/--clip/)
  })
})

describe('evaluate', () => {
  const [model, out, json, kept] = ['model.safetensors', 'out', 'score.json', 'samples.safetensors'].map((name) => join(folder, name)) as [string, string, string, string] // prettier-ignore
  const tiny = [
    '--model',
    model,
    '--dataset',
    'digits',
    '--limit',
    '12',
    '--held-out',
    '2',
    '--batch',
    '2',
    '--device',
    'cpu'
  ]
  const short = unet({ steps: 4 })
  const origin = {
    dataset: 'digits',
    schedule: 'linear',
    steps: 4,
    betaMin: 1e-4,
    betaMax: 0.02,
    epoch: 1,
    loss: 1
  } as const
  let run: Ended

  beforeAll(async () => {
    right(await saveModel(model, toNamed(short, params), origin)())
    run = await program('evaluate', [
      ...tiny,
      '--samples',
      '3',
      '--neighbours',
      '2',
      '--keep',
      kept,
      '--json',
      json,
      '--out',
      out
    ])
  }, 5 * minutes)

  it('ends well, and prints the three tables', () => {
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toMatch(/^Device: cpu, .+\nData: 12 test images of digits/)
    expect(run.stdout).toMatch(/^Loss on 2 test images, .+\n.+\nt = 0 … 0 +\d\.\d{4} ± \d\.\d{4} +\d\.\d{4} +1\.0000$/m)
    expect(run.stdout).toMatch(/^Distance from 9 test images\n.+\nother test images +3 .+\nsamples +3 .+\nsamples, stretched +3 .+\nnoise +3 /m) // prettier-ignore
    expect(run.stdout).toMatch(/^Classes, as they are read\n +test images .+ noise\n0 .+ %\n/m)
    expect(run.stdout).toMatch(/^The classifier, trained on mnist, reads \d+\.\d % of the test images right\.$/m)
  })

  it('leaves a picture of the samples, and the numbers and the samples where it is told to', () => {
    expect(namesIn(out)).toEqual(['nearest.png', 'samples.png'])
    for (const name of namesIn(out)) expect(readPng(readFileSync(join(out, name))).data.length).toBeGreaterThan(0)
    const { tensors } = right(t.decodeSafetensors(readFileSync(kept)))
    expect(tensors.samples?.shape).toEqual([3, 1, 28, 28])
    const numbers = JSON.parse(readFileSync(json, 'utf8')) as Readonly<Record<string, unknown>>
    expect(numbers).toMatchObject({ device: 'cpu', dataset: 'digits', seed: 0, losses: { images: 2 }, reference: { images: 9 } }) // prettier-ignore
    expect(Object.keys(numbers.scores as object)).toEqual(['other test images', 'samples', 'samples, stretched', 'noise']) // prettier-ignore
  })

  it(
    'measures the same of samples that are kept, and goes on from them',
    async () => {
      const [again, more] = [join(folder, 'again.json'), join(folder, 'more.safetensors')]
      copyFileSync(kept, more)
      const runs = [
        ['--from', kept, '--json', again, '--out', join(folder, 'out2')],
        ['--samples', '4', '--keep', more, '--out', join(folder, 'out3')]
      ]
      for (const ended of await Promise.all(runs.map((args) => program('evaluate', [...tiny, ...args]))))
        expect(ended).toMatchObject({ code: 0, stderr: '' })
      expect(JSON.parse(readFileSync(again, 'utf8'))).toEqual(JSON.parse(readFileSync(json, 'utf8')))
      const [before, after] = [right(await readSamples(kept)()).images, right(await readSamples(more)()).images]
      expect(after.length).toBe(4 * pixels)
      // the third was alone in its batch, which is drawn again as one of two
      expect(after.subarray(0, 2 * pixels)).toEqual(before.subarray(0, 2 * pixels))
    },
    5 * minutes
  )

  it(
    'stops where Ctrl-C asks it to, and says what is kept',
    async () => {
      const long = join(folder, 'long.safetensors')
      const slow = unet({ steps: 1000 })
      right(await saveModel(long, toNamed(slow, params), { ...origin, steps: 1000 })())
      let asked = false
      const args = [
        '--dataset',
        'digits',
        '--model',
        long,
        '--limit',
        '4',
        '--held-out',
        '1',
        '--samples',
        '1',
        '--device',
        'cpu'
      ]
      const ended = await program('evaluate', [...args, '--out', join(folder, 'stopped')], {
        watch: (child, text) => {
          if (!asked && text.includes('Loss on 1')) asked = child.kill('SIGINT')
        }
      })
      expect([ended.code, ended.stderr]).toEqual([130, ''])
      expect(ended.stdout).toMatch(/Stopped: no samples are kept\.\n$/)
      expect(namesIn(join(folder, 'stopped'))).toEqual([])
    },
    5 * minutes
  )
})
