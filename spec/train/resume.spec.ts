import fc from 'fast-check'
import * as t from 'tessera'
import * as train from 'tessera/train'
import type { TrainPoint, TrainState } from 'tessera/train'
import { describe, expect, it } from 'vitest'
import { right } from '../data/support.ts'
import { holdsOn } from '../support/property.ts'

type State = TrainState<t.Tensor, unknown>

/** A model of two numbers: an error of one shows in all that follows. */
const model: t.Model<t.Tensor> = (w, x) => t.add(t.mul(x, t.sum(w)), t.mean(t.square(w)))
const dataset = t.limit(7)(t.drawDigits(t.key(3), 7))
const training = { dataset, epochs: 2, batchSize: 3, steps: 5, key: t.key(1) }

/** From a file, as a run that was killed would find it. */
const stored = ({ state: { params, optState }, place }: TrainPoint<State>, like: State): TrainPoint<State> => {
  const run = { flags: [], images: '', key: '', metadata: {} }
  const bytes = train.encodeCheckpoint({
    ...run,
    params: t.storeTree({ params }),
    optState: t.storeTree(optState),
    place
  })
  const read = right(train.decodeCheckpoint(bytes))
  return {
    state: {
      params: right(t.restoreTree(read.params, { params: like.params })).params,
      optState: right(t.restoreTree(read.optState, like.optState))
    },
    place: read.place
  }
}

describe('a run that is cut anywhere and goes on from its checkpoint', () => {
  it.each(Object.keys(t.optimisers) as t.OptimiserName[])(
    'equals the run that was not cut, to the bit, with %s',
    async (name) => {
      const device = await t.device({ name: 'cpu' })
      const optimiser = t.optimisers[name]<t.Tensor>({ lr: 0.125 })
      const step = device.compile(train.trainStep(t.loss(t.linearSchedule({ steps: 5 }), model), optimiser), {
        donate: [0]
      })
      const start = () => ({ state: train.initTrainState(optimiser, t.tensor([0.5, -0.25])), place: train.startPlace })
      const lossesFrom = async (from: TrainPoint<State>, upTo = Infinity) => {
        const losses: number[] = []
        let last: TrainPoint<State> = from
        for await (const record of train.trainLoop(device, step, train.diffusionTraining(training), from)) {
          losses.push(record.kind === 'step' ? record.loss : record.meanLoss)
          last = record
          if (losses.length === upTo) break
        }
        return { losses, point: stored(last, start().state) }
      }
      const whole = await lossesFrom(start())
      await holdsOn(fc.integer({ min: 1, max: whole.losses.length }), async (cut) => {
        const first = await lossesFrom(start(), cut)
        const second = await lossesFrom(first.point)
        expect([...first.losses, ...second.losses]).toEqual(whole.losses)
        expect(t.storeTree(second.point.state)).toEqual(t.storeTree(whole.point.state))
      })
    }
  )
})
