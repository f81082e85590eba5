import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { devices } from '../support/gl.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'
import { batch, eachElement, mixed, noised, read, schedules, usual } from './support.ts'

describe('noise', () => {
  for (const [mark, open] of devices) {
    const exact = mark !== '[gl]'
    const cases = noised(exact ? schedules : fc.constant(usual))
    const numRuns = exact ? 100 : 10

    it(`mixes each picture and its noise by its own timestep, ${mark}`, async () => {
      const device = await open()
      await fc.assert(
        fc.asyncProperty(cases, async ({ schedule, x, eta, ts }) => {
          const xt = await read(device, t.noise(schedule)(batch(x), t.tensor(ts), batch(eta)))
          const expected = eachElement(ts, (i, at) => mixed(schedule, at, x[i]!, eta[i]!))
          expectClose(xt, expected, { unit: exact ? unit64 : unit, scale: 6 + schedule.steps })
        }),
        { numRuns }
      )
    })

    it(`is undone by cleanFrom, ${mark}`, async () => {
      const device = await open()
      await fc.assert(
        fc.asyncProperty(cases, async ({ schedule, x, eta, ts }) => {
          const xt = t.noise(schedule)(batch(x), t.tensor(ts), batch(eta))
          const back = await read(device, t.cleanFrom(schedule)(xt, t.tensor(ts), batch(eta)))
          // what is left of x is √alphaBar of it, beside noise of up to 3
          const scale = 6 / Math.sqrt(Math.min(...ts.map((at) => schedule.alphaBar[at]!)))
          expectClose(back, x, { unit: exact ? unit64 : unit, scale, terms: 9 })
        }),
        { numRuns }
      )
    })

    it(`draws the noise where it is given a key, ${mark}`, async () => {
      const device = await open()
      const [x, ts] = [t.ones([5, 1, 2, 3]), t.tensor([0, 3, 9, 20, 39])]
      const drawn = device.compile((key: t.Key) => t.noise(usual)(x, ts, key))(t.key(5))
      const given = t.noise(usual)(x, ts, t.normal(t.key(5), x.shape))
      expectClose(await read(device, drawn), await read(device, given), { scale: 4 })
    })
  }

  it('says what is wrong', () => {
    const of = (x: t.Tensor, ts: t.Tensor, eta: t.Tensor) => () => t.noise(usual)(x, ts, eta)
    expect(of(t.ones([2, 3]), t.zeros([3]), t.ones([2, 3]))).toThrow(
      'noise: wants one timestep per image: [3] for [2,3]'
    )
    expect(of(t.ones([]), t.zeros([]), t.ones([]))).toThrow('noise: wants one timestep per image: [] for []')
    expect(of(t.ones([2, 3]), t.zeros([2]), t.ones([2, 1]))).toThrow(
      'noise: the noise has the shape [2,1], the images [2,3]'
    )
  })
})
