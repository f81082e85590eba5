import { readFileSync } from 'node:fs'
import * as t from 'tessera'
import { describe, expect, it } from 'vitest'
import { loadModel, shippedModel } from '../../scripts/lib/model-file.ts'
import { right } from '../data/support.ts'

interface EpochLine {
  readonly epoch: number
  readonly meanLoss?: number
}

describe('the model of MNIST in models/', () => {
  const bytes = readFileSync(shippedModel)

  it('is the best of the runs whose logs are in docs/mnist', () => {
    const lines = ['log.jsonl', 'log-2.jsonl', 'log-3.jsonl'].flatMap((name) =>
      readFileSync(new URL(`../../docs/mnist/${name}`, import.meta.url), 'utf8')
        .trimEnd()
        .split('\n')
    )
    const epochs = lines.map((line) => JSON.parse(line) as EpochLine).filter(({ meanLoss }) => meanLoss !== undefined)
    expect(epochs.length).toBeGreaterThanOrEqual(14)
    const best = epochs.reduce((low, next) => (next.meanLoss! < low.meanLoss! ? next : low))
    const { metadata } = right(t.decodeSafetensors(bytes))
    expect(metadata).toMatchObject({ model: 'unet', dataset: 'mnist', steps: '1000', epoch: String(best.epoch) })
    expect(metadata.loss).toBe(String(best.meanLoss))
    expect(best.meanLoss).toBeLessThanOrEqual(0.03)
  })

  it('loads, holds nothing of its training but the model, and predicts noise', async () => {
    expect(bytes.length).toBeLessThan(2.5e6)
    const { model, params, schedule } = right(await loadModel(shippedModel)())
    expect([schedule.steps, schedule.beta[0], schedule.beta[999]]).toEqual([1000, 1e-4, 0.02])
    const digits = t.drawDigits(t.key(3), 2)
    const x0 = t.tensor(t.normalise(digits.images), [2, 1, 28, 28])
    const loss = t.loss(schedule, model.apply)(params, x0, t.tensor([200, 600]), t.normal(t.key(5), [2, 1, 28, 28]))
    // what is drawn here is no image of MNIST, yet most of the noise in it is seen
    expect((await t.reference.read(loss))[0]).toBeLessThan(0.2)
  })
})
