import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { devices } from '../support/gl.ts'
import { expectClose, unit, unit64 } from '../support/tolerance.ts'
import { gradients, readTree, trained, treeOf } from './support.ts'

interface Options {
  readonly lr: number
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
}

/** Adam on one number, from the paper's algorithm 1: one gradient a step. */
const scalarAdam = (x: number, grads: readonly number[], { lr, beta1, beta2, eps }: Options): number => {
  let [at, m, v] = [x, 0, 0]
  grads.forEach((g, i) => {
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g ** 2
    at -= (lr * (m / (1 - beta1 ** (i + 1)))) / (Math.sqrt(v / (1 - beta2 ** (i + 1))) + eps)
  })
  return at
}

const options: fc.Arbitrary<Options> = fc.record({
  lr: fc.double({ min: 1e-4, max: 0.1, noNaN: true }),
  beta1: fc.constantFrom(0, 0.5, 0.9),
  beta2: fc.constantFrom(0.5, 0.99, 0.999),
  eps: fc.constantFrom(1e-8, 1e-3)
})
/** PyTorch's defaults. */
const usual: Options = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8 }

describe('adam', () => {
  for (const [mark, open] of devices) {
    const exact = mark !== '[gl]'
    it(`does each number's steps as the paper's algorithm 1, ${mark}`, async () => {
      const device = await open()
      const rounding = { unit: exact ? unit64 : unit, scale: 4, terms: 64 }
      await fc.assert(
        fc.asyncProperty(gradients, exact ? options : fc.constant(usual), async ({ start, steps }, o) => {
          const after = await trained(device, t.adam(o), start, steps)
          const expected = start.map((x, i) =>
            scalarAdam(
              x,
              steps.map((g) => g[i]!),
              o
            )
          )
          expectClose(after, expected, rounding)
        }),
        { numRuns: exact ? 60 : 10 }
      )
    })
  }

  it('has the defaults of PyTorch', async () => {
    const [start, steps] = [
      [1, -2, 0.5, 3],
      [
        [0.1, -0.2, 3, 0],
        [0.2, 0.1, -3, 0]
      ]
    ] as const
    const expected = start.map((x, i) =>
      scalarAdam(
        x,
        steps.map((g) => g[i]!),
        usual
      )
    )
    expectClose(await trained(t.reference, t.adam(), start, steps), expected, { unit: unit64, scale: 16 })
  })

  it('leaves a parameter alone whose gradient is zero', async () => {
    expect(
      await trained(
        t.reference,
        t.adam(),
        [1, 2, 3, 4],
        [
          [0, 0, 0, 0],
          [0, 0, 0, 0]
        ]
      )
    ).toEqual([1, 2, 3, 4])
  })

  it('keeps its state in tensors', () => {
    const state = t.adam<ReturnType<typeof treeOf>>().init(treeOf([1, 2, 3, 4]))
    const names = ['m.a', 'm.b.0', 'v.a', 'v.b.0', 'power1', 'power2']
    expect(Object.keys(t.flattenTree(state))).toEqual(names)
  })

  it('can go on from a stored state', async () => {
    const optimiser = t.adam<t.Tensor>({ lr: 0.1 })
    const g = t.tensor([1, -1])
    const once = optimiser.update(g, optimiser.init(g), t.tensor([0, 0]))
    const stored = t.reference.compute(once)
    const [a] = optimiser.update(g, once[1], once[0])
    const [b] = optimiser.update(g, stored[1], stored[0])
    expect(await readTree(t.reference, a)).toEqual(await readTree(t.reference, b))
  })

  it('says what is wrong', () => {
    expect(() => t.adam({ lr: 0 })).toThrow('adam: lr is a positive number, not 0')
    expect(() => t.adam({ beta1: 1 })).toThrow('adam: beta1 lies in [0, 1), not at 1')
    expect(() => t.adam({ beta2: -0.5 })).toThrow('adam: beta2 lies in [0, 1), not at -0.5')
    expect(() => t.adam({ eps: NaN })).toThrow('adam: eps is not negative: NaN')
    const { init, update } = t.adam<Readonly<Record<string, t.Tensor>>>()
    const params = { w: t.ones([2]) }
    expect(() => update({}, init(params), params)).toThrow('adam: there is no gradient for w')
    expect(() => update({ w: t.ones([3]) }, init(params), params)).toThrow(
      'adam: the gradient of w has the shape [3], not [2]'
    )
    expect(() => update({ ...params, v: t.ones([1]) }, init(params), params)).toThrow(
      'adam: there is a gradient for v, which is no parameter'
    )
  })
})
