import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { article, demo, readTask } from '../../scripts/lib/settings.ts'
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
    out: fc.constantFrom('out/x', '/tmp/a b'),
    device: fc.constantFrom('cpu', 'headlessgl', 'webasm', 'reference')
  },
  { requiredKeys: [] }
)

const flagsOf = (settings: object): readonly string[] =>
  Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])

const usageOf = (...args: readonly string[]): string => {
  const { kind, message } = left(readTask(args))
  expect(kind).toBe('usage')
  return message
}

describe('settings', () => {
  it('are those of the article where nothing is said, those of the demo with --demo, and else as given', () => {
    fc.assert(
      fc.property(given, fc.boolean(), (settings, short) => {
        const args = [...flagsOf(settings), ...(short ? ['--demo'] : [])]
        expect(right(readTask(args))).toEqual({ settings: { ...(short ? demo : article), ...settings } })
      })
    )
  })

  it('are the article’s by default', () => {
    const { epochs, batch, lr, steps, betaMin, betaMax, samples } = article
    expect({ epochs, batch, lr, steps, betaMin, betaMax, samples }).toEqual({
      epochs: 20,
      batch: 128,
      lr: 1e-3,
      steps: 1000,
      betaMin: 1e-4,
      betaMax: 0.02,
      samples: 100
    })
  })

  it('take a folder for a data set that has files', () => {
    expect(right(readTask(['--dataset', 'mnist', '--data', 'x'])).settings).toMatchObject({
      dataset: 'mnist',
      data: 'x'
    })
    expect(usageOf('--data', 'x')).toMatch(/--dataset mnist or --dataset fashion-mnist/)
    expect(usageOf('--dataset', 'digits', '--data', 'x')).toMatch(/--dataset mnist/)
  })

  it('take a model file to sample from, and only for that', () => {
    expect(right(readTask(['--no-train', '--model', 'm']))).toEqual({ settings: article, model: 'm' })
    expect(usageOf('--no-train')).toMatch(/--model FILE/)
    expect(usageOf('--model', 'm')).toMatch(/--no-train/)
  })

  it.each(['--epochs', '--batch', '--steps', '--limit', '--samples'])('refuse what is no count: %s', (flag) => {
    for (const value of ['0', '-1', '1.5', 'nan', 'x', '', ' ', 'Infinity', '1e99']) {
      const message = usageOf(flag, value)
      expect(message).toMatch(flag)
      expect(message).toMatch(/a whole number, 1 or more/)
    }
  })

  it('refuse what is no rate and no seed', () => {
    for (const value of ['0', '-1', 'nan', '', 'Infinity']) expect(usageOf('--lr', value)).toMatch(/a number above 0/)
    for (const value of ['-1', '0.5', '4294967296', 'x'])
      expect(usageOf('--seed', value)).toMatch(/whole number from 0/)
  })

  it('refuse unknown names, flags and words', () => {
    expect(usageOf('--dataset', 'cifar')).toMatch(/cifar.*digits, mnist, fashion-mnist/)
    expect(usageOf('--device', 'cuda')).toMatch(/cuda.*headlessgl, webasm, cpu/)
    expect(usageOf('--epoch', '3')).toMatch(/--epoch\b/)
    expect(usageOf('digits')).toMatch(/what is digits\?/)
    expect(usageOf('--epochs')).toMatch(/--epochs.*missing/)
  })
})
