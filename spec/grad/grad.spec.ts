import { describe, expect, it } from 'vitest'
import { shaped } from '../../lib/core/tensor.ts'
import * as t from '../../lib/index.ts'
import { expectAgreement } from '../support/agree.ts'
import { filled } from '../support/arbitrary.ts'
import { evaluate } from '../support/float64.ts'
import { gl } from '../support/gl.ts'
import { differences } from '../support/laws.ts'
import { holds } from '../support/property.ts'
import { leavesOf, lossOf, recipes, smooth } from '../support/recipe.ts'
import { expectClose, unit64 } from '../support/tolerance.ts'

type Tensors = readonly t.Tensor[]

describe('gradients of random expressions', () => {
  it('are what differences show', () =>
    holds(
      recipes({ min: 1, max: 5, ops: smooth }),
      (recipe) => differences((xs) => lossOf(recipe, xs), leavesOf(recipe), 7),
      60
    ))

  it('of gradients too', () =>
    holds(
      recipes({ min: 1, max: 3, ops: smooth }),
      (recipe) => {
        const leaves = leavesOf(recipe)
        const squares = (xs: Tensors): t.Scalar =>
          t
            .grad((ys: Tensors) => lossOf(recipe, ys))(xs)
            .reduce<t.Scalar>((sum, g) => t.add(sum, t.sum(t.sin(g))), t.full([], 0))
        differences(squares, leaves, 8)
      },
      30
    ))
})

describe('vjp', () => {
  const square = (x: t.Tensor) => t.mul(x, x)

  it('gives the value and the pullback of a cotangent', () => {
    const [y, pullback] = t.vjp(square, t.tensor([1, 2, 3]))
    expect(evaluate(y)).toEqual(Float64Array.of(1, 4, 9))
    expect(evaluate(pullback(t.tensor([1, 0, -1])))).toEqual(Float64Array.of(2, 0, -6))
  })

  it('pulls back to trees', () => {
    const f = (p: { readonly a: t.Tensor; readonly list: Tensors; readonly note: string }) =>
      t.add(t.mul(p.a, p.list[0]!), p.list[1]!)
    const tree = { a: t.tensor([1, 2]), list: [t.tensor([3, 4]), t.tensor([5, 6])], note: 'kept' }
    const back = t.vjp(f, tree)[1](t.tensor([10, 100]))
    expect(back.note).toBe('kept')
    expect(evaluate(back.a)).toEqual(Float64Array.of(30, 400))
    expect(evaluate(back.list[0]!)).toEqual(Float64Array.of(10, 200))
    expect(evaluate(back.list[1]!)).toEqual(Float64Array.of(10, 100))
  })

  it('refuses a cotangent of another shape', () => {
    expect(() => t.vjp(square, t.ones([3]))[1](t.ones([1, 3]))).toThrow(
      'vjp: the cotangent has the shape [1,3], the result [3]'
    )
  })

  it('is the identity of a function that is', () => {
    const [y, pullback] = t.vjp((x: t.Tensor) => x, t.tensor([1, 2]))
    expect(evaluate(y)).toEqual(Float64Array.of(1, 2))
    expect(evaluate(pullback(t.tensor([3, 4])))).toEqual(Float64Array.of(3, 4))
  })
})

describe('grad', () => {
  it('tells a tensor given as two arguments apart', () => {
    const x = t.tensor([1, 2])
    const f = (p: { readonly a: t.Tensor; readonly b: t.Tensor }) => t.sum(t.mul(t.square(p.a), p.b))
    const { a, b } = t.grad(f)({ a: x, b: x })
    expect(evaluate(a)).toEqual(Float64Array.of(2, 8))
    expect(evaluate(b)).toEqual(Float64Array.of(1, 4))
  })

  it('adds up over every use of a tensor', () => {
    const f = (x: t.Tensor) => t.sum(t.add(t.add(x, x), t.mul(x, x)))
    expect(evaluate(t.grad(f)(t.tensor([1, 2])))).toEqual(Float64Array.of(4, 6))
  })

  it('is zero where nothing depends on an argument', () => {
    const { a, b } = t.grad((p: { readonly a: t.Tensor; readonly b: t.Tensor }) => t.sum(p.a))({
      a: t.ones([2]),
      b: t.ones([2, 3])
    })
    expect(evaluate(a)).toEqual(Float64Array.of(1, 1))
    expect(b.shape).toEqual([2, 3])
    expect(evaluate(b)).toEqual(new Float64Array(6))
  })

  it('is by the first argument alone', () => {
    const f = (w: t.Tensor, x: t.Tensor, k: number) => t.sum(t.mul(t.mul(w, x), k))
    expect(evaluate(t.grad(f)(t.ones([2]), t.tensor([3, 4]), 5))).toEqual(Float64Array.of(15, 20))
  })

  it('comes with the value', () => {
    const [value, gradient] = t.valueAndGrad((x: t.Tensor) => t.sum(t.square(x)))(t.tensor([1, 2]))
    expect(evaluate(value)).toEqual(Float64Array.of(5))
    expect(evaluate(gradient)).toEqual(Float64Array.of(2, 4))
  })

  it('refuses a function that is no scalar', () => {
    // the types refuse it too; a caller without them is told at run time
    const f = (x: t.Tensor) => shaped<readonly []>(t.square(x))
    expect(() => t.grad(f)(t.ones([3]))).toThrow('grad: wants a scalar function; this one gives [3]')
  })

  it('does not pass through stopGradient', () => {
    const f = (x: t.Tensor) => t.sum(t.mul(x, t.stopGradient(t.square(x))))
    expect(evaluate(t.grad(f)(t.tensor([2, 3])))).toEqual(Float64Array.of(4, 9))
    const { a, b } = t.grad((p: { readonly a: t.Tensor; readonly b: t.Tensor }) =>
      t.sum(t.mul(t.mapTree(p, (x) => t.stopGradient(x)).a, p.b))
    )({ a: t.ones([2]), b: t.ones([2]) })
    expect([evaluate(a), evaluate(b)]).toEqual([new Float64Array(2), Float64Array.of(1, 1)])
  })

  it('adds trees tensor by tensor', () => {
    const sum = t.addTrees({ a: t.ones([2]), b: [t.zeros([1])] }, { a: t.full([2], 2), b: [t.ones([1])] })
    expect(evaluate(sum.a)).toEqual(Float64Array.of(3, 3))
    expect(evaluate(sum.b[0]!)).toEqual(Float64Array.of(1))
  })
})

describe('higher order', () => {
  const nth = (n: number, f: (x: t.Scalar) => t.Scalar): ((x: t.Scalar) => t.Scalar) =>
    n === 0 ? f : nth(n - 1, t.grad(f))

  it('of x⁵ is 5·4·3·2·1', () => {
    const powers = [1, 5, 20, 60, 120, 120]
    powers.forEach((factor, n) => {
      const wanted = factor * 1.5 ** (5 - n)
      expectClose(evaluate(nth(n, t.pow(5))(t.scalar(1.5))), [wanted], { unit: unit64, terms: 16 })
    })
  })

  it('of sin goes round in four', () => {
    const turn = [Math.sin, Math.cos, (x: number) => -Math.sin(x), (x: number) => -Math.cos(x), Math.sin]
    turn.forEach((f, n) => expectClose(evaluate(nth(n, t.sin)(t.scalar(0.75))), [f(0.75)], { unit: unit64, scale: 4 }))
  })

  it('of e^x is e^x, of tanh and sigmoid what algebra says', () => {
    const [s, h] = [1 / (1 + Math.exp(-0.5)), Math.tanh(0.5)]
    expectClose(evaluate(nth(4, t.exp)(t.scalar(0.5))), [Math.exp(0.5)], { unit: unit64, scale: 8 })
    expectClose(evaluate(nth(2, t.sigmoid)(t.scalar(0.5))), [s * (1 - s) * (1 - 2 * s)], { unit: unit64, scale: 8 })
    expectClose(evaluate(nth(2, t.tanh)(t.scalar(0.5))), [-2 * h * (1 - h * h)], { unit: unit64, scale: 8 })
  })

  it('gives the Hessian times a vector', () => {
    // f = Σ x² y, of which the Hessian is [[2y, 2x], [2x, 0]]
    const f = (p: Tensors) => t.sum(t.mul(t.square(p[0]!), p[1]!))
    const along = (p: Tensors, v: Tensors) => t.grad(f)(p).reduce<t.Scalar>((sum, g, i) => t.add(sum, t.sum(t.mul(g, v[i]!))), t.full([], 0)) // prettier-ignore
    const [hx, hy] = t.grad((p: Tensors) => along(p, [t.tensor([1, 10]), t.tensor([100, 1000])]))([t.tensor([2, 3]), t.tensor([5, 7])]) // prettier-ignore
    expect(evaluate(hx!)).toEqual(Float64Array.of(10 + 400, 140 + 6000))
    expect(evaluate(hy!)).toEqual(Float64Array.of(4, 60))
  })

  it('[gl] is the same on GL, to the third order', async () => {
    const device = await gl()
    const x = filled([5, 3], 'positive', 1)
    const net = (v: t.Tensor): t.Scalar => t.mean(t.softmax(t.tanh(t.matmul(v, t.transpose(v)))))
    const second = (v: t.Tensor): t.Scalar => t.sum(t.square(t.grad(net)(v)))
    const third = (v: t.Tensor): t.Scalar => t.sum(t.square(t.grad(second)(v)))
    await expectAgreement(device, [t.grad(net)(x), t.grad(second)(x), t.grad(third)(x)])
  })
})

describe('the walk', () => {
  it('asks each row once, however often its result is used', () => {
    let x: t.Tensor = t.tensor([1])
    const start = x
    // 2^60 paths lead from the end to the start
    const f = (v: t.Tensor): t.Scalar => {
      x = v
      for (let i = 0; i < 60; i++) x = t.mul(t.add(x, x), 0.5)
      return t.sum(x)
    }
    expect(evaluate(t.grad(f)(start))).toEqual(Float64Array.of(1))
  })
})
