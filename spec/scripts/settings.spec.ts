import fc from 'fast-check'
import * as t from 'tessera'
import { describe, expect, it } from 'vitest'
import { article, demo, flagsOf, recipe, readTask, resumedSettings } from '../../scripts/train/settings.ts'
import type { Settings } from '../../scripts/train/settings.ts'
import { left, right } from '../data/support.ts'

const whole = (max: number) => fc.integer({ min: 1, max })

/** Flags with values that fit, and the settings that they mean. */
const given = fc.record(
  {
    epochs: whole(1e6),
    batch: whole(1e6),
    steps: whole(1e6),
    limit: whole(1e6),
    samples: whole(1e6),
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    lr: fc.double({ min: 1e-9, max: 10, noNaN: true }),
    warmup: fc.nat(),
    lrDecay: fc.constantFrom('cosine', 'none'),
    clipNorm: fc.double({ min: 0, max: 10, noNaN: true }),
    ema: fc.double({ min: 0, max: 0.9999, noNaN: true }),
    saveEvery: whole(1e6),
    betaMin: fc.double({ min: 1e-9, max: article.betaMax, noNaN: true }),
    clip: fc.oneof(fc.constant('level' as const), fc.double({ min: 0, max: 10, noNaN: true })),
    guidance: fc.double({ min: 0, max: 10, noNaN: true }),
    classes: fc.boolean(),
    dropLabels: fc.double({ min: 0, max: 0.9999, noNaN: true }),
    flips: fc.boolean(),
    offsetNoise: fc.double({ min: 0, max: 1, noNaN: true }),
    preview: fc.boolean(),
    heldOut: fc.nat(1e6),
    scoreEvery: fc.nat(1e6),
    sampleSteps: whole(1e6),
    variance: fc.constantFrom('beta', 'posterior'),
    overwrite: fc.boolean(),
    out: fc.constantFrom('out/x', '/tmp/a b'),
    optimiser: fc.constantFrom(...(Object.keys(t.optimisers) as t.OptimiserName[])),
    schedule: fc.constantFrom(...(Object.keys(t.schedules) as t.ScheduleName[])),
    sampler: fc.constantFrom(...(Object.keys(t.samplers) as t.SamplerName[])),
    device: fc.constantFrom('cpu', 'headlessgl', 'webasm', 'reference')
  },
  { requiredKeys: [] }
)

const flags = ({ out, overwrite, ...settings }: Partial<Settings>): readonly string[] => [
  ...flagsOf(settings),
  ...(out === undefined ? [] : ['--out', out]),
  ...(overwrite === true ? ['--overwrite'] : [])
]

const usageOf = (...args: readonly string[]): string => {
  const { kind, message } = left(readTask(args))
  expect(kind).toBe('usage')
  return message
}

describe('settings', () => {
  it('are those of the recipe, of the article with --article, of the demo with --demo, and else as given', () => {
    const sets = [[[], recipe] as const, [['--article'], article] as const, [['--demo'], demo] as const]
    fc.assert(
      fc.property(given, fc.constantFrom(...sets), (settings, [flag, wanted]) => {
        const args = [...flags(settings), ...flag]
        const { optimiser = wanted.optimiser } = settings
        expect(right(readTask(args))).toEqual({
          kind: 'train',
          settings: {
            ...wanted,
            ...(optimiser !== wanted.optimiser && { lr: t.optimisers[optimiser].lr }),
            ...settings,
            overwrite: wanted.overwrite || settings.overwrite === true
          },
          // which shows first what a trained model can do
          ...(wanted === demo && { demo: true })
        })
      })
    )
  })

  it('of the article are its numbers, and none of what came later', () => {
    const { epochs, batch, lr, warmup, lrDecay, clipNorm, ema, steps, betaMin, betaMax, samples, clip } = article
    expect({ epochs, batch, lr, steps, betaMin, betaMax, samples }).toEqual({
      epochs: 20,
      batch: 128,
      lr: 1e-3,
      steps: 1000,
      betaMin: 1e-4,
      betaMax: 0.02,
      samples: 100
    })
    expect({ warmup, lrDecay, clipNorm, ema, clip }).toEqual({
      warmup: 0,
      lrDecay: 'none',
      clipNorm: 0,
      ema: 0,
      clip: 0
    })
    expect(usageOf('--article', '--demo')).toMatch(/give one of them/)
  })

  it('have a learning rate that the optimiser was meant for, and keep it when the run goes on', () => {
    const lrOf = (...args: readonly string[]) => right(readTask(args)) as { readonly settings: Settings }
    const rates = [
      [],
      ['--article'],
      ['--optimiser', 'adam'],
      ['--optimiser', 'sgd'],
      ['--article', '--optimiser', 'sgd']
    ]
    expect(rates.map((args) => lrOf(...args).settings.lr)).toEqual([2e-3, 1e-3, 2e-3, 0.1, 0.1])
    const begun = flagsOf(lrOf('--optimiser', 'sgd').settings)
    expect(begun.join(' ')).toContain('--lr 0.1')
    expect(right(resumedSettings(begun, [], 'x')).lr).toBe(0.1)
  })

  it('take a folder for a data set that has files', () => {
    expect(right(readTask(['--dataset', 'mnist', '--data', 'x']))).toMatchObject({
      kind: 'train',
      settings: { dataset: 'mnist', data: 'x' }
    })
    expect(usageOf('--data', 'x')).toMatch(/--dataset mnist or --dataset fashion-mnist/)
    expect(usageOf('--dataset', 'digits', '--data', 'x')).toMatch(/--dataset mnist/)
  })

  it('take a model file to sample from, or to start from', () => {
    expect(right(readTask(['--no-train', '--model', 'm']))).toEqual({
      kind: 'sample',
      settings: {
        model: 'm',
        count: 100,
        seed: 0,
        out: 'out/train',
        sampler: 'ddpm',
        variance: 'posterior',
        steps: 50,
        clip: 'level',
        guidance: 2
      }
    })
    expect(usageOf('--no-train')).toMatch(/--model FILE/)
    expect(right(readTask(['--model', 'm']))).toEqual({ kind: 'train', settings: { ...recipe, model: 'm' } })
    expect(usageOf('--resume', 'x', '--model', 'm')).toMatch(/--model does not go/)
  })

  it('of a run that goes on are those that it was started with, but for what may change', () => {
    fc.assert(
      fc.property(given, fc.boolean(), whole(1e6), (settings, short, epochs) => {
        const begun = { ...(short ? demo : recipe), ...settings }
        const { changes, out } = right(readTask(['--resume', 'x', '--epochs', String(epochs)])) as {
          readonly changes: readonly string[]
          readonly out: string
        }
        expect(right(resumedSettings(flagsOf(begun), changes, out))).toEqual({
          ...begun,
          epochs,
          out: 'x',
          overwrite: false
        })
      })
    )
  })

  it('of a run that an older version started are the article’s where it had no flag', () => {
    const older = [
      '--dataset',
      'digits',
      '--epochs',
      '2',
      '--batch',
      '2',
      '--lr',
      '0.001',
      '--steps',
      '2',
      '--seed',
      '5'
    ]
    expect(right(resumedSettings(older, [], 'x'))).toEqual({
      ...article,
      epochs: 2,
      batch: 2,
      steps: 2,
      seed: 5,
      out: 'x'
    })
  })

  it('that decide which numbers come out do not change when a run goes on', () => {
    for (const flag of ['--batch', '--lr', '--steps', '--seed', '--limit', '--beta-min', '--beta-max'])
      expect(usageOf('--resume', 'x', flag, '0.5'.slice(flag === '--lr' || flag.startsWith('--beta') ? 0 : 2))).toMatch(
        `as it was started: ${flag} does not`
      )
    for (const args of [
      ['--dataset', 'mnist'],
      ['--optimiser', 'sgd'],
      ['--schedule', 'linear'],
      ['--out', 'y'],
      ['--demo'],
      ['--article'],
      ['--ema', '0.9'],
      ['--warmup', '3'],
      ['--overwrite']
    ])
      expect(usageOf('--resume', 'x', ...args)).toMatch(`${args[0]} does not go with it`)
    expect(usageOf('--resume', 'x', '--no-train', '--model', 'm')).toMatch(/--no-train/)
  })

  it('know a range of variances', () => {
    expect(usageOf('--beta-min', '0.5')).toMatch(/--beta-min 0.5 is above --beta-max 0.02/)
    for (const value of ['0', '1', '-1', 'x', '']) expect(usageOf('--beta-max', value)).toMatch(/between 0 and 1/)
  })

  it.each(['--epochs', '--batch', '--steps', '--limit', '--samples', '--save-every'])(
    'refuse what is no count: %s',
    (flag) => {
      for (const value of ['0', '-1', '1.5', 'nan', 'x', '', ' ', 'Infinity', '1e99']) {
        const message = usageOf(flag, value)
        expect(message).toMatch(flag)
        expect(message).toMatch(/a whole number, 1 or more/)
      }
    }
  )

  it('refuse what is no rate and no seed', () => {
    for (const value of ['0', '-1', 'nan', '', 'Infinity']) expect(usageOf('--lr', value)).toMatch(/a number above 0/)
    for (const value of ['-1', '0.5', '4294967296', 'x'])
      expect(usageOf('--seed', value)).toMatch(/whole number from 0/)
  })

  it('refuse unknown names, flags and words', () => {
    expect(usageOf('--dataset', 'cifar')).toMatch(/cifar.*digits, mnist, fashion-mnist/)
    expect(usageOf('--device', 'cuda')).toMatch(/cuda.*headlessgl, webasm, cpu/)
    expect(usageOf('--optimiser', 'adagrad')).toContain(Object.keys(t.optimisers).join(', '))
    expect(usageOf('--schedule', 'x')).toMatch(/x.*linear/)
    expect(usageOf('--sampler', 'x')).toMatch(/x.*ddpm/)
    expect(usageOf('--epoch', '3')).toMatch(/--epoch\b/)
    expect(usageOf('digits')).toMatch(/what is digits\?/)
    expect(usageOf('--epochs')).toMatch(/--epochs.*missing/)
  })
})
