import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as t from 'tessera'
import { toNamed, unet } from 'tessera/models'
import { afterAll, describe, expect, it } from 'vitest'
import { fitting } from '../../scripts/lib/data.ts'
import { articleBetas, loadModel, modelMetadata, saveModel } from '../../scripts/lib/model-file.ts'
import { left, right } from '../data/support.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-model-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const path = join(folder, 'model.safetensors')
const model = unet({ steps: 3 })
const named = toNamed(model, model.init(t.key(0)))
const origin = { dataset: 'digits', steps: 3, ...articleBetas, epoch: 1 }

const loaded = (metadata: Readonly<Record<string, string>>) => {
  writeFileSync(path, t.encodeSafetensors(named, { metadata }))
  return loadModel(path)()
}

describe('a model file', () => {
  it.each(Object.keys(t.schedules) as t.ScheduleName[])('brings back the schedule: %s', async (schedule) => {
    right(await saveModel(path, named, { ...origin, schedule })())
    const read = right(await loadModel(path)())
    expect(read.scheduleName).toBe(schedule)
    expect(read.schedule.beta).toEqual(t.schedules[schedule]({ steps: 3, ...articleBetas }).beta)
  })

  it('that names no schedule, as those of older versions, has the linear one', async () => {
    const { schedule: _, ...older } = modelMetadata({ ...origin, schedule: 'linear' })
    const { scheduleName, schedule } = right(await loaded(older))
    expect([scheduleName, schedule.beta]).toEqual(['linear', t.linearSchedule({ steps: 3, ...articleBetas }).beta])
  })

  it.each([
    [{ schedule: 'toString' }, /model\.safetensors: its schedule is one of linear.*, not toString$/],
    [{ betaMin: '0' }, /betaMin lies between 0 and 1, not at 0/],
    [{ betaMin: '0.5' }, /betaMin is above betaMax/],
    [{ version: '2' }, /its format is version 2/]
  ])('that makes no sense is refused: %j', async (metadata, message) => {
    expect(left(await loaded(metadata)).message).toMatch(message)
  })
})

describe('a data set', () => {
  const digits = t.drawDigits(t.key(0), 2)

  it('fits a model of its size', () => {
    expect(right(fitting(model)(digits))).toBe(digits)
    const { kind, message } = left(fitting(model)({ ...digits, height: 20, width: 12 }))
    expect([kind, message]).toEqual(['mismatch', expect.stringMatching(/its images are 20×12, the model takes 28×28/)])
  })
})
