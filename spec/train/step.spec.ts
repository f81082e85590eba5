import * as t from 'tessera'
import { initTrainState, trainStep } from 'tessera/train'
import { describe, expect, it } from 'vitest'
import { devices } from '../support/gl.ts'

describe.each(devices)('trainStep, %s', (_, open) => {
  const scale: t.Model<t.Tensor> = (w, x) => t.mul(x, w)
  const schedule = t.linearSchedule({ steps: 5 })
  const [x0, ts, eta] = [t.normal(t.key(1), [3, 1, 2, 2]), t.tensor([0, 2, 4]), t.normal(t.key(2), [3, 1, 2, 2])]

  it('is the loss, its gradients and the optimiser in one', async () => {
    const device = await open()
    const optimiser = t.adam<t.Tensor>({ lr: 0.125 })
    const w = t.tensor([0.5])
    const step = device.compile(trainStep(t.loss(schedule, scale), optimiser), { donate: [0] })
    const [state, loss] = step(initTrainState(optimiser, w), x0, ts, eta)
    const [wanted, grads] = t.lossStep(schedule, scale)(w, x0, ts, eta)
    const [params] = optimiser.update(grads, optimiser.init(w), w)
    expect((await device.read(loss))[0]).toBeCloseTo((await t.reference.read(wanted))[0]!, 5)
    expect((await device.read(state.params))[0]).toBeCloseTo((await t.reference.read(params))[0]!, 5)
  })

  it('reuses the memory of the state that it is given', async () => {
    const device = await open()
    const optimiser = t.adam<t.Tensor>({ lr: 0.125 })
    const w = t.tensor([0.5])
    const step = device.compile(trainStep(t.loss(schedule, scale), optimiser), { donate: [0] })
    let state = initTrainState(optimiser, w)
    const created: number[] = []
    for (let i = 0; i < 12; i++) {
      const [next, loss] = step(state, x0, ts, eta)
      await device.read(loss)
      state = next
      created.push(device.stats().created)
    }
    expect(created.at(-1)).toBe(created[2])
  })
})
