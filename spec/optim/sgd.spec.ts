import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { devices } from '../support/gl.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'
import { gradients, readTree, trained } from './support.ts'

const scalarSgd = (x: number, grads: readonly number[], lr: number, momentum: number): number => {
  let [at, velocity] = [x, 0]
  for (const g of grads) {
    velocity = momentum * velocity + g
    at -= lr * velocity
  }
  return at
}

const rate = fc.double({ min: 1e-3, max: 0.5, noNaN: true })
const fraction = fc.constantFrom(0, 0.5, 0.9)

describe('sgd', () => {
  for (const [mark, open] of devices) {
    const exact = mark !== '[gl]'
    it(`moves each number against its gradients, ${mark}`, async () => {
      const device = await open()
      const property = fc.asyncProperty(
        gradients,
        exact ? rate : fc.constant(0.125),
        exact ? fraction : fc.constant(0.9),
        async ({ start, steps }, lr, momentum) => {
          const after = await trained(device, t.sgd({ lr, momentum }), start, steps)
          const expected = start.map((x, i) =>
            scalarSgd(
              x,
              steps.map((g) => g[i]!),
              lr,
              momentum
            )
          )
          expectClose(after, expected, { unit: exact ? unit64 : unit, scale: 32, terms: 16 })
        }
      )
      await fc.assert(property, { numRuns: exact ? 60 : 10 })
    })
  }

  it('finds the bottom of a bowl', async () => {
    const optimiser = t.sgd<t.Tensor>({ lr: 0.1, momentum: 0.5 })
    const bottom = t.tensor([3, -1])
    const slope = t.grad((x: t.Tensor) => t.sum(t.square(t.sub(x, bottom))))
    let x: t.Tensor = t.tensor([0, 0])
    let state = optimiser.init(x)
    for (let i = 0; i < 100; i++) [x, state] = t.reference.compute(optimiser.update(slope(x), state, x))
    expectClose(await t.reference.read(x), [3, -1])
  })

  it('says what is wrong', () => {
    expect(() => t.sgd({ lr: -1 })).toThrow('sgd: lr is a positive number, not -1')
    expect(() => t.sgd({ lr: Infinity })).toThrow('sgd: lr is a positive number, not Infinity')
    expect(() => t.sgd({ lr: 1, momentum: 2 })).toThrow('sgd: momentum lies in [0, 1), not at 2')
  })
})

describe('ema', () => {
  for (const [mark, open] of devices)
    it(`is the average in which old parameters fade, ${mark}`, async () => {
      const device = await open()
      await fc.assert(
        fc.asyncProperty(gradients, async ({ start, steps }) => {
          const { init, update } = t.ema<t.Tensor>({ decay: 0.75 })
          let average = init(t.tensor(start))
          for (const x of steps) average = device.compute(update(average, t.tensor(x)))
          // decayⁿ x_0 + (1 - decay) Σ decayⁿ⁻ⁱ x_i
          const expected = start.map((x, i) =>
            steps.reduce((sum, s, k) => sum + 0.25 * 0.75 ** (steps.length - 1 - k) * s[i]!, x * 0.75 ** steps.length)
          )
          expectClose(await readTree(device, average), expected, { scale: 4, terms: 16 })
        }),
        { numRuns: 10 }
      )
    })

  it('says what is wrong', () => {
    expect(() => t.ema({ decay: 1.5 })).toThrow('ema: decay lies in [0, 1), not at 1.5')
  })
})
