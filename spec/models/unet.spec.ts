import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { timeEmbedding, unet } from '../../models/index.ts'
import { expectClose } from '../support/tolerance.ts'

const model = unet()
const params = t.flattenTree(model.init(t.key(0)))
const sizeOf = (x: t.Tensor): number => x.shape.reduce((size, d) => size * d, 1)
const read = async (x: t.Tensor): Promise<readonly number[]> => [...(await t.reference.read(x))]

describe('the parameters of the U-Net', () => {
  it('are 172 tensors of 506,852 numbers; with the time embedding 173 of 606,852', () => {
    const count = Object.values(params).reduce((sum, x) => sum + sizeOf(x), 0)
    expect([Object.keys(params).length, count]).toEqual([172, 506_852])
    expect(count + sizeOf(model.timeEmbedding)).toBe(606_852)
  })

  it("have PyTorch's names and shapes", () => {
    const shapes: Readonly<Record<string, readonly number[]>> = {
      'te1.0.weight': [1, 100],
      'te4.2.weight': [80, 80],
      'b1.0.ln.weight': [1, 28, 28],
      'b1.0.conv1.weight': [10, 1, 3, 3],
      'down1.weight': [10, 10, 4, 4],
      'down3.0.weight': [40, 40, 2, 2],
      'down3.2.bias': [40],
      'b_mid.2.conv1.weight': [40, 20, 3, 3],
      'up1.0.weight': [40, 40, 4, 4],
      'up1.2.weight': [40, 40, 2, 2],
      'b4.0.ln.bias': [80, 7, 7],
      'b_out.2.ln.weight': [10, 28, 28],
      'conv_out.weight': [1, 10, 3, 3]
    }
    for (const [name, shape] of Object.entries(shapes)) expect(params[name]?.shape, name).toEqual(shape)
  })

  it('start as in PyTorch: within ±1/√fan-in, norms at 1 and 0', async () => {
    for (const [name, x] of Object.entries(params)) {
      const numbers = await read(x)
      if (name.includes('.ln.')) {
        const start = name.endsWith('weight') ? 1 : 0
        expect(
          numbers.every((v) => v === start),
          name
        ).toBe(true)
      } else {
        const { shape } = params[name.replace(/bias$/, 'weight')]!
        const bound = 1 / Math.sqrt(shape.slice(1).reduce((product, d) => product * d, 1))
        const most = numbers.reduce((largest, v) => Math.max(largest, Math.abs(v)), 0)
        expect(most, name).toBeLessThanOrEqual(Math.fround(bound))
        if (numbers.length >= 100) expect(most, name).toBeGreaterThan(0.9 * bound)
      }
    }
  })

  it('are all different, and others for another key', async () => {
    const first = await Promise.all(Object.values(params).map(async (x) => (await read(x))[0]!))
    const drawn = first.filter((v) => v !== 0 && v !== 1)
    expect(new Set(drawn).size).toBe(drawn.length)
    const other = t.flattenTree(model.init(t.key(1)))
    expect(await read(other['conv_out.weight']!)).not.toEqual(await read(params['conv_out.weight']!))
  })
})

describe('the time embedding', () => {
  it("is the article's: sin and cos of t · 10000^(-4k/100)", async () => {
    const table = await read(timeEmbedding(1000))
    const expected = Array.from({ length: 100_000 }, (_, i) => {
      const [at, k, odd] = [Math.floor(i / 100), Math.floor((i % 100) / 2), i % 2]
      const angle = at / 10_000 ** ((4 * k) / 100)
      return odd ? Math.cos(angle) : Math.sin(angle)
    })
    expectClose(table, expected)
  })

  it('says what is wrong', () => {
    expect(() => timeEmbedding(0)).toThrow('timeEmbedding: steps is a whole number above 0, not 0')
    expect(() => unet({ steps: 5, timeEmbedding: timeEmbedding(4) })).toThrow(
      'unet: wants a time embedding [5,100], not [4,100]'
    )
  })
})

describe('the U-Net', () => {
  const initial = model.init(t.key(0))
  const predict = (x: t.Tensor, ts: t.Tensor): t.Tensor => model.apply(initial, x, ts)

  it('predicts noise like its input', () => {
    expect(predict(t.zeros([3, 1, 28, 28]), t.zeros([3])).shape).toEqual([3, 1, 28, 28])
  })

  it('says what is wrong', () => {
    expect(() => predict(t.zeros([3, 28, 28]), t.zeros([3]))).toThrow('unet: wants pictures [N,1,28,28], not [3,28,28]')
    expect(() => predict(t.zeros([3, 1, 32, 32]), t.zeros([3]))).toThrow('not [3,1,32,32]')
  })

  it('depends on the timestep, and treats each picture by its own', async () => {
    const x = t.normal(t.key(3), [1, 1, 28, 28])
    const alone = [await read(predict(x, t.tensor([10]))), await read(predict(x, t.tensor([900])))]
    expect(alone[0]).not.toEqual(alone[1])
    expect(await read(predict(t.concat([x, x]), t.tensor([10, 900])))).toEqual(alone.flat())
  })
})
