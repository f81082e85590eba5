import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { filled } from '../support/arbitrary.ts'
import { holdsOn } from '../support/property.ts'
import { cook, leavesOf, recipes } from '../support/recipe.ts'

const { reference } = t

describe('the reference', () => {
  it('computes in float64', async () => {
    const third = t.div(t.full([1], 1), 3)
    expect(await reference.read(third)).toEqual(Float64Array.of(1 / 3))
    expect(await reference.read(t.mul(reference.compute(third), 3))).toEqual(Float64Array.of(1))
  })

  it('keeps what it computed', () =>
    holdsOn(recipes({ max: 8 }), async (recipe) => {
      const outputs = cook(recipe, leavesOf(recipe))
      for (const [i, y] of reference.compute(outputs).entries()) {
        expect(y.inputs).toEqual([])
        expect(await reference.read(y)).toEqual(await reference.read(outputs[i]!))
      }
    }))

  it('compiles to the function itself', async () => {
    const f = reference.compile((p: { readonly x: t.Tensor; readonly n: number }) => ({ y: t.mul(p.x, p.n), n: p.n }))
    const { y, n } = f({ x: t.tensor([1, 2]), n: 3 })
    expect([await reference.read(y), n]).toEqual([Float64Array.of(3, 6), 3])
  })

  it('reads arrays, ndarrays and nested numbers', async () => {
    const x = t.tensor([[1, 2], [3, 4]]) // prettier-ignore
    expect(await reference.read(x, 'nested')).toEqual([[1, 2], [3, 4]]) // prettier-ignore
    const array = await reference.read(t.transpose(x), 'ndarray')
    expect([array.shape, array.get(0, 1), array.get(1, 0)]).toEqual([[2, 2], 3, 2])
    expect(await reference.read(t.full([], 7), 'nested')).toBe(7)
  })

  it('gives copies', async () => {
    const x = reference.compute(t.add(t.tensor([1, 2]), 0))
    const first = await reference.read(x)
    first[0] = 99
    expect(await reference.read(x)).toEqual(Float64Array.of(1, 2))
  })

  it('shows the graph of a function', () => {
    expect(reference.show((x: t.Tensor) => t.exp(x), t.ones([2]))).toBe('a = full 1 : [2]\nb = exp a : [2]\nreturn b')
  })

  it('draws the same numbers as every device', async () => {
    using cpu = await t.device({ name: 'cpu' })
    const x = t.normal(t.key(3), [5])
    expect(Float32Array.from(await reference.read(x))).toEqual(await cpu.read(x))
  })

  it('counts nothing and disposes of nothing', () => {
    using device = reference
    expect(device.stats().programs).toBe(0)
    device.dispose()
    expect(device.name).toBe('reference')
    expect(filled([2], 'any', 1).shape).toEqual([2])
  })
})
