import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { devices } from '../support/gl.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'
import { batch, eachElement, mixed, noised, perfect, read, schedules, silent, size, usual } from './support.ts'

/** Takes a fixed part of what it sees for noise. */
const share: t.Model<t.Scalar> = (w, x) => t.mul(x, w)

describe('lossStep', () => {
  for (const [mark, open] of devices) {
    const exact = mark !== '[gl]'
    const cases = noised(exact ? schedules : fc.constant(usual))
    const numRuns = exact ? 60 : 10

    it(`is 0 for a perfect predictor, and so are its gradients, ${mark}`, async () => {
      const device = await open()
      const step = device.compile((x: t.Tensor, ts: t.Tensor, eta: t.Tensor) =>
        t.lossStep(usual, perfect)(eta, x, ts, eta)
      )
      await fc.assert(
        fc.asyncProperty(noised(fc.constant(usual)), async ({ x, eta, ts }) => {
          const [loss, grads] = step(batch(x), t.tensor(ts), batch(eta))
          expect(await read(device, loss)).toEqual([0])
          expect((await read(device, grads)).every((g) => g === 0)).toBe(true)
        }),
        { numRuns: 10 }
      )
    })

    it(`is the mean squared error over all elements, with its gradient, ${mark}`, async () => {
      const device = await open()
      await fc.assert(
        fc.asyncProperty(cases, async ({ schedule, x, eta, ts }) => {
          const w = 0.75
          const [loss, grad] = t.lossStep(schedule, share)(t.scalar(w), batch(x), t.tensor(ts), batch(eta))
          const seen = eachElement(ts, (i, at) => mixed(schedule, at, x[i]!, eta[i]!))
          const off = seen.map((v, i) => w * v - eta[i]!)
          const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / size
          const rounding = { unit: exact ? unit64 : unit, scale: 64, terms: size }
          expectClose(await read(device, loss), [mean(off.map((v) => v * v))], rounding)
          expectClose(await read(device, grad), [mean(off.map((v, i) => 2 * v * seen[i]!))], rounding)
        }),
        { numRuns }
      )
    })
  }

  it('is the value of `loss`', async () => {
    const args = [t.scalar(0.5), t.ones([3, 4]), t.tensor([1, 0, 7]), t.key(1)] as const
    const [value] = t.lossStep(usual, share)(...args)
    expect(await read(t.reference, value)).toEqual(await read(t.reference, t.loss(usual, share)(...args)))
  })

  it('draws the noise where it is given a key', async () => {
    const x = t.zeros([2, 3])
    const drawn = t.loss(usual, silent)(null, x, t.tensor([3, 4]), t.key(9))
    const given = t.loss(usual, silent)(null, x, t.tensor([3, 4]), t.normal(t.key(9), [2, 3]))
    expect(await read(t.reference, drawn)).toEqual(await read(t.reference, given))
  })

  it('says what is wrong', () => {
    const flat: t.Model<null> = (_, x) => t.sum(x, { axes: 1 })
    expect(() => t.loss(usual, flat)(null, t.ones([2, 3]), t.zeros([2]), t.key(0))).toThrow(
      'loss: the model predicts noise of the shape [2] for [2,3]'
    )
    expect(() => t.loss(usual, silent)(null, t.ones([2, 3]), t.zeros([2]), t.ones([3]))).toThrow(
      'loss: the noise has the shape [3], the images [2,3]'
    )
  })
})
