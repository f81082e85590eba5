import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { gl } from '../support/gl.ts'
import { holdsOn } from '../support/property.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'
import { estimated } from './estimates.ts'
import { read } from './support.ts'

const [steps, history] = [5, 3]
const options = { steps, history, equal: 0.01 }
const { init, update, probabilities, draw } = t.importance(options)

interface Batch {
  readonly ts: readonly number[]
  readonly losses: readonly number[]
}

/** Batches with as many losses as timesteps, in which timesteps occur several times. */
const batches: fc.Arbitrary<readonly Batch[]> = fc.array(
  fc
    .array(fc.tuple(fc.nat(steps - 1), fc.double({ min: 0, max: 4, noNaN: true }).map(Math.fround)), {
      minLength: 1,
      maxLength: 9
    }) // prettier-ignore
    .map((pairs) => ({ ts: pairs.map(([at]) => at), losses: pairs.map(([, loss]) => loss) })),
  { maxLength: 8 }
)

const after = (given: readonly Batch[], device = t.reference): t.LossHistory => {
  const step = device.compile(update)
  return given.reduce((state, { ts, losses }) => step(state, t.tensor(ts), t.tensor(losses)), init())
}

/** The last losses of each timestep, by lists. */
const listed = (given: readonly Batch[]): readonly (readonly number[])[] =>
  Array.from({ length: steps }, (_, at) =>
    given.flatMap(({ ts, losses }) => losses.filter((__, i) => ts[i] === at)).slice(-history)
  )

const wanted = (given: readonly Batch[]): readonly number[] => {
  const sizes = listed(given).map((losses) => Math.sqrt(losses.reduce((sum, l) => sum + l ** 2, 0) / history))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const known = listed(given).every((losses) => losses.length === history) && total > 0
  return sizes.map((size) => (known ? 0.99 * (size / total) + 0.01 / steps : 1 / steps))
}

/** Three losses of each timestep. */
const full = {
  ts: [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 4, 3, 2, 1, 0],
  losses: [1, 2, 9, 0, 1, 1, 2, 8, 0, 3, 2, 0, 7, 1, 1]
}

describe('importance', () => {
  it('remembers the last losses of each timestep, and draws it by their squares', () =>
    holdsOn(
      batches,
      async (given) => {
        for (const start of [[], [full]]) {
          const state = after([...start, ...given])
          const kept = await read(t.reference, state.losses)
          listed([...start, ...given]).forEach((losses, at) => {
            const row = kept.slice(at * history, (at + 1) * history)
            const padded = [...losses, ...Array<number>(history - losses.length).fill(0)]
            expect(row.toSorted((a, b) => a - b)).toEqual(padded.toSorted((a, b) => a - b))
          })
          expectClose(await read(t.reference, probabilities(state)), wanted([...start, ...given]), { unit: unit64, terms: 32 }) // prettier-ignore
        }
      },
      20
    ))

  it('is uniform until each timestep has its history', async () => {
    const uniform = Array<number>(steps).fill(1 / steps)
    expect(await read(t.reference, probabilities(init()))).toEqual(uniform)
    const most = after([{ ts: full.ts.slice(0, -1), losses: full.losses.slice(0, -1) }])
    expect(await read(t.reference, probabilities(most))).toEqual(uniform)
    expect(await read(t.reference, draw(most, t.key(0), 8).weights)).toEqual(Array<number>(8).fill(1))
    const all = update(most, t.tensor([0]), t.tensor([1]))
    expect(await read(t.reference, probabilities(all))).not.toEqual(uniform)
  })

  it('is uniform where there are no losses at all', async () => {
    const none = after([{ ...full, losses: full.losses.map(() => 0) }])
    expect(await read(t.reference, probabilities(none))).toEqual(Array<number>(steps).fill(1 / steps))
  })

  it('draws each timestep as often as it is likely', async () => {
    const [state, n] = [after([full]), 20_000]
    const [p, ts] = [
      await read(t.reference, probabilities(state)),
      await read(t.reference, draw(state, t.key(1), n).ts)
    ]
    p.forEach((likely, at) => {
      const share = ts.filter((drawn) => drawn === at).length / n
      expect(Math.abs(share - likely)).toBeLessThan(5 * Math.sqrt((likely * (1 - likely)) / n))
    })
  })

  it('gives weights with which the mean of any losses is without bias', async () => {
    const state = after([full])
    const { ts, weights } = draw(state, t.key(2), 40_000)
    const [at, w, p] = [await read(t.reference, ts), await read(t.reference, weights), await read(t.reference, probabilities(state))] // prettier-ignore
    expectClose(w, at.map((drawn) => 1 / (steps * p[drawn]!)), { unit: unit64, terms: 4 }) // prettier-ignore
    for (const losses of [
      [1, 1, 1, 1, 1],
      [3, -1, 4, 1, -5]
    ]) {
      // prettier-ignore
      const [found, error] = estimated(at.map((drawn, i) => w[i]! * losses[drawn]!))
      expect(Math.abs(found - losses.reduce((a, b) => a + b) / steps)).toBeLessThan(error)
    }
  })

  it('has less noise than equally likely timesteps where losses are as they were', async () => {
    const losses = [1, 1.7, 8, 0, 2.2]
    const noise = async (state: t.LossHistory) => {
      const { ts, weights } = draw(state, t.key(3), 4000)
      const w = await read(t.reference, weights)
      return estimated((await read(t.reference, ts)).map((at, i) => w[i]! * losses[at]!))[1]
    }
    expect(await noise(after([full]))).toBeLessThan(0.2 * (await noise(init())))
  })

  it('is the same on GL, as one compiled step, [gl]', async () => {
    const device = await gl()
    const both = [full, { ts: [2, 2, 2, 2, 1], losses: [1, 2, 3, 4, 5] }]
    const [there, here] = [after(both, device), after(both)]
    expect(await read(device, there.losses)).toEqual(await read(t.reference, here.losses))
    expect(await read(device, there.seen)).toEqual(await read(t.reference, here.seen))
    const drawn = device.compile((state: t.LossHistory, key: t.Key) => draw(state, key, 50))(there, t.key(4))
    const exact = draw(here, t.key(4), 50)
    expect(await read(device, drawn.ts)).toEqual(await read(t.reference, exact.ts))
    expectClose(await read(device, drawn.weights), await read(t.reference, exact.weights), { unit, terms: 64 })
  })

  it('names what is wrong', () => {
    expect(() => t.importance({ steps: 0 })).toThrow('importance: steps is a whole number of at least 1, not 0')
    expect(() => t.importance({ steps: 2, history: 0.5 })).toThrow(
      'importance: history is a whole number of at least 1'
    )
    expect(() => t.importance({ steps: 2, equal: 0 })).toThrow('importance: equal is above 0 and at most 1, not 0')
    expect(() => update(init(), t.tensor([1]), t.tensor([1, 2]))).toThrow('wants one loss per timestep: [2] for [1]')
    expect(() => update(init(), t.tensor([5]), t.tensor([1]))).toThrow('importance: the timestep')
  })
})
