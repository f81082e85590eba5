import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { readTree } from './support.ts'

const names = Object.keys(t.optimisers) as t.OptimiserName[]

describe('the table of optimisers', () => {
  it('has the optimisers under their names', async () => {
    const [x, gradient] = [t.tensor([1, -2]), t.tensor([0.5, 3])]
    const step = <S>({ init, update }: t.Optimiser<t.Tensor, S>) => readTree(t.reference, update(gradient, init(x), x))
    expect(await step(t.optimisers.adam({ lr: 0.1 }))).toEqual(await step(t.adam({ lr: 0.1 })))
    expect(await step(t.optimisers.sgd({ lr: 0.1 }))).toEqual(await step(t.sgd({ lr: 0.1 })))
  })

  it.each(names)('holds one that goes down, whose state can be stored: %s', async (name) => {
    const optimiser = t.optimisers[name]<t.Tensor>({ lr: 0.1 })
    const loss = (w: t.Tensor): t.Scalar => t.mse(w, t.ones([2]))
    let [w, state]: readonly [t.Tensor, unknown] = [t.tensor([4, -3]), optimiser.init(t.tensor([4, -3]))]
    const losses: number[] = []
    for (let i = 0; i < 20; i++) {
      const [value, gradient] = t.valueAndGrad(loss)(w)
      losses.push((await t.reference.read(value))[0]!)
      const [next, kept] = optimiser.update(gradient, state, w)
      const restored = t.restoreTree(t.storeTree(kept), kept)
      if (restored._tag === 'Left') throw new Error(restored.left.message)
      ;[w, state] = [t.reference.compute(next), restored.right]
    }
    losses.slice(1).forEach((after, i) => expect(after).toBeLessThan(losses[i]!))
  })

  it.each(names)('has a learning rate of its own: %s', async (name) => {
    const [x, gradient] = [t.tensor([1, -2]), t.tensor([0.5, 3])]
    const { lr } = t.optimisers[name]
    const [own, given] = [t.optimisers[name]<t.Tensor>(), t.optimisers[name]<t.Tensor>({ lr })]
    const step = ({ init, update }: typeof own) => readTree(t.reference, update(gradient, init(x), x)[0])
    expect(await step(own)).toEqual(await step(given))
    expect(lr).toBeGreaterThan(0)
  })

  it.each(names)('checks the learning rate: %s', (name) => {
    expect(() => t.optimisers[name]({ lr: -1 })).toThrow(`${name}: lr is a positive number, not -1`)
  })
})
