import { afterAll, describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { largeShapes, misplaced } from '../support/large.ts'

const device = await t.device({ name: 'headlessgl' })
afterAll(() => device.dispose())

describe('[gl] every element of a large tensor is found', () => {
  it.each([...largeShapes, [60_000, 784], [7, 7142857]] as const)('[%i,%i]', async (p, q) => {
    expect(await misplaced(device, [p, q])).toEqual([])
  })

  it('in sums over some of its axes', async () => {
    const x = t.reshape(t.tensor(new Float32Array(60_000 * 784).fill(1), [60_000, 1, 28, 28]), [60_000, 784])
    const rows = await device.read(t.sum(x, { axes: 1 }))
    expect([rows.length, rows.findIndex((v) => v !== 784)]).toEqual([60_000, -1])
    const columns = await device.read(t.sum(x, { axes: 0 }))
    expect([columns.length, columns.findIndex((v) => v !== 60_000)]).toEqual([784, -1])
  })

  it('by its number, up to the last row of a table', async () => {
    const table = t.reshape(t.iota([2 ** 23 + 11]), [2 ** 23 + 11, 1])
    const rows = [0, 2 ** 22 + 1, 2 ** 23 - 1, 2 ** 23 + 3, 2 ** 23 + 10]
    expect(Array.from(await device.read(t.take(device.compute(table), t.tensor(rows))))).toEqual(rows)
  })
})

describe.each(['cpu', 'webasm'] as const)(
  '%s finds every element of a large tensor, or says that it cannot',
  (name) => {
    it.each(largeShapes)('[%i,%i]', async (p, q) => {
      using other = await t.device({ name })
      if (name === 'cpu' || p * q < 2 ** 23 - 2 ** 16) expect(await misplaced(other, [p, q])).toEqual([])
      else
        await misplaced(other, [p, q]).then(
          (wrong) => expect(wrong).toEqual([]),
          (thrown: unknown) => {
            expect(String(thrown)).toMatch(
              /^TesseraError: device: it tells elements apart up to number 16777216, here is number \d+: compute a part at a time$/
            )
          }
        )
    })
  }
)

describe('numbers that float32 lacks', () => {
  it('are not counted', () => {
    expect(t.iota([2 ** 24 + 1]).shape).toEqual([16777217])
    expect(() => t.iota([3, 2 ** 24 + 2], { axis: 1 })).toThrow(
      "iota: float32 can't hold the numbers of an axis of 16777218: it has every whole number up to 16777216"
    )
    expect(() => t.take(t.zeros([2 ** 24 + 2]), t.tensor([0]))).toThrow(
      "take: float32 can't hold the numbers of the rows of 16777218: it has every whole number up to 16777216"
    )
  })
})
