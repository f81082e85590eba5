import { readFileSync } from 'node:fs'
import * as t from 'tessera'
import { describe, expect, it } from 'vitest'
import { loadClassifier, shippedClassifier } from '../../scripts/lib/classifier-file.ts'
import { loadModel, shippedClassModel, shippedModel } from '../../scripts/lib/model-file.ts'
import { readerOf } from '../../scripts/lib/reading.ts'
import { samplerOf } from '../../scripts/lib/sampling.ts'
import { right } from '../data/support.ts'

interface EpochLine {
  readonly epoch: number
  readonly meanLoss?: number
}

/** The epochs in the logs of runs. */
const epochsIn = (...names: readonly string[]): readonly EpochLine[] =>
  names
    .flatMap((name) =>
      readFileSync(new URL(`../../docs/mnist/${name}`, import.meta.url), 'utf8')
        .trimEnd()
        .split('\n')
    )
    .map((line) => JSON.parse(line) as EpochLine)
    .filter(({ meanLoss }) => meanLoss !== undefined)

const best = (epochs: readonly EpochLine[]): EpochLine =>
  epochs.reduce((low, next) => (next.meanLoss! < low.meanLoss! ? next : low))

describe('the model of MNIST in models/', () => {
  const bytes = readFileSync(shippedModel)

  it('is the best of the runs whose logs are in docs/mnist', () => {
    const epochs = epochsIn('log.jsonl', 'log-2.jsonl', 'log-3.jsonl')
    expect(epochs.length).toBeGreaterThanOrEqual(14)
    const { epoch, meanLoss } = best(epochs)
    const { metadata } = right(t.decodeSafetensors(bytes))
    expect(metadata).toMatchObject({ model: 'unet', dataset: 'mnist', steps: '1000', epoch: String(epoch) })
    expect(metadata.loss).toBe(String(meanLoss))
    expect(meanLoss).toBeLessThanOrEqual(0.03)
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

describe('the model of classes in models/', () => {
  it('is the best of the run whose log is in docs/mnist', () => {
    const { epoch, meanLoss } = best(epochsIn('log-classes.jsonl'))
    const { metadata } = right(t.decodeSafetensors(readFileSync(shippedClassModel)))
    expect(metadata).toMatchObject({ model: 'unet', dataset: 'mnist', steps: '1000', epoch: String(epoch) })
    expect(metadata.loss).toBe(String(meanLoss))
  })

  it('draws the digits that it is asked for, as the classifier in models/ reads them, [gl]', async () => {
    const { model, params, schedule } = right(await loadModel(shippedClassModel)())
    const reader = right(await loadClassifier(shippedClassifier)())
    using gpu = await t.device({ name: 'headlessgl' })
    const { run } = samplerOf(gpu, schedule, model, { steps: 15 })
    const count = 40
    let drawn = new Float32Array()
    for await (const { x } of run(params, { key: t.key(1), count, shape: [1, 28, 28] }))
      drawn = Float32Array.from(await gpu.read(x))
    const { classes } = await readerOf(gpu, reader.params, count)(drawn)
    // one of each in turn
    const asAsked = Array.from(classes).filter((read, i) => read === i % 10).length
    expect(asAsked).toBeGreaterThanOrEqual(36)
  })
})
