import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import * as primitives from '../../lib/core/primitives.ts'
import { letters } from '../../lib/core/show.ts'
import { topological } from '../../lib/core/tensor.ts'
import { expectAgreement, nothingSeen } from '../support/agree.ts'
import { gl } from '../support/gl.ts'
import * as laws from '../support/laws.ts'
import { holds, holdsOn } from '../support/property.ts'
import { computable, rows, type Sample } from '../support/rows.ts'

const hasRow = (x: unknown): x is { readonly row: t.Row } => typeof x === 'function' && 'row' in x
const isRow = (x: unknown): x is t.Row => typeof x === 'object' && x !== null && 'kernel' in x && 'vjp' in x

describe('the table', () => {
  it('has a case for every row there is', () => {
    const found = Object.entries(primitives).flatMap(([name, x]) =>
      hasRow(x) ? [[name, x.row.name]] : isRow(x) ? [[name, x.name]] : []
    )
    expect(found.length).toBeGreaterThan(30)
    expect(Object.fromEntries(Object.entries(rows).map(([name, { row }]) => [name, row.name]))).toEqual(
      Object.fromEntries(found)
    )
  })

  it('gives every row a name of its own', () => {
    const names = Object.values(rows).map(({ row }) => row.name)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('reductions', () => {
  const reducing = Object.entries(rows).flatMap(([, { row }]) => {
    const { kernel } = row as t.Row
    return kernel.kind === 'access' && kernel.reduces ? [[row.name, kernel.reduces] as const] : []
  })
  // (no -0: a sum of it and 0 is 0)
  const results = fc.double({ min: -100, max: 100, noNaN: true }).map((x) => x + 0)

  it('are found', () => expect(reducing.map(([name]) => name)).toEqual(expect.arrayContaining(['sum', 'prod', 'max'])))

  it.each(reducing)(
    '%s combines parts, in any order, and an element alone is its own result',
    (_, { combine, identity }) =>
      holds(fc.tuple(results, results, results), ([a, b, c]) => {
        expect(combine(identity, a)).toBe(a)
        expect(combine(a, b)).toBe(combine(b, a))
        const [left, right] = [combine(combine(a, b), c), combine(a, combine(b, c))]
        expect(Math.abs(left - right)).toBeLessThanOrEqual(1e-12 * (1 + Math.abs(a * b * c) + 300))
      })
  )
})

/** A graph prints as a program that defines each name once, before it is used. */
const printsInOrder = (outputs: readonly t.Tensor[]): void => {
  const order = topological(outputs)
  const lines = t.showGraph(outputs).split('\n')
  expect(lines.length).toBe(order.length + 1)
  order.forEach((x, i) => {
    const [name, equals, row, ...rest] = lines[i]!.split(' ')
    expect([name, equals, row]).toEqual([letters(i), '=', x.row.name])
    const operands = rest.slice(0, x.inputs.length)
    expect(operands).toEqual(x.inputs.map((input) => letters(order.indexOf(input))))
    expect(lines[i]!.endsWith(` : [${x.shape.join(',')}]`)).toBe(true)
  })
  expect(lines.at(-1)).toBe(`return ${outputs.map((x) => letters(order.indexOf(x))).join(', ')}`)
}

describe.each(computable)('%s', (_, { sample, linear, flat }) => {
  const differentiable = sample.filter(({ by }: Sample) => by.length > 0)
  const isLeaf = fc.sample(sample, 1)[0]!.by.length === 0

  it('[gl] its kernel and its gradients compute what the reference says', async () => {
    const device = await gl()
    const seen = nothingSeen()
    const batch = fc.array(sample, { minLength: 4, maxLength: 4 })
    await holdsOn(batch, (samples) => expectAgreement(device, samples.flatMap((s) => laws.resultsOf(s)), seen), 2) // prettier-ignore
    expect(seen.sharp / seen.elements).toBeGreaterThan(0.9)
  })

  it('so do the backends without GL', async () => {
    for (const name of ['cpu', 'webasm'] as const) {
      using device = await t.device({ name })
      await holdsOn(sample, (s) => expectAgreement(device, laws.resultsOf(s)), 4)
    }
  })

  it('prints', () => holds(sample, (s) => printsInOrder(laws.resultsOf(s)), 5))

  it('keeps its values when it is rewritten', () => holds(sample, (s) => laws.rewritingKeeps(laws.resultsOf(s))))

  if (isLeaf) return

  it('gives cotangents of the shapes of its inputs', () => holds(differentiable, laws.pullbackShapes))
  it('has a gradient linear in the cotangent', () => holds(differentiable, laws.pullbackIsLinear, 10))
  if (flat) it('passes no cotangent', () => holds(differentiable, laws.pullbackIsZero, 10))
  else {
    it('has the gradient that differences show', () => holds(differentiable, laws.gradientIsDerivative))
    it('has the second derivative that differences of the gradient show', () =>
      holds(differentiable, laws.secondDerivative, 10))
  }
  if (linear && !flat) it('has its adjoint as its gradient', () => holds(differentiable, laws.adjoint))
})

describe('argument', () => {
  it('stands for a value of a traced function and has none outside it', () => {
    const [s] = fc.sample(rows.argumentRow.sample, 1)
    const x = s!.build()
    expect(() => t.reference.compute(x)).toThrow(
      `compute: the argument 0 [${x.shape.join(',')}] is a placeholder of no function: it has no numbers`
    )
    expect(t.showGraph([x])).toBe(`a = argument 0 : [${x.shape.join(',')}]\nreturn a`)
  })
})
