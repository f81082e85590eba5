import { pipe } from 'fp-ts/function'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { sameAsLoops, sameOnGL, type Meant } from '../support/against.ts'
import { broadcastable, shapes, type Numbers } from '../support/arbitrary.ts'
import { evaluate } from '../support/float64.ts'
import { gl } from '../support/gl.ts'
import { broadcast } from '../support/naive.ts'

type Op = readonly [op: (...xs: readonly t.Tensor[]) => t.Tensor, meaning: (...xs: readonly number[]) => number]

const unary = (op: (x: t.Tensor) => t.Tensor, meaning: (x: number) => number): Op => [(x) => op(x), (x) => meaning(x)]
const binary = (op: (a: t.Tensor, b: t.Tensor) => t.Tensor, meaning: (a: number, b: number) => number): Op => [
  (a, b) => op(a, b),
  (a, b) => meaning(a, b)
]

/** Gauss and Legendre's five points of [-1, 1], and their weights. */
const gauss = [
  [0, 0.5688888888888889],
  [0.538469310105683, 0.47862867049936647],
  [-0.538469310105683, 0.47862867049936647],
  [0.906179845938664, 0.23692688505618908],
  [-0.906179845938664, 0.23692688505618908]
] as const

/** ∫₀ˣ f, over forty pieces. */
const integral = (f: (u: number) => number, x: number): number => {
  const half = x / 80
  const piece = (i: number): number =>
    gauss.reduce((sum, [at, weight]) => sum + weight * half * f((2 * i + 1 + at) * half), 0)
  return Array.from({ length: 40 }, (_, i) => piece(i)).reduce((a, b) => a + b, 0)
}

const unaries: Readonly<Record<string, Op>> = {
  abs: unary(t.abs, Math.abs),
  sign: unary(t.sign, Math.sign),
  square: unary(t.square, (x) => x ** 2),
  relu: unary(t.relu, (x) => (x > 0 ? x : 0)),
  silu: unary(t.silu, (x) => x / (1 + Math.exp(-x))),
  sigmoid: unary(t.sigmoid, (x) => Math.exp(x) / (1 + Math.exp(x))),
  tanh: unary(t.tanh, (x) => (Math.exp(x) - Math.exp(-x)) / (Math.exp(x) + Math.exp(-x))),
  erf: unary(t.erf, (x) => integral((u) => Math.exp(-u * u), x) * (2 / Math.sqrt(Math.PI))),
  atan: unary(t.atan, (x) => integral((u) => 1 / (1 + u * u), x)),
  clip: unary(t.clip(-1, 2.5), (x) => Math.min(2.5, Math.max(-1, x))),
  'pow 0': unary(t.pow(0), () => 1),
  'pow 1': unary(t.pow(1), (x) => x),
  'pow 2': unary(t.pow(2), (x) => x ** 2),
  'pow 3': unary(t.pow(3), (x) => x ** 3),
  'pow 7': unary(t.pow(7), (x) => x ** 7)
}
const positives: Readonly<Record<string, Op>> = {
  rsqrt: unary(t.rsqrt, (x) => x ** -0.5),
  reciprocal: unary(t.reciprocal, (x) => 1 / x),
  'pow 0.5': unary(t.pow(0.5), Math.sqrt),
  'pow -2': unary(t.pow(-2), (x) => x ** -2),
  'pow 1.7': unary(t.pow(1.7), (x) => x ** 1.7),
  'pow -0.3': unary(t.pow(-0.3), (x) => x ** -0.3)
}
const binaries: Readonly<Record<string, Op>> = {
  add: binary(t.add, (a, b) => a + b),
  sub: binary(t.sub, (a, b) => a - b),
  mul: binary(t.mul, (a, b) => a * b),
  div: binary((a, b) => t.div(a, t.add(t.square(b), 1)), (a, b) => a / (b * b + 1)), // prettier-ignore
  maximum: binary(t.maximum, Math.max),
  minimum: binary(t.minimum, Math.min),
  less: binary(t.less, (a, b) => Number(a < b)),
  lessEqual: binary(t.lessEqual, (a, b) => Number(a <= b)),
  greater: binary(t.greater, (a, b) => Number(a > b)),
  greaterEqual: binary(t.greaterEqual, (a, b) => Number(a >= b)),
  equal: binary(t.equal, (a, b) => Number(a === b)),
  notEqual: binary(t.notEqual, (a, b) => Number(a !== b))
}
const ternaries: Readonly<Record<string, Op>> = {
  select: [(c, a, b) => t.select(t.less(c, 0.5), a, b), (c, a, b) => (c < 0.5 ? a : b)]
}

const families: readonly (readonly [arity: number, ops: Readonly<Record<string, Op>>, kind: Numbers])[] = [
  [1, unaries, 'any'],
  [1, positives, 'positive'],
  [2, binaries, 'any'],
  [3, ternaries, 'any']
]

describe.each(families)('pointwise operations of %i', (arity, ops, kind) => {
  describe.each(Object.entries(ops))('%s', (_, [op, meaning]) => {
    const drawn = arity === 1 ? shapes().map((shape) => [shape]) : broadcastable(arity)
    const meant = drawn.map((all): Meant => ({ shapes: all, op, loops: (...xs) => broadcast(meaning, ...xs) }))
    const kinds = Array.from({ length: arity }, () => kind)

    it('is what a loop computes', () => sameAsLoops(meant, kinds))
    it('[gl] is the same on GL', () => sameOnGL(meant, kinds, 2))
  })
})

describe('binary operations', () => {
  const x = t.tensor([1, -2, 3])

  it('take numbers on either side', () => {
    expect(evaluate(t.sub(x, 1))).toEqual(Float64Array.of(0, -3, 2))
    expect(evaluate(t.sub(1, x))).toEqual(Float64Array.of(0, 3, -2))
    expect(evaluate(t.div(6, x))).toEqual(Float64Array.of(6, -3, 2))
    expect(evaluate(t.maximum(x, 0))).toEqual(Float64Array.of(1, 0, 3))
    expect(evaluate(t.less(0, x))).toEqual(Float64Array.of(1, 0, 1))
    expect(evaluate(t.greater(x, 1))).toEqual(Float64Array.of(0, 0, 1))
    expect(evaluate(t.notEqual(x, -2))).toEqual(Float64Array.of(1, 0, 1))
    expect(evaluate(t.select(t.less(x, 0), 7, x))).toEqual(Float64Array.of(1, 7, 3))
  })

  it('wait for their first operand in a pipe', () => {
    expect(evaluate(pipe(x, t.sub(1), t.mul(x), t.div(2)))).toEqual(Float64Array.of(0, 3, 3))
    expect(evaluate(pipe(x, t.greater(0)))).toEqual(Float64Array.of(1, 0, 1))
    expect(evaluate(pipe(x, t.minimum(t.tensor([0, 0, 5]))))).toEqual(Float64Array.of(0, -2, 3))
  })

  it('refuse shapes that do not broadcast', () => {
    expect(() => t.add(t.ones([2, 3]) as t.Tensor, t.ones([3, 2]) as t.Tensor)).toThrow(
      /^add: shapes do not broadcast: \[2,3\] with \[3,2\] \(axis -2: 2 is not 3\)$/
    )
    expect(() => t.select(t.ones([4]), t.ones([3]), 0)).toThrow(
      'select: shapes do not broadcast: [4] with [3] (axis -1: 4 is not 3)'
    )
    // a composition names itself, not its parts
    for (const name of ['minimum', 'greater', 'greaterEqual', 'notEqual'] as const)
      expect(() => t[name](t.ones([4]) as t.Tensor, t.ones([3]) as t.Tensor)).toThrow(
        `${name}: shapes do not broadcast: [4] with [3] (axis -1: 4 is not 3)`
      )
  })
})

describe('special values', () => {
  it('survive where they should', () => {
    expect(evaluate(t.sigmoid(t.tensor([-1000, 1000, 0])))).toEqual(Float64Array.of(0, 1, 0.5))
    expect(evaluate(t.tanh(t.tensor([-1000, 1000])))).toEqual(Float64Array.of(-1, 1))
    expect(evaluate(t.silu(t.tensor([-1000, 1000])))).toEqual(Float64Array.of(-0, 1000))
  })

  it('[gl] survive on GL too', async () => {
    const device = await gl()
    expect(await device.read(t.sigmoid(t.tensor([-1000, 1000, 0])))).toEqual(Float32Array.of(0, 1, 0.5))
    expect(await device.read(t.tanh(t.tensor([-1000, 1000])))).toEqual(Float32Array.of(-1, 1))
    const [low, high] = await device.read(t.silu(t.tensor([-1000, 1000])))
    expect([Math.abs(low!), high]).toEqual([0, 1000])
  })
})

describe('gradients at kinks', () => {
  const at = (f: (x: t.Tensor) => t.Tensor, x: number) =>
    evaluate(t.grad((v: t.Tensor) => t.sum(f(v)))(t.tensor([x])))[0]
  it('are 0 for abs, relu and sign at 0, and inside for clip', () => {
    expect(at(t.abs, 0)).toBe(0)
    expect(at(t.relu, 0)).toBe(0)
    expect(at(t.sign, 0)).toBe(0)
    expect(at(t.clip(-1, 1), 1)).toBe(1)
    expect(at(t.clip(-1, 1), 1.5)).toBe(0)
  })

  it('are shared by a tie', () => {
    const [a, b] = t.grad((p: readonly t.Tensor[]) => t.sum(t.maximum(p[0]!, p[1]!)))([t.tensor([1, 2]), t.tensor([1, 3])]) // prettier-ignore
    expect(evaluate(a!)).toEqual(Float64Array.of(0.5, 0))
    expect(evaluate(b!)).toEqual(Float64Array.of(0.5, 1))
    const most = t.grad((x: t.Tensor) => t.max(x))(t.tensor([5, 1, 5]))
    expect(evaluate(most)).toEqual(Float64Array.of(0.5, 0, 0.5))
  })
})
