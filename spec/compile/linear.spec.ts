import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { defaultCosts } from '../../lib/compile/kernel/costs.ts'
import { graphKey } from '../../lib/compile/kernel/key.ts'
import { compile } from '../../lib/compile/index.ts'
import { gl } from '../support/gl.ts'
import { workOf } from '../support/work.ts'

// Twice as long a chain is twice as much work: counted, not timed.

const leaf = (...shape: readonly number[]): t.Tensor => t.full(shape, 0.1)
const data = (...shape: readonly number[]): t.Tensor =>
  t.tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.1), shape)

/** The gradient by x of n steps that start at x. */
const chain =
  (step: (y: t.Tensor, x: t.Tensor, i: number) => t.Tensor, ...shape: readonly number[]) =>
  (n: number): unknown =>
    t.grad((x: t.Tensor) => t.sum(Array.from({ length: n }, (_, i) => i).reduce((y, i) => step(y, x, i), x)))(
      data(...shape)
    )

const layers = (n: number): unknown =>
  t.grad((ws: readonly t.Tensor[]) => t.sum(ws.reduce((y, w) => t.tanh(t.add(y, w)), leaf(8))))(
    Array.from({ length: n }, () => data(8))
  )

const graphs: Readonly<Record<string, (n: number) => unknown>> = {
  'a function of a function': chain((y) => t.mul(t.sin(y), 1.01), 8),
  'products with one tensor': chain((y, x) => t.mul(y, x), 8),
  'sums with what is computed from one tensor': chain((y, x, i) => t.add(y, t.mul(t.sin(x), i)), 8),
  'a residual net': chain((y) => t.add(y, t.silu(y)), 8),
  'layers with parameters of their own': layers,
  'matrix products': chain((y, x) => t.tanh(t.matmul(y, x)), 4, 4),
  'sums between functions': chain((y) => t.sub(y, t.mean(y, { keepDims: true })), 4, 4),
  movements: chain((y, _, i) => t.sin(i % 2 ? t.transpose(y) : t.flip(y, { axes: 0 })), 4, 4),
  'slices of one tensor': (n) =>
    t.grad((x: t.Tensor) =>
      t.sum(Array.from({ length: n }, (_, i) => t.slice(x, [i])).reduce((y, row) => t.sin(t.add(y, row))))
    )(data(n, 3)),
  'second gradients': (n) => {
    const slope = t.grad((z: t.Tensor) => t.sum(Array.from({ length: n }).reduce<t.Tensor>((y) => t.sin(y), z)))
    return t.grad((x: t.Tensor) => t.sum(t.square(slope(x))))(data(8))
  },
  'a concatenation': (n) => t.concat(Array.from({ length: n }, () => data(2))),
  'a stack and its gradient': (n) =>
    t.grad((xs: readonly t.Tensor[]) => t.sum(t.square(t.stack(xs))))(Array.from({ length: n }, () => data(2)))
}

const target = (inputs: number, targets: number) => ({
  inputs,
  targets,
  textureSize: 8192,
  costs: defaultCosts,
  source: () => ({ text: '', uniforms: [] })
})
const [short, long] = [600, 1200] as const
const most = 2.3

describe.each(Object.entries(graphs))('%s', (_, graph) => {
  it('is written down in linear time', () => {
    expect(workOf(() => graph(long)) / workOf(() => graph(short))).toBeLessThan(most)
  })

  it.each([
    [16, 8],
    [4, 4],
    [64, 1]
  ])('is planned in linear time, for %i inputs and %i results of a kernel', (inputs, targets) => {
    const planned = (n: number): number => {
      const outputs = t.tensorsOf(graph(n))
      return workOf(() => {
        graphKey(outputs)
        compile(outputs, target(inputs, targets))
      })
    }
    expect(planned(long) / planned(short)).toBeLessThan(most)
  })
})

describe('a chain of 5,000 operations', () => {
  it('[gl] has its gradient', async () => {
    const device = await gl()
    const factor = 1 + 2 ** -12
    const slope = t.grad((x: t.Tensor) =>
      t.sum(Array.from({ length: 5000 }).reduce<t.Tensor>((y) => t.mul(y, factor), x))
    )
    const [found] = await device.read(slope(t.mul(data(3), 1)))
    // each product rounds once: half a unit in the last place
    expect(Math.abs(found! / factor ** 5000 - 1)).toBeLessThan(5000 * 2 ** -24)
  })
})
