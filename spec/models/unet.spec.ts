import * as E from 'fp-ts/Either'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { fromNamed, timeEmbedding, toNamed, unet, type UNetOptions } from '../../models/index.ts'
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

describe('a U-Net of other options', () => {
  const size = (options: UNetOptions) => ({ ...{ size: 28, channels: 1 }, ...options })
  const small: readonly UNetOptions[] = [
    { size: 8, width: 2 },
    { size: 32, channels: 3, width: 2 },
    { size: 12, width: 3, norm: 'group' },
    { size: 16, channels: 3, width: 4, norm: 'group', attention: [4, 2], classes: 3 },
    { width: 2, attention: [7], classes: 10 }
  ]

  it.each(small)('%j predicts noise like its input, and comes back from its tensors', async (options) => {
    const model = unet({ steps: 5, ...options })
    const initial = model.init(t.key(1))
    const { channels, size: side } = size(options)
    const x = t.normal(t.key(2), [2, channels, side, side])
    const seen = await read(model.apply(initial, x, t.tensor([0, 4])))
    expect(seen).toHaveLength(sizeOf(x))
    expect(seen.every(Number.isFinite)).toBe(true)
    const back = fromNamed(toNamed(model, initial), { size: side })
    if (E.isLeft(back)) throw new Error(back.left.message)
    expect(back.right.model.config).toEqual(model.config)
    // a file holds float32
    expectClose(await read(back.right.model.apply(back.right.params, x, t.tensor([0, 4]))), seen)
  })

  it('gives the parameters of the article the values of the article', async () => {
    const told = unet({ classes: 10, attention: [7] }).init(t.key(0))
    for (const [name, x] of Object.entries(params))
      expect(await read(t.flattenTree(told)[name]!)).toEqual(await read(x))
  })

  it.each([
    [{ size: 10 }, 'unet: size is a multiple of 4, not 10'],
    [{ size: 4 }, 'unet: size is a whole number of at least 8, not 4'],
    [{ width: 0.5 }, 'unet: width is a whole number of at least 1, not 0.5'],
    [{ classes: -1 }, 'unet: classes is a whole number of at least 0, not -1'],
    [{ norm: 'batch' as 'group' }, "unet: norm is 'layer' or 'group', not 'batch'"],
    [{ attention: [5] }, 'unet: no stage has the side 5 for attention: there are 28, 14, 7, 3']
  ])('refuses %j', (options: UNetOptions, message) => {
    expect(() => unet(options)).toThrow(message)
  })
})

describe('a U-Net of classes', () => {
  const told = unet({ size: 8, width: 2, classes: 3 })
  const initial = told.init(t.key(0))
  const x = t.normal(t.key(3), [1, 1, 8, 8])
  const at = (labels: t.Tensor | null) => read(told.apply(initial, x, t.tensor([10]), labels))

  it('depends on the label, and treats each picture by its own', async () => {
    const each = await Promise.all([0, 1, 2].map((k) => at(t.tensor([k]))))
    expect(new Set(each.map(String)).size).toBe(3)
    const all = told.apply(initial, t.concat([x, x, x]), t.tensor([10, 10, 10]), t.tensor([0, 1, 2]))
    expect(await read(all)).toEqual(each.flat())
  })

  it('takes null for the label after the last, which stands for none', async () => {
    expect(await at(null)).toEqual(await at(t.tensor([3])))
    expect(await at(null)).not.toEqual(await at(t.tensor([2])))
  })

  it('is at first that without classes where it is told none', async () => {
    const { class_emb: _, ...shared } = initial
    const free = unet({ size: 8, width: 2 })
    expect(await at(null)).toEqual(await read(free.apply(shared, x, t.tensor([10]))))
  })

  it('is the only one that is told labels', () => {
    const free = unet({ size: 8, width: 2 })
    expect(() => free.apply(free.init(t.key(0)), x, t.tensor([10]), t.tensor([1]) as never)).toThrow(
      'unet: has no classes to be told: unet({ classes }) makes one that has'
    )
  })
})
