import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { difference, figureOf, jsonOf, median, ratioOf, tolerance, valueOf } from '../../scripts/bench/figures.ts'
import type { Figure, Measured } from '../../scripts/bench/figures.ts'
import { initialParams, numbersFrom } from '../../scripts/bench/inputs.ts'
import { isFull, readSettings, wanted } from '../../scripts/bench/settings.ts'
import { cellsOf, faultLines, short, tableMarkdown, tableText } from '../../scripts/bench/table.ts'
import { flopsPerImage, names, tasks, unetFlops } from '../../scripts/bench/work.ts'
import { left, right } from '../data/support.ts'
import { program } from './programs.ts'

const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true })
const several = fc.array(positive, { minLength: 1, maxLength: 9 })

describe('median', () => {
  it('has as many numbers on either side, in whatever order they come', () => {
    fc.assert(
      fc.property(several, (xs) => {
        const middle = median(xs)
        const below = xs.filter((x) => x < middle).length
        const above = xs.filter((x) => x > middle).length
        expect(Math.max(below, above)).toBeLessThanOrEqual(xs.length / 2)
        expect(median(xs.toReversed())).toBe(middle)
      })
    )
  })

  it('is the mean of the two in the middle, and no number of none', () => {
    expect([median([3, 1]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, NaN])
  })
})

const conv = tasks.find(({ name }) => name === 'conv-10')!
const silu = tasks.find(({ name }) => name === 'silu')!
const rates = { madd: 64, fetch: 1.2 }
const slowRates = { madd: 32, fetch: 0.6 }

describe('figures', () => {
  it('say how many times as long a peer takes, in times as in rates', () => {
    fc.assert(
      fc.property(positive, positive, (ours, peer) => {
        const slower = peer / ours
        for (const task of [conv, silu])
          expect(ratioOf(task.unit, valueOf(task, ours), valueOf(task, peer))).toBeCloseTo(
            slower,
            -Math.log10(slower) + 9
          )
      })
    )
  })

  it('count two operations for a multiply-add', () => {
    expect(conv.flops).toBe(2 * 128 * 10 * 10 * 9 * 28 * 28)
    expect(valueOf(conv, 0.01)).toBeCloseTo(18.0634, 3)
    expect(valueOf(silu, 0.002)).toBe(2)
  })

  it('take medians over rounds, shares of the probes, and faults instead of times', () => {
    // in the second round the machine is half as fast, and its rates show it; what slows down the third, they do not
    const ours: Measured = { name: 'tessera', seconds: [0.002, 0.004, 0.009], rates: [rates, slowRates, rates] }
    const others: readonly Measured[] = [
      { name: 'slow', seconds: [0.02, 0.04] },
      { name: 'wrong', seconds: [], fault: 'differs' }
    ]
    expect(figureOf(silu, ours, others)).toEqual({
      name: 'silu',
      unit: 'ms',
      value: 4,
      rounds: [2, 4, 9],
      share: expect.closeTo(0.1045, 4) as number,
      peers: [{ name: 'slow', value: 30, ratio: 7.5 }],
      faults: [{ name: 'wrong', message: 'differs' }]
    })
  })

  it('become JSON and come back', () => {
    const figures = [
      figureOf(conv, { name: 'tessera', seconds: [0.01], rates: [rates] }, [{ name: 'a', seconds: [0.1] }])
    ]
    const text = jsonOf(figures)
    expect(JSON.parse(text)).toEqual(figures)
    expect(Object.keys(figures[0]!)).toEqual(['name', 'unit', 'value', 'rounds', 'share', 'peers'])
    expect(text.endsWith('\n')).toBe(true)
  })
})

describe('equal work', () => {
  const numbers = numbersFrom(7, 1000)

  it('is what computes the same up to rounding', () => {
    expect(difference(numbers, numbers)).toBeUndefined()
    expect(
      difference(
        numbers,
        numbers.map((x) => x + 0.5 * tolerance)
      )
    ).toBeUndefined()
  })

  it('is nothing else', () => {
    expect(
      difference(
        numbers,
        numbers.map((x, i) => (i === 500 ? x + 0.1 : x))
      )
    ).toMatch(/^differs by 1\.0e-1/)
    expect(
      difference(
        numbers,
        numbers.map((x, i) => (i === 500 ? NaN : x))
      )
    ).toMatch(/^differs/)
    expect(difference(numbers, numbers.subarray(1))).toBe('gives 999 numbers, not 1000')
  })

  it('is told tensor by tensor, however small the numbers of one are', () => {
    const small = (x: number) => Float32Array.from([...numbers, 1e-6, x])
    expect(difference(small(2e-6), small(3e-6))).toBeUndefined()
    expect(difference(small(2e-6), small(3e-6), [1000, 2])).toMatch(/^differs by 5\.0e-1/)
    expect(difference(small(2e-6), small(2e-6), [1000, 2])).toBeUndefined()
  })

  it('starts from numbers between -1 and 1 that are always the same', () => {
    expect(numbersFrom(7, 1000)).toEqual(numbers)
    expect(numbersFrom(8, 1000)).not.toEqual(numbers)
    expect(Math.min(...numbers)).toBeLessThan(-0.9)
    expect(Math.max(...numbers)).toBeLessThanOrEqual(1)
  })

  it('has the operations of the U-Net', () => {
    expect(unetFlops(initialParams())).toBe(flopsPerImage)
  })
})

const figures: readonly Figure[] = [
  {
    name: 'conv-10',
    unit: 'GFLOP/s',
    value: 21.25,
    rounds: [21.25],
    share: 0.33,
    peers: [{ name: 'PyTorch', value: 107.4, ratio: 0.1979 }],
    faults: [{ name: 'other', message: 'differs' }]
  },
  { name: 'programs', unit: 'programs', value: 303, rounds: [303], peers: [] }
]

describe('the table', () => {
  it('has a row for each figure and a column for each peer', () => {
    expect(tableText(cellsOf(figures, 'tessera'))).toBe(
      [
        '          unit      tessera  of probe       PyTorch  other',
        'conv-10   GFLOP/s      21.3      33 %  107 (0.198x)  error',
        'programs  programs      303'
      ].join('\n')
    )
    expect(faultLines(figures)).toEqual(['other, conv-10: differs'])
  })

  it('is the same in Markdown', () => {
    expect(tableMarkdown(cellsOf(figures.slice(1), 'tessera'))).toBe(
      ['|  | unit | tessera | of probe |', '| --- | --- | ---: | ---: |', '| programs | programs | 303 |  |'].join('\n')
    )
  })

  it('says where something was not measured', () => {
    const [row] = cellsOf([{ ...figures[1]!, value: NaN, rounds: [] }], 'tessera').slice(1)
    expect(row).toContain('error')
    expect([short(1234), short(12.34), short(0.01234), short(NaN)]).toEqual(['1234', '12.3', '0.0123', '?'])
  })
})

const usageOf = (...args: readonly string[]): string => {
  const { kind, message } = left(readSettings(args))
  expect(kind).toBe('usage')
  return message
}

describe('flags of bench', () => {
  it('ask for everything where they say nothing', () => {
    const settings = right(readSettings([]))
    expect(settings).toMatchObject({ rounds: 5, peers: true, quick: false })
    expect(isFull(settings)).toBe(true)
    expect(names.every(wanted(settings))).toBe(true)
  })

  it('take names one by one, in a row, and with commas', () => {
    const settings = right(readSettings(['--only', 'conv-10,silu', 'programs', '--only', 'probe-madd', '--no-peers']))
    expect(settings).toMatchObject({ only: ['conv-10', 'silu', 'programs', 'probe-madd'], peers: false })
    expect(isFull(settings)).toBe(false)
    expect(names.filter(wanted(settings))).toEqual(['conv-10', 'silu', 'programs', 'probe-madd'])
  })

  it('are refused where they are wrong', () => {
    expect(usageOf('--only', 'conv-11')).toMatch(/conv-11.*there are train-step-128, /)
    expect(usageOf('--rounds', '0')).toMatch(/--rounds.*'0'/)
    expect(usageOf('--targets', 'all')).toMatch(/--targets.*'all'/)
    expect(usageOf('--fast')).toMatch(/--fast/)
    expect(usageOf('conv-10')).toMatch(/what is conv-10\?/)
  })

  it('are refused in one line, with the exit code 2', async () => {
    const { code, stdout, stderr } = await program('bench', ['--rounds', '0'])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^error: [^\n]*--rounds[^\n]*\n$/)
  })
})
