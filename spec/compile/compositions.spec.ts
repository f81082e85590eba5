import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { expectAgreement, nothingSeen } from '../support/agree.ts'
import { evaluate } from '../support/float64.ts'
import { gl } from '../support/gl.ts'
import { rewritingKeeps } from '../support/laws.ts'
import { holds, holdsOn } from '../support/property.ts'
import { cook, gradientsOf, leavesOf, movements, products, recipes, type Recipe } from '../support/recipe.ts'
import { expectClose } from '../support/tolerance.ts'

const devices: readonly (readonly [mark: string, open: () => Promise<t.Device>, runs: number])[] = [
  ['[gl]', gl, 40],
  ['cpu', () => t.device({ name: 'cpu' }), 150],
  ['webasm', () => t.device({ name: 'webasm' }), 40]
]

const resultsOf = (recipe: Recipe): readonly t.Tensor[] => {
  const leaves = leavesOf(recipe)
  return [...cook(recipe, leaves), ...gradientsOf(recipe, leaves)]
}

/** NaN and infinities among whole numbers. */
const strange = (xs: readonly t.Tensor[]): readonly t.Tensor[] =>
  xs.map((x) =>
    t.tensor(
      evaluate(x).map((v, i) =>
        i % 7 === 3 ? NaN : i % 11 === 5 ? Infinity : i % 13 === 7 ? -Infinity : Math.round(v)
      ),
      x.shape
    )
  )

describe.each(devices)('random expressions, %s', (_, open, runs) => {
  it('and their gradients have the values of the reference', async () => {
    const device = await open()
    const seen = nothingSeen()
    await holdsOn(recipes(), (recipe) => expectAgreement(device, resultsOf(recipe), seen), runs)
    expect(seen.sharp / seen.elements).toBeGreaterThan(0.8)
  })

  it('are the same in a compiled function', async () => {
    const device = await open()
    await holdsOn(
      recipes({ max: 8 }),
      async (recipe) => {
        const leaves = leavesOf(recipe)
        const compiled = device.compile((xs: readonly t.Tensor[]) => cook(recipe, xs))
        const direct = device.compute(cook(recipe, leaves))
        for (const [i, y] of compiled(leaves).entries())
          expect(await device.read(y)).toEqual(await device.read(direct[i]!))
      },
      Math.ceil(runs / 4)
    )
  })

  it('keep NaN and infinity where they belong', async () => {
    const device = await open()
    await holdsOn(
      recipes({ max: 6, ops: movements }),
      async (recipe) => {
        for (const y of cook(recipe, strange(leavesOf(recipe))))
          expectClose(await device.read(y), evaluate(y), { scale: 0 }, t.showGraph([y]))
      },
      runs
    )
  })

  // 0 · NaN may be 0 in GLSL, but what is finite must not have met it
  it('keep them out of products that they do not belong to', async () => {
    const device = await open()
    await holdsOn(
      recipes({ max: 6, ops: [...movements, ...products] }),
      async (recipe) => {
        for (const y of cook(recipe, strange(leavesOf(recipe)))) {
          const wanted = evaluate(y)
          const found = (await device.read(y)).map((v, i) => (Number.isFinite(wanted[i]) ? v : wanted[i]!))
          expectClose(found, wanted, { scale: 0 }, t.showGraph([y]))
        }
      },
      runs
    )
  })
})

describe('rewriting', () => {
  it('changes no value of a random expression or its gradients', () =>
    holds(recipes(), (recipe) => rewritingKeeps(resultsOf(recipe)), 100))
})
