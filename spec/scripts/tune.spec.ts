import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultCosts } from '../../lib/compile/kernel/costs.ts'
import type { Costs } from '../../lib/compile/kernel/costs.ts'
import { targetsOf } from '../../lib/compile/kernel/slices.ts'
import { tilingsOf } from '../../lib/compile/kernel/tiling.ts'
import { costsFile, forgetCosts, storeCosts, storedCosts } from '../../lib/node.ts'
import { candidatesOf, chosen, worthMeasuring } from '../../scripts/tune/candidates.ts'
import { expected, fit, fitted } from '../../scripts/tune/fit.ts'
import type { Fitted, Sample } from '../../scripts/tune/fit.ts'
import { examples, subjectsOf } from '../../scripts/tune/kernels.ts'
import type { Subject } from '../../scripts/tune/kernels.ts'
import { costTable, spreadLine, tileTable } from '../../scripts/tune/report.ts'
import { compare, meanRatio, samplesOf } from '../../scripts/tune/tune.ts'
import type { Measured, Tuned } from '../../scripts/tune/tune.ts'
import { holds } from '../support/property.ts'
import { program } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-tune-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Costs in parts of the usual ones. */
const times = (factors: Fitted): Costs => ({
  ...defaultCosts,
  ...Object.fromEntries(fitted.map((name) => [name, factors[name] * defaultCosts[name]]))
})

const record = (arbitrary: fc.Arbitrary<number>): fc.Arbitrary<Fitted> =>
  fc.record({ fetch: arbitrary, madd: arbitrary, loop: arbitrary, write: arbitrary, call: arbitrary })

/** Amounts that would usually take up to a millisecond each. */
const amounts = record(fc.double({ min: 0.01, max: 1, noNaN: true })).map((ms): Fitted => ({
  fetch: ms.fetch / defaultCosts.fetch,
  madd: ms.madd / defaultCosts.madd,
  loop: ms.loop / defaultCosts.loop,
  write: ms.write / defaultCosts.write,
  call: ms.call / defaultCosts.call
}))
const kernels = fc.array(amounts, { minLength: 40, maxLength: 60 })
const timed = (all: readonly Fitted[], costs: Costs): readonly Sample[] =>
  all.map((one) => ({ amounts: one, ms: expected(one, costs) }))

describe('the fit', () => {
  const factors = record(fc.constantFrom(0, 0.3, 1, 5))

  it('recovers constants from exact times', () =>
    holds(fc.tuple(kernels, factors), ([all, by]) => {
      const truth = times({ ...by, fetch: 2 })
      const found = fit(timed(all, truth), defaultCosts, 0)
      for (const name of fitted)
        expect(found[name] / defaultCosts[name]).toBeCloseTo(truth[name] / defaultCosts[name], 4)
      expect([found.cores, found.block]).toEqual([defaultCosts.cores, defaultCosts.block])
    }))

  it('is exact with the usual proportions, whatever the device', () =>
    holds(fc.tuple(kernels, fc.constantFrom(0.01, 1, 300)), ([all, by]) => {
      const truth = times({ fetch: by, madd: by, loop: by, write: by, call: by })
      const found = fit(timed(all, truth), defaultCosts)
      for (const name of fitted) expect(found[name] / truth[name]).toBeCloseTo(1, 6)
    }))

  it('leaves the usual proportion to what the times do not tell', () =>
    holds(kernels, (all) => {
      const without = all.map((one) => ({ ...one, write: 0 }))
      const found = fit(timed(without, times({ fetch: 3, madd: 3, loop: 3, write: 9, call: 3 })), defaultCosts)
      expect(found.write / defaultCosts.write).toBeCloseTo(3, 6)
    }))

  it('is never negative, whatever the times', () =>
    holds(fc.tuple(kernels, fc.infiniteStream(fc.double({ min: 0.1, max: 10, noNaN: true }))), ([all, noise]) => {
      const samples = all.map((one) => ({ amounts: one, ms: noise.next().value as number }))
      const found = fit(samples, defaultCosts)
      for (const name of fitted) expect(found[name]).toBeGreaterThanOrEqual(0)
    }))
})

const subjects = examples([32]).flatMap((example) =>
  subjectsOf(example, { inputs: 14, targets: 8, textureSize: 8192 }, defaultCosts)
)
const subject = subjects.find(({ name }) => name.startsWith('conv 3x3 10-10'))!

describe('candidates', () => {
  it('are of sums of every kind', () => {
    for (const kind of ['conv 3x3', 'conv 4x4/2', 'dx of', 'dw of', 'sums of', 'matmul 512'])
      expect(subjects.map(({ name }) => name)).toContainEqual(expect.stringContaining(kind))
  })

  it.each(subjects.map((one): readonly [string, Subject] => [one.name, one]))(
    'cost what the cost model expects: %s',
    (_, one) => {
      const candidates = candidatesOf(one, 8, defaultCosts)
      const tilings = tilingsOf(one.kernel, one.fold, 8, defaultCosts)
      expect(candidates.length).toBe(tilings.length)
      candidates.forEach(({ amounts: amount }, i) =>
        expect(expected(amount, defaultCosts)).toBeCloseTo(tilings[i]!.ms, 9)
      )
      expect(expected(chosen(candidates, defaultCosts).amounts, defaultCosts)).toBeCloseTo(
        Math.min(...tilings.map(({ ms }) => ms)),
        9
      )
    }
  )

  it('are measured from the best to the worst, with any number of targets', () => {
    const all = candidatesOf(subject, 8, defaultCosts)
    const some = worthMeasuring(all, defaultCosts, 9)
    expect(new Set(some).size).toBe(9)
    expect(some[0]).toBe(chosen(all, defaultCosts))
    for (const targets of [1, 2, 4, 8]) expect(some.map(({ tiling }) => targetsOf(tiling.tile))).toContain(targets)
    for (const most of [1, 2, 5, 6, 7]) expect(worthMeasuring(all, defaultCosts, most).length).toBe(most)
    expect(worthMeasuring(all.slice(0, 1), defaultCosts, 9)).toEqual(all.slice(0, 1))
  })
})

describe('what is said of the tiles', () => {
  const [a, b, c] = worthMeasuring(candidatesOf(subject, 8, defaultCosts), defaultCosts, 3) as [never, never, never]
  const one: Measured = { subject: { ...subject, name: 'a sum' }, candidates: [a, b], ms: new Map([[a, 4], [b, 2]]) } // prettier-ignore
  const none: Measured = { subject, candidates: [a], ms: new Map() }
  const refused: Measured = { subject: { ...subject, name: 'refused' }, candidates: [a, b], ms: new Map([[b, 2]]) }
  const tuned: Tuned = { all: [one, none, refused], costs: defaultCosts }

  it('compares with the best that was measured', () => {
    const found = compare(tuned, defaultCosts)
    expect(found.map(({ name, best, ms }) => [name, best, ms])).toEqual([
      ['a sum', b, 2],
      ['refused', b, 2]
    ])
    expect(found.map(({ before }) => before.ratio)).toEqual([2, undefined])
    expect(meanRatio([{ candidate: a, ratio: 4 }, { candidate: a, ratio: 1 }, { candidate: a, ratio: undefined }])).toBe(2) // prettier-ignore
  })

  it('fits no constants to tiles that are out of the question', () => {
    const slow: Measured = { ...one, ms: new Map([[a, 4], [b, 2], [c, 20]]) } // prettier-ignore
    expect(samplesOf([slow, none]).map(({ ms }) => ms)).toEqual([4, 2])
  })

  it('prints as tables', () => {
    expect(tileTable(compare(tuned, defaultCosts))).toMatch(
      /^sum +best +ms +usual +fitted\na sum +\S+ +2\.00 +\S+ +2\.00x +\S+ +2\.00x\nrefused .+ fails .+ fails\ngeometric mean +2\.00x +2\.00x$/
    )
    expect(costTable(defaultCosts, { ...defaultCosts, loop: 0, call: 0.25 })).toMatchInlineSnapshot(`
      "ms of a    usual   fitted
      fetch    1.27e-6  1.27e-6
      madd     2.60e-7  2.60e-7
      loop     1.00e-4        0
      write    2.20e-6  2.20e-6
      call       0.050    0.250"
    `)
    const sample = (factor: number): Sample => ({ amounts: { fetch: 0, madd: 0, loop: 0, write: 0, call: factor }, ms: defaultCosts.call }) // prettier-ignore
    expect(spreadLine([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(sample), 'usual', defaultCosts)).toBe(
      'Predicted over measured, usual constants: 2.00 to 10.00 for eight tenths of 11 measurements, 1.00 to 11.00 for all'
    )
  })
})

describe('stored costs', () => {
  const device = { name: 'headlessgl', renderer: 'Some GPU (TM) / Vendor, 1.2' }
  const before = process.env.TESSERA_CONFIG
  beforeEach(() => (process.env.TESSERA_CONFIG = mkdtempSync(join(folder, 'config-'))))
  afterEach(() => (process.env.TESSERA_CONFIG = before))
  const file = (): string => E.getOrElse(() => '')(costsFile(device))

  it('are those that were stored, of this renderer, until they are removed', async () => {
    const mine = { ...defaultCosts, fetch: 1e-9, cores: 40 }
    expect(storedCosts(device)).toEqual(E.right(undefined))
    expect(await storeCosts(device, mine)()).toEqual(E.right(file()))
    expect(storedCosts(device)).toEqual(E.right(mine))
    expect(storedCosts({ ...device, renderer: 'another' })).toEqual(E.right(undefined))
    expect(await forgetCosts(device)()).toEqual(E.right(file()))
    expect(await forgetCosts(device)()).toEqual(E.right(undefined))
    expect(storedCosts(device)).toEqual(E.right(undefined))
  })

  const bad: readonly (readonly [what: string, text: string])[] = [
    ['no JSON', '{"costs": '],
    ['nothing', 'null'],
    ['no costs', '{}'],
    ['a number that is none', JSON.stringify({ costs: { ...defaultCosts, fetch: '1' } })],
    ['a number that is missing', JSON.stringify({ costs: { ...defaultCosts, write: undefined } })],
    ['an infinite number', JSON.stringify({ costs: defaultCosts }).replace('0.05', '1e999')],
    ['a negative number', JSON.stringify({ costs: { ...defaultCosts, madd: -1 } })],
    ['no cores', JSON.stringify({ costs: { ...defaultCosts, cores: 0 } })]
  ]
  it.each(bad)('are refused in one line where the file has %s', (_, text) => {
    mkdirSync(dirname(file()), { recursive: true })
    writeFileSync(file(), text)
    const found = storedCosts(device)
    expect(found).toMatchObject({ left: { kind: 'format' } })
    expect(E.isLeft(found) && found.left.message).toMatch(/^[^\n]+\.json is damaged \([^\n]+\): run npm run tune$/)
  })

  it('are none where TESSERA_CONFIG is empty', async () => {
    process.env.TESSERA_CONFIG = ''
    expect(storedCosts(device)).toEqual(E.right(undefined))
    expect(await storeCosts(device, defaultCosts)()).toMatchObject({ left: { message: expect.stringContaining('is empty') as string } }) // prettier-ignore
  })
})

describe('npm run tune', () => {
  const env = { TESSERA_CONFIG: join(folder, 'config') }
  const stored = (): readonly string[] =>
    existsSync(env.TESSERA_CONFIG) ? readdirSync(join(env.TESSERA_CONFIG, 'costs')) : []

  it('measures, and stores what the next program uses, until it is forgotten, [gl]', async () => {
    const args = ['--quick', '--batch', '1']
    const dry = await program('tune', [...args, '--dry-run'], { env })
    expect([dry.code, dry.stderr, stored()]).toEqual([0, '', []])
    expect(dry.stdout).toMatch(/^sum +best +ms +usual +fitted$/m)
    expect(dry.stdout).toMatch(/^fetch +1\.27e-6 +\S+$/m)

    const { code, stdout } = await program('tune', [...args, '--force', '--cores', '3'], { env })
    expect(code).toBe(0)
    const [name] = stored()
    const path = join(env.TESSERA_CONFIG, 'costs', name!)
    expect(stdout).toContain(`Stored in ${path}`)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ name: 'headlessgl', costs: { cores: 3, block: 64 } })

    const tuned = await program('doctor', [], { env })
    expect(tuned.stdout).toMatch(/^Why .*, with tuned costs\n.*\nCosts +those that npm run tune measured/m)
    writeFileSync(path, 'not JSON')
    const damaged = await program('doctor', [], { env })
    expect([damaged.code, damaged.stderr]).toEqual([0, ''])
    expect(damaged.stdout).toMatch(/^Why .*has\n.*\nCosts +the usual ones: !! .*is damaged/m)

    expect((await program('tune', ['--forget'], { env })).stdout).toContain(`Removed ${path}`)
    expect((await program('tune', ['--forget'], { env })).stdout).toContain('Nothing was stored')
    expect(stored()).toEqual([])
  }, 300_000)

  it.each([
    [['--cores', '0'], /^error: .*--cores/, 2],
    [['--quick'], /^error: TESSERA_CONFIG is empty, so there are no stored costs\n$/, 1]
  ] as const)('refuses %j', async (args, says, code) => {
    const ended = await program('tune', args)
    expect(ended.stderr).toMatch(says)
    expect(ended.code).toBe(code)
  })
})
