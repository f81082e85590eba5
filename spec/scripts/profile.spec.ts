import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Timing } from 'tessera'
import * as t from 'tessera'
import { afterAll, describe, expect, it } from 'vitest'
import { median, percent, short, table } from '../../scripts/lib/table.ts'
import { familyOf } from '../../scripts/profile/families.ts'
import type { Family } from '../../scripts/profile/families.ts'
import { byFamily, byProgram, summed, together } from '../../scripts/profile/group.ts'
import type { Kernel } from '../../scripts/profile/group.ts'
import { familyTable, kernelTable, totalLines } from '../../scripts/profile/report.ts'
import { measure, medians, modelWork } from '../../scripts/profile/work.ts'
import type { Profile } from '../../scripts/profile/work.ts'
import { readPng } from '../render/png.reader.ts'
import { gl } from '../support/gl.ts'
import { program, without } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-profile-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const kernel = (program: number, ms: number, family: Family, name: string, shape = [2, 3]): Kernel => ({
  name,
  shape,
  program,
  ms,
  flops: 1e6 * program,
  bytes: 2e6 * program,
  family
})
const kernels = [
  kernel(0, 1, 'Adam', 'add + add + sub'),
  kernel(1, 4, 'convolutions', 'slice tiled', [8, 5, 7, 7]),
  kernel(0, 2, 'Adam', 'add + add + sub', [9]),
  kernel(2, 1, 'convolutions', 'add')
]
const first = { traceMs: 10, planMs: 1500, compileMs: 2000, runMs: 40 }
const profile: Profile = { kernels, whole: 5, first }

describe('tables', () => {
  it('have as many columns to the left as told, and the others to the right', () => {
    const rows = [
      ['a', 'bcd', 1.5],
      ['efg', '', 20]
    ]
    expect(table(['', 'x', 'n'], rows, 2)).toBe('     x      n\na    bcd  1.5\nefg        20')
  })

  it('keep three digits of numbers', () => {
    expect([0.123, 1.236, 12.34, 1234.5].map(short)).toEqual(['0.12', '1.24', '12.3', '1235'])
    expect(percent(1, 8)).toBe('12.5 %')
  })

  it('take the middle, also of an even number', () => {
    expect([median([3, 1, 2]), median([4, 1]), median([7])]).toEqual([2, 2.5, 7])
  })
})

describe('a profile', () => {
  it('goes by program, the heaviest first, called by its longest call', () => {
    expect(byProgram(kernels)).toEqual([
      { name: 'slice tiled', shape: [8, 5, 7, 7], family: 'convolutions', ...together([kernels[1]!]) },
      { name: 'add + add + sub', shape: [9], family: 'Adam', calls: 2, programs: 1, ms: 3, flops: 0, bytes: 0 },
      { name: 'add', shape: [2, 3], family: 'convolutions', ...together([kernels[3]!]) }
    ])
  })

  it('goes by family, and loses nothing', () => {
    const groups = byFamily(kernels)
    expect(groups.map(([family, { ms, calls }]) => [family, ms, calls])).toEqual([
      ['convolutions', 5, 2],
      ['Adam', 3, 2]
    ])
    expect(summed(groups.map(([, group]) => group))).toEqual(together(kernels))
  })

  it('takes the median of each kernel', () => {
    const round = (...ms: readonly number[]): readonly Timing[] => ms.map((x) => kernel(0, x, 'other', 'add'))
    expect(medians([round(1, 9), round(5, 2), round(2, 3)]).map(({ ms }) => ms)).toEqual([2, 3])
    expect(medians([])).toEqual([])
  })

  it('prints as tables', () => {
    expect(kernelTable(profile)).toMatchInlineSnapshot(`
      "kernel           for example  calls    ms   share  GFLOP/s  GB/s
      slice tiled      [8,5,7,7]        1  4.00  50.0 %     0.25  0.50
      add + add + sub  [9]              2  3.00  37.5 %     0.00  0.00
      add              [2,3]            1  1.00  12.5 %     2.00  4.00"
    `)
    expect(familyTable(profile)).toMatchInlineSnapshot(`
      "family        programs  calls    ms    share  GFLOP/s  GB/s
      convolutions         2      2  5.00   62.5 %     0.60  1.20
      Adam                 1      2  3.00   37.5 %     0.00  0.00
      all                  3      4  8.00  100.0 %     0.38  0.75"
    `)
    expect(totalLines(profile, 2)).toEqual([
      '4 calls of 3 programs, 0.00 GFLOP',
      '8.00 ms with a wait after each kernel, 5.00 ms without: 400 images/s, 0.60 GFLOP/s',
      'The first run: trace 0.01 s, plan 1.50 s, compile 2.00 s, run 0.04 s'
    ])
  })

  it('sums up what is not among the heaviest', () => {
    const many = Array.from({ length: 30 }, (_, i) => kernel(i, 30 - i, 'other', `k${i}`))
    const lines = kernelTable({ ...profile, kernels: many }).split('\n')
    expect(lines.length).toBe(27)
    expect(lines.at(-1)).toMatch(/^5 other programs +5 +15\.0 /)
  })

  it.each<readonly [family: Family, name: string, shape: readonly number[], flopsEach: number]>([
    ['Adam', 'add + add + sub of slices', [40, 20, 3, 3], 9],
    ['convolutions', 'slice tiled', [16, 5, 14, 14], 700],
    ['convolutions', 'add + mul', [16, 40, 3, 3], 720],
    ['weight gradients', 'permute sum tiled', [10, 1, 28, 1, 10, 3, 1], 900],
    ['weight gradients', 'sum of slices', [10, 1, 1, 1, 10, 3, 3], 20],
    ['weight gradients', 'reshape sum tiled', [20, 5, 3, 3], 900],
    ['merges, pointwise', 'add of slices', [16, 10, 28, 28], 2],
    ['merges, pointwise', 'sub', [16, 10, 28, 28], 5],
    ['statistics, sums', 'barrier sum', [16, 1, 28, 1], 560],
    ['statistics, sums', 'sqrt + div', [16, 1, 1, 1], 100],
    ['layout changes', 'barrier permute', [10, 10, 3, 3], 0],
    ['other', 'take', [16, 100], 0]
  ])('finds %s: %s %j', (family, name, shape, flopsEach) => {
    expect(familyOf({ name, shape, flops: flopsEach * shape.reduce((a, b) => a * b) }, 16)).toBe(family)
  })

  it('is measured, [gl]', async () => {
    const device = await gl()
    const model: t.Model<t.Tensor> = (w, x) => t.conv2d(w, { padding: 'same' })(x)
    const work = modelWork(device, model, t.ones([1, 1, 3, 3]), { batch: 2, size: 28, forward: false, steps: 10 })
    const { kernels: measured, whole, first: times } = await measure(device, work, 2)
    expect(measured.map(({ family }) => family)).toContain('weight gradients')
    expect(Math.min(whole, times.traceMs, times.planMs, times.compileMs)).toBeGreaterThan(0)
    const { live } = device.stats()
    await work.whole()
    expect(device.stats().live).toBe(live)
  })
})

describe('npm run profile', () => {
  const args = ['--forward', '--batch', '1', '--rounds', '1']

  it('prints tables, and leaves a picture and the numbers, [gl]', async () => {
    const [png, json] = [join(folder, 'new', 'profile.png'), join(folder, 'profile.json')]
    const { code, stdout, stderr } = await program('profile', [...args, '--out', png, '--json', json])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Device: headlessgl, .+\nMeasuring the prediction of the U-Net with 1 images/)
    for (const line of [/^kernel +for example +calls/m, /^convolutions +\d/m, /^The first run: trace /m])
      expect(stdout).toMatch(line)
    expect(readPng(readFileSync(png)).width).toBe(2000)
    const { batch, kernels: all } = JSON.parse(readFileSync(json, 'utf8')) as Profile & { batch: number }
    expect(batch).toBe(1)
    expect(stdout).toContain(`\n${all.length} calls of `)
  })

  it('says where there is no canvas, and goes on', async () => {
    const device = ['--device', 'cpu', '--out', join(folder, 'none.png')]
    const { code, stdout, stderr } = await program('profile', [...args, ...device], { before: without('canvas') })
    expect(code).toBe(0)
    expect(stderr).toMatch(/^!! no pictures: .*npm run setup\n$/)
    expect(stdout).toMatch(/^convolutions/m)
  })

  it.each([
    [['--device', 'reference'], 'error: --device reference has no kernels to measure\n', 2],
    [['--out', '/proc/none/a.png'], /^error: --out \/proc\/none: .+\n$/, 1]
  ] as const)('refuses %j', async (bad, says, code) => {
    const ended = await program('profile', bad)
    expect(ended.code).toBe(code)
    expect(ended.stderr).toMatch(says)
  })
})
