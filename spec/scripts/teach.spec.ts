import * as t from 'tessera'
import { unet } from 'tessera/models'
import type { UNetOptions } from 'tessera/models'
import { describe, expect, it } from 'vitest'
import { taught } from '../../scripts/train/teach.ts'

const read = async (x: t.Tensor): Promise<readonly number[]> => [...(await t.reference.read(x))]

describe('a model that is taught classes', () => {
  const options: UNetOptions = {}
  const model = unet(options)
  const params = model.init(t.key(1))
  const before = t.flattenTree(params)
  const { model: told, params: start } = taught({ model, params }, 10, t.key(2))
  const after = t.flattenTree(start)
  const isCoarse = (name: string) => /^(down2|te3|b3|down3|te_mid|b_mid|up1|te4|b4|up2|b5\.0\.ln)\./.test(name)

  it('knows them, and has a row for none that changes nothing', async () => {
    expect(told.config.classes).toBe(10)
    expect(start.class_emb?.weight.shape).toEqual([11, 100])
    expect((await read(t.slice(start.class_emb!.weight, [10]))).every((x) => x === 0)).toBe(true)
  })

  it('keeps the stages that see details as they were', () => {
    const fine = Object.keys(before).filter((name) => !isCoarse(name))
    expect(fine).toContain('b1.0.conv1.weight')
    expect(fine).toContain('conv_out.bias')
    for (const name of fine) expect(after[name]).toBe(before[name])
  })

  it('has coarse stages that are new, and keep the size of signals', async () => {
    const weights = Object.entries(after).filter(([name]) => isCoarse(name) && name.endsWith('.weight') && !name.includes('.ln.')) // prettier-ignore
    for (const [name, weight] of weights) {
      const numbers = await read(weight)
      const square = numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length
      const [, ...fan] = weight.shape
      const products = fan.reduce((product, d) => product * d, 1) / (/^(up2|up1\.0)\.weight/.test(name) ? 4 : 1)
      expect(Math.abs((square * products) / 2.8 - 1), name).toBeLessThan(0.2)
    }
    const biases = Object.entries(after).filter(([name]) => isCoarse(name) && name.endsWith('.bias'))
    for (const [, bias] of biases) expect((await read(bias)).every((x) => x === 0)).toBe(true)
  })
})
