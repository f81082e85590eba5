import fc, { type Arbitrary } from 'fast-check'
import { pipe } from 'fp-ts/function'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { sameAsLoops, sameOnGL, type Meant } from '../support/against.ts'
import { broadcastable, shapes } from '../support/arbitrary.ts'
import { evaluate } from '../support/float64.ts'
import { holds } from '../support/property.ts'
import { expectClose, unit64 } from '../support/tolerance.ts'
import { along, at, broadcast, conv2d, convTranspose2d, make, matmul, meanOf, sumOf, type Around } from '../support/naive.ts' // prettier-ignore

const d = (max: number, min = 1) => fc.integer({ min, max })

/** Matrices, matrices with batches that broadcast, vectors on either side. */
const products: Arbitrary<Meant> = fc
  .tuple(broadcastable(2), d(6), d(9), d(6), fc.constantFrom('both', 'left', 'right', 'none'))
  .map(([[p, q], m, k, n, vectors]) => {
    const a = vectors === 'left' || vectors === 'both' ? [k] : [...p!.slice(-2), m, k]
    const b = vectors === 'right' || vectors === 'both' ? [k] : [...q!.slice(-2), k, n]
    return { shapes: [a, b], op: (x, y) => t.matmul(x, y), loops: (x, y) => matmul(x, y), terms: k }
  })

const linears: Arbitrary<Meant> = fc.tuple(shapes({ max: 3, most: 20 }), d(7), d(6)).map(([lead, from, to]) => ({
  shapes: [[...lead, from], [to, from], [to]],
  op: (x, w, b) => t.linear({ weight: w, bias: b })(x),
  loops: (x, w, b) =>
    make([...lead, to], (index) => {
      const [row, j] = [index.slice(0, -1), index.at(-1)!]
      return at(b, [j]) + sumOf(Array.from({ length: from }, (_, k) => at(x, [...row, k]) * at(w, [j, k])))
    }),
  terms: from + 1
}))

interface Geometry {
  readonly stride: readonly [number, number]
  readonly padding: t.Padded
  /** The zeros that this padding means. */
  readonly around: Around
}

const odd = (total: number): readonly [number, number] => [Math.floor(total / 2), Math.ceil(total / 2)]

/** 'same' has as many outputs as steps fit into the input; the odd zero goes to the end. */
const sameAround = (size: readonly number[], kernel: readonly number[], stride: readonly number[]): Around =>
  size.map((n, i) => odd(Math.max(0, (Math.ceil(n / stride[i]!) - 1) * stride[i]! + kernel[i]! - n))) as unknown as Around // prettier-ignore

const geometry = (size: readonly [number, number], kernel: readonly [number, number]): Arbitrary<Geometry> =>
  fc
    .tuple(
      fc.tuple(d(3), d(3)),
      fc.tuple(d(3, 0), d(3, 0), d(3, 0), d(3, 0)),
      fc.constantFrom('same', 'valid', 'number', 'axes', 'pairs')
    ) // prettier-ignore
    .map(([stride, [a, b, c, e], kind]): Geometry => {
      if (kind === 'same') return { stride, padding: kind, around: sameAround(size, kernel, stride) }
      if (kind === 'valid') return { stride, padding: kind, around: [[0, 0], [0, 0]] } // prettier-ignore
      if (kind === 'number') return { stride, padding: a, around: [[a, a], [a, a]] } // prettier-ignore
      if (kind === 'axes') return { stride, padding: [a, b], around: [[a, a], [b, b]] } // prettier-ignore
      return { stride, padding: [[a, b], [c, e]], around: [[a, b], [c, e]] } // prettier-ignore
    })

/** Sizes of images and kernels that fit into them. */
const images = fc.tuple(d(3), d(4), d(5), d(7), d(7), d(4), d(4)).map(([n, c, o, h, w, kh, kw]) => ({
  x: [n, c, h, w] as const,
  kernel: [Math.min(kh, h), Math.min(kw, w)] as const,
  o
}))

const convolutions: Arbitrary<Meant> = images.chain(({ x, kernel, o }) =>
  geometry([x[2], x[3]], kernel).map(({ stride, padding, around }) => ({
    shapes: [x, [o, x[1], ...kernel]],
    op: (a, k) => t.conv2d(k, { stride, padding })(a),
    loops: (a, k) => conv2d(a, k, stride, around),
    terms: x[1] * kernel[0] * kernel[1]
  }))
)

const transposed: Arbitrary<Meant> = images
  .filter(({ x }) => x[2] * x[3] <= 25)
  .chain(({ x, kernel, o }) =>
    fc
      .tuple(fc.tuple(d(3), d(3)), fc.tuple(d(1, 0), d(1, 0), d(1, 0), d(1, 0)), fc.tuple(d(2, 0), d(2, 0)))
      .map(([stride, [a, b, c, e], more]) => {
        const extra = [more[0] % stride[0], more[1] % stride[1]] as const
        const around = [[a, b], [c, e]] as const // prettier-ignore
        const size = [0, 1].map((i) => (x[2 + i]! - 1) * stride[i]! + kernel[i]! - sumOf(around[i]!) + extra[i]!)
        return { stride, extra, around: size.every((n) => n > 0) ? around : ([[0, 0], [0, 0]] as const) } // prettier-ignore
      })
      .map(({ stride, extra, around }) => ({
        shapes: [x, [x[1], o, ...kernel]],
        op: (a, k) => t.convTranspose2d(k, { stride, padding: around, outputPadding: extra })(a),
        loops: (a, k) => convTranspose2d(a, k, stride, around, extra),
        terms: x[1] * kernel[0] * kernel[1]
      }))
  )

const norms: Arbitrary<Meant> = shapes({ min: 1, most: 120 }).chain((shape) =>
  fc.integer({ min: 1, max: shape.length }).map((n) => {
    const axes = shape.map((_, axis) => axis).slice(-n)
    const over = shape.slice(-n)
    return {
      shapes: [shape, over, over],
      op: (x, weight, bias) => t.layerNorm({ weight, bias })(x),
      loops: (x, weight, bias) => {
        const normal = along((v, xs) => (v - meanOf(xs)) / Math.sqrt(meanOf(xs.map((u) => (u - meanOf(xs)) ** 2)) + 1e-5), x, axes) // prettier-ignore
        return broadcast((v, w, b) => v * w + b, normal, weight, bias)
      },
      // the variance may be as small as eps, so that its rounding is magnified by up to 1 / √eps
      terms: 4e5
    }
  })
)

const operations: Readonly<Record<string, Arbitrary<Meant>>> = {
  matmul: products,
  linear: linears,
  conv2d: convolutions,
  convTranspose2d: transposed,
  layerNorm: norms
}

describe.each(Object.entries(operations))('%s', (_, meant) => {
  it('is what loops compute', () => sameAsLoops(meant, [], 60))
  it('[gl] is the same on GL', () => sameOnGL(meant, [], 5))
})

describe('a transposed convolution', () => {
  it('is the adjoint of the convolution of the same kernel', () => {
    const [x, k] = [t.normal(t.key(1), [2, 3, 7, 6]), t.normal(t.key(2), [4, 3, 3, 2])]
    const settings = { stride: 2, padding: 1 }
    const [y, pullback] = t.vjp((v: t.Tensor) => t.conv2d(k, settings)(v), x)
    const ct = t.normal(t.key(3), y.shape)
    // an even size leaves a column that no window reached: the output padding gives it back
    const back = t.convTranspose2d(k, { ...settings, outputPadding: [0, 0] })(ct)
    expect(back.shape).toEqual([2, 3, 7, 6])
    const [found, wanted] = [evaluate(back), evaluate(pullback(ct))]
    expect(found).toEqual(wanted)
  })
})

/** Images, kernels and strides of which some leave gaps, and some are larger than the image. */
const geometries = fc.record({
  channels: fc.tuple(d(2), d(3), d(3)),
  size: fc.tuple(d(7), d(7)),
  kernel: fc.tuple(d(5), d(5)),
  stride: fc.tuple(d(4), d(4))
})

describe("the padding 'same'", () => {
  it('of a transposed convolution undoes that of the convolution: sizes times the stride, and its adjoint', () =>
    holds(geometries, ({ channels: [n, c, o], size, kernel, stride }) => {
      const small = [n, c, ...size]
      const w = t.normal(t.key(2), [c, o, ...kernel])
      const settings = { stride, padding: 'same' } as const
      const x = t.normal(t.key(1), small)
      const y = t.convTranspose2d(w, settings)(x)
      expect(y.shape).toEqual([n, o, size[0] * stride[0], size[1] * stride[1]])
      const [back, pullback] = t.vjp<t.Tensor, t.Tensor>((v) => t.conv2d(w, settings)(v), t.ones(y.shape))
      expect(back.shape).toEqual(small)
      expectClose(evaluate(y), evaluate(pullback(x)), { unit: unit64, scale: 64, terms: c * kernel[0] * kernel[1] })
    }))

  it('gives sizes times the stride', () => {
    const y = t.convTranspose2d(t.ones([1, 4, 3, 3]), { stride: [2, 3], padding: 'same' })(t.ones([1, 1, 5, 7]))
    expect(y.shape).toEqual([1, 4, 10, 21])
  })
})

describe('a matrix product', () => {
  it('is associative, and waits for its first factor in a pipe', () => {
    const [a, b] = [t.tensor([[1, 2], [3, 4]]), t.tensor([[0, 1], [1, 0]])] // prettier-ignore
    expect(evaluate(pipe(a, t.matmul(b)))).toEqual(Float64Array.of(2, 1, 4, 3))
    expect(evaluate(t.matmul(t.matmul(a, b), a))).toEqual(evaluate(t.matmul(a, t.matmul(b, a))))
  })
})

const x = t.ones([8, 4, 28, 28])
const messages: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => t.matmul(t.ones([2, 3]) as t.Tensor, t.ones([4, 5]) as t.Tensor), 'matmul: inner sizes differ: [2,3] · [4,5]'],
  [() => t.matmul(t.ones([3]) as t.Tensor, t.ones([4]) as t.Tensor), 'matmul: inner sizes differ: [3] · [4]'],
  [() => t.matmul(t.scalar(1), t.ones([4])), 'matmul: wants vectors or matrices: [] · [4]'],
  [() => t.matmul(t.ones([2, 1, 3]), t.ones([3, 3, 4])), 'matmul: shapes do not broadcast: [2] with [3] (axis -1: 2 is not 3)'], // prettier-ignore
  [() => t.conv2d(t.ones([10, 3, 3, 3]))(x), 'conv2d: the kernel wants 3 channels, the input has 4: [8,4,28,28] * [10,3,3,3]'], // prettier-ignore
  [() => t.conv2d(t.ones([10, 4, 3]))(x), 'conv2d: wants an input [N,C,H,W] and a kernel of four axes: [8,4,28,28] * [10,4,3]'], // prettier-ignore
  [() => t.conv2d(t.ones([10, 4, 29, 1]))(x), 'conv2d: the kernel does not fit into the padded [28,28]: [8,4,28,28] * [10,4,29,1]'], // prettier-ignore
  [() => t.convTranspose2d(t.ones([3, 10, 3, 3]))(x), 'convTranspose2d: the kernel wants 3 channels, the input has 4: [8,4,28,28] * [3,10,3,3]'], // prettier-ignore
  [() => t.convTranspose2d(t.ones([4, 10, 3, 3]), { stride: 2, outputPadding: 2 })(x), 'convTranspose2d: the output padding [2,2] is not below the stride [2,2]'], // prettier-ignore
  [() => t.convTranspose2d(t.ones([4, 10, 1, 1]), { padding: 14 })(x), 'convTranspose2d: nothing is left of [8,4,28,28] after the padding'], // prettier-ignore
  [() => t.layerNorm({ weight: t.ones([3]), bias: t.ones([3]) })(t.ones([2, 4])), 'layerNorm: the weight [3] is not the end of the input [2,4]'], // prettier-ignore
  [() => t.layerNorm({ weight: t.ones([4]), bias: t.ones([3]) })(t.ones([2, 4])), 'layerNorm: the weight [4] is not the end of the input [2,4]'] // prettier-ignore
]
describe('wrong calls', () => {
  it.each(messages.map(([call, message]) => [message, call] as const))('%s', (message, call) => {
    expect(call).toThrow(new t.TesseraError(message))
  })
})
