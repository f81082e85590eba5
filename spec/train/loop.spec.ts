import fc from 'fast-check'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import { describe, expect, it } from 'vitest'
import { batchesOf, diffusionTraining, foldUntil, startPlace, stepsPerEpoch, trainLoop } from 'tessera/train'
import type { DiffusionTraining, EpochRecord, StepRecord, TrainPoint, TrainRecord } from 'tessera/train'
import { left, right } from '../data/support.ts'

/** Images of 2×2 pixels, each of a gray level of its own. */
const datasetOf = (count: number): t.Dataset => ({
  name: 'grays',
  classes: ['gray'],
  images: Uint8Array.from({ length: 4 * count }, (_, i) => Math.floor(i / 4)),
  labels: new Uint8Array(count),
  count,
  height: 2,
  width: 2,
  source: 'made here'
})

const trainings = fc
  .record({
    count: fc.integer({ min: 1, max: 12 }),
    epochs: fc.integer({ min: 1, max: 3 }),
    batchSize: fc.integer({ min: 1, max: 5 }),
    steps: fc.integer({ min: 1, max: 9 }),
    seed: fc.nat()
  })
  .map(({ count, seed, ...rest }): Training => ({ ...rest, dataset: datasetOf(count), key: t.key(seed) }))

/** A training without labels. */
type Training = DiffusionTraining & { readonly labels?: never }

type Step = (state: number, x0: t.Tensor, ts: t.Tensor, eta: t.Tensor) => readonly [number, t.Scalar]

/** A step whose loss depends on all that it is given, and which counts itself. */
const step: Step = (state, x0, ts, eta) => [
  state + 1,
  t.sum(t.add(t.mean(t.mul(x0, eta)), t.mul(t.mean(ts), 0.25 / (state + 1))))
]

type Records = readonly TrainRecord<number>[]

const start: TrainPoint<number> = { state: 0, place: startPlace }

const recordsOf = async (training: Training, by: Step = step, from = start): Promise<Records> => {
  const records: TrainRecord<number>[] = []
  for await (const record of trainLoop(t.reference, by, diffusionTraining(training), from)) records.push(record)
  return records
}

const stepsOf = (records: Records): readonly StepRecord<number>[] => records.filter((r) => r.kind === 'step')
const epochsOf = (records: Records): readonly EpochRecord<number>[] => records.filter((r) => r.kind === 'epoch')

const lossesOf = (records: Records): readonly number[] => stepsOf(records).map(({ loss }) => loss)

describe('trainLoop', () => {
  it('counts steps over the run and batches within epochs, the last of which is short', async () => {
    await fc.assert(
      fc.asyncProperty(trainings, async (training) => {
        const steps = stepsOf(await recordsOf(training))
        const batches = stepsPerEpoch(training)
        expect(steps.map((r) => r.step)).toEqual(Array.from({ length: batches * training.epochs }, (_, i) => i + 1))
        steps.forEach(({ step: number, epoch, batch, images, state }) => {
          expect((epoch - 1) * batches + batch).toBe(number)
          expect(images).toBe(Math.min(training.batchSize, training.dataset.count - (batch - 1) * training.batchSize))
          expect(state).toBe(number)
        })
      })
    )
  })

  it('shows every image once an epoch, normalised, with a timestep of the schedule and noise of its own', async () => {
    await fc.assert(
      fc.asyncProperty(trainings, async (training) => {
        const given: t.Tensor[][] = []
        await recordsOf(training, (state, x0, ts, eta) => {
          given.push([x0, ts, eta])
          return step(state, x0, ts, eta)
        })
        const seen: number[] = []
        for (const [x0, ts, eta] of given) {
          const pixels = await t.reference.read(x0!)
          expect(eta!.shape).toEqual(x0!.shape)
          expect(x0!.shape).toEqual([ts!.shape[0], 1, 2, 2])
          seen.push(...pixels.filter((_, i) => i % 4 === 0).map((v) => Math.round((v / 2 + 0.5) * 255)))
          for (const at of await t.reference.read(ts!)) expect([at >= 0, at < training.steps]).toEqual([true, true])
        }
        const { count } = training.dataset
        for (let epoch = 0; epoch < training.epochs; epoch++)
          expect(seen.slice(epoch * count, (epoch + 1) * count).toSorted((a, b) => a - b)).toEqual([
            ...Array(count).keys()
          ])
      })
    )
  })

  it('gives the same losses to the bit for the same key, others for another', async () => {
    await fc.assert(
      fc.asyncProperty(trainings, async (training) => {
        const losses = lossesOf(await recordsOf(training))
        expect(lossesOf(await recordsOf(training))).toEqual(losses)
        const others = lossesOf(await recordsOf({ ...training, key: t.split(training.key)[0]! }))
        expect(others).not.toEqual(losses)
        expect(new Set(losses).size).toBe(losses.length)
      })
    )
  })

  it('reports the mean loss over all images of an epoch, and whether it is strictly the lowest', async () => {
    await fc.assert(
      fc.asyncProperty(trainings, fc.infiniteStream(fc.integer({ min: 1, max: 3 })), async (training, stream) => {
        // losses of whole numbers, so that equal means occur
        const by: Step = (state) => [state + 1, t.scalar(stream.next().value as number)]
        const records = await recordsOf(training, by)
        const epochs = epochsOf(records)
        expect(epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: training.epochs }, (_, i) => i + 1))
        epochs.forEach(({ epoch, meanLoss, best, state }, i) => {
          const steps = stepsOf(records).filter((r) => r.epoch === epoch)
          expect(meanLoss).toBeCloseTo(steps.reduce((sum, r) => sum + r.loss * r.images, 0) / training.dataset.count, 9)
          expect(best).toBe(epochs.slice(0, i).every((before) => meanLoss < before.meanLoss))
          expect(state).toBe(steps.at(-1)!.state)
        })
      })
    )
  })

  it('goes on from anywhere as if it had never stopped', async () => {
    const timeless = (records: Records) =>
      records.map(({ place: { ms: _, ...place }, ...record }) => ({ ...record, place, ms: 0, seconds: 0 }))
    await fc.assert(
      fc.asyncProperty(trainings, fc.nat(), async (training, cut) => {
        const records = await recordsOf(training)
        const at = cut % records.length
        // as it comes out of a file
        const { state, place } = JSON.parse(JSON.stringify(records[at])) as TrainPoint<number>
        expect(timeless(await recordsOf(training, step, { state, place }))).toEqual(timeless(records.slice(at + 1)))
      })
    )
  })

  it('makes the batches of an epoch known before it is trained on them', async () => {
    await fc.assert(
      fc.asyncProperty(trainings, async (training) => {
        const given: t.Tensor[] = []
        await recordsOf(training, (state, x0, ts, eta) => {
          given.push(x0)
          return step(state, x0, ts, eta)
        })
        const last = training.epochs
        const known = [...batchesOf(diffusionTraining(training), last)].map((batch) => Float64Array.from(batch.images))
        const trained = await Promise.all(given.slice(-known.length).map((x0) => t.reference.read(x0)))
        expect(known).toEqual(trained)
      })
    )
  })
})

describe('foldUntil', () => {
  const counting = (made: number[]) =>
    (async function* () {
      for (let i = 1; i <= 9; i++) {
        made.push(i)
        yield await Promise.resolve(i)
      }
    })()

  it('folds in order, and asks for nothing more once it is enough', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), async (last) => {
        const made: number[] = []
        let latest = 0
        const act = (sofar: readonly number[], i: number) => TE.fromIO(() => [...sofar, (latest = i)])
        const folded = right(await foldUntil(counting(made), [], act, () => latest >= last)())
        expect(folded).toEqual(made)
        expect(made.length).toBe(Math.min(last, 9))
      })
    )
  })

  it('stops at a failure and gives it', async () => {
    const made: number[] = []
    const act = (sofar: number, i: number) =>
      i < 4 ? TE.right(sofar + i) : TE.left({ kind: 'write' as const, message: `no ${i}` })
    expect(left(await foldUntil(counting(made), 0, act, () => false)())).toEqual({ kind: 'write', message: 'no 4' })
    expect(made).toEqual([1, 2, 3, 4])
  })
})
