import fc, { type Arbitrary } from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { defaultCosts } from '../../lib/compile/kernel/costs.ts'
import { compile } from '../../lib/compile/index.ts'
import { identity } from '../../lib/core/primitives.ts'
import { sizeOf, type Shape } from '../../lib/core/shape.ts'
import { sameAsLoops, sameOnGL, type Meant } from '../support/against.ts'
import { axesOf, orderOf, reshapeOf, shapes } from '../support/arbitrary.ts'
import { evaluate } from '../support/float64.ts'
import { gl } from '../support/gl.ts'
import { at, atOr0, atOrNaN, make, type Grid } from '../support/naive.ts'

const on = <A>(
  from: Arbitrary<Shape>,
  attrs: (shape: Shape) => Arbitrary<A>,
  op: (x: t.Tensor, a: A) => t.Tensor,
  loops: (x: Grid, a: A) => Grid
): Arbitrary<Meant> =>
  from.chain((shape) => attrs(shape).map((a) => ({ shapes: [shape], op: (x) => op(x, a), loops: (x) => loops(x, a) })))

const perAxis = <T>(shape: Shape, one: (d: number) => Arbitrary<T>): Arbitrary<readonly T[]> =>
  fc.tuple(...shape.map(one))

/** A range that is no index. */
type Stretch = Exclude<t.Range, number>

/** Ranges with both ends anywhere in or outside the axis, in either way of counting, of which something is left. */
const ranges = (shape: Shape): Arbitrary<readonly Stretch[]> =>
  perAxis(shape, (d) =>
    fc.nat(d - 1).chain((from) =>
      fc
        .tuple(fc.integer({ min: from + 1, max: d + 2 }), fc.integer({ min: 1, max: 3 }), fc.boolean(), fc.boolean())
        .map(([to, step, back, open]): Stretch => {
          const start = back ? from - d : from
          const stop = open ? undefined : back && to < d ? to - d : to
          return step === 1 ? [start, stop] : [start, stop, step]
        })
    )
  ).chain((all) => fc.nat(all.length).map((n) => all.slice(0, n)))

const sliced = (x: Grid, all: readonly Stretch[]): Grid => {
  const places = x.shape.map((d, axis) => {
    const [start = 0, stop = d, step = 1] = all[axis] ?? []
    const [from, to] = [start, stop].map((i) => (i < 0 ? i + d : i)) as [number, number]
    return Array.from({ length: d }, (_, i) => i).filter((i) => i >= from && i < to && (i - from) % step === 0)
  })
  return make(
    places.map((p) => p.length),
    (index) => at(x, index.map((i, axis) => places[axis]![i]!)) // prettier-ignore
  )
}

const widths = (shape: Shape): Arbitrary<readonly (number | readonly [number, number])[]> =>
  perAxis<number | readonly [number, number]>(shape, () => fc.oneof(fc.nat(3), fc.tuple(fc.nat(4), fc.nat(3)))).chain(
    (all) => fc.nat(all.length).map((n) => all.slice(0, n))
  )

const padded = (x: Grid, all: readonly (number | readonly [number, number])[]): Grid => {
  const pairs = x.shape.map((_, axis) => {
    const width = all[axis] ?? 0
    return typeof width === 'number' ? [width, width] : width
  })
  return make(
    x.shape.map((d, axis) => d + pairs[axis]![0] + pairs[axis]![1]),
    (index) => atOr0(x, index.map((i, axis) => i - pairs[axis]![0])) // prettier-ignore
  )
}

const permuted = (x: Grid, order: readonly number[]): Grid =>
  make(
    order.map((axis) => x.shape[axis]!),
    (index) => at(x, x.shape.map((_, axis) => index[order.indexOf(axis)]!)) // prettier-ignore
  )

const flipped = (x: Grid, axes: readonly number[]): Grid =>
  make(x.shape, (index) => at(x, index.map((i, axis) => (axes.includes(axis) ? x.shape[axis]! - 1 - i : i)))) // prettier-ignore

const small = shapes({ max: 4, most: 40 })
const some = shapes({ most: 120 })

/** Shapes that differ along one axis only. */
const joinable = shapes({ min: 1, max: 4, most: 40 }).chain((shape) =>
  fc
    .nat(shape.length - 1)
    .chain((axis) =>
      fc
        .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 })
        .map((sizes) => ({ axis, all: sizes.map((n) => shape.map((d, i) => (i === axis ? n : d))) }))
    )
)
const joined = (axis: number, xs: readonly Grid[]): Grid => {
  const sizes = xs.map((x) => x.shape[axis]!)
  const shape = xs[0]!.shape.map((d, i) => (i === axis ? sizes.reduce((a, b) => a + b) : d))
  return make(shape, (index) => {
    let [k, i] = [0, index[axis]!]
    while (i >= sizes[k]!) i -= sizes[k++]!
    return at(xs[k]!, index.map((j, a) => (a === axis ? i : j))) // prettier-ignore
  })
}

const concatenated: Arbitrary<Meant> = joinable.map(({ axis, all }) => ({
  shapes: all,
  op: (...xs) => t.concat(xs, { axis }),
  loops: (...xs) => joined(axis, xs)
}))
/** More than one kernel reads, of any sizes, with and without elements. */
const concatenatedMany: Arbitrary<Meant> = fc
  .tuple(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 17, maxLength: 150 }), fc.constantFrom(0, 1), fc.integer({ min: 1, max: 3 }))
  .filter(([sizes]) => sizes.some((n) => n > 0))
  .map(([sizes, axis, other]) => ({
    shapes: sizes.map((n) => (axis === 0 ? [n, other] : [other, n])),
    op: (...xs) => t.concat(xs, { axis }),
    loops: (...xs) => joined(axis, xs)
  })) // prettier-ignore
const stacked: Arbitrary<Meant> = shapes({ max: 4, most: 60 }).chain((shape) =>
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(shape.length)).map(([n, axis]) => ({
    shapes: Array.from({ length: n }, () => shape),
    op: (...xs) => t.stack(xs, { axis }),
    loops: (...xs) =>
      make([...shape.slice(0, axis), n, ...shape.slice(axis)], (index) =>
        at(xs[index[axis]!]!, [...index.slice(0, axis), ...index.slice(axis + 1)])
      )
  }))
)

const rows = (shape: Shape): Arbitrary<readonly number[]> =>
  fc.array(fc.integer({ min: -2, max: shape[0]! + 1 }), { minLength: 1, maxLength: 6 })

const operations: Readonly<Record<string, Arbitrary<Meant>>> = {
  slice: on(some, ranges, t.slice, sliced),
  pad: on(small, widths, t.pad, padded),
  permute: on(some, (s) => orderOf(s.length), t.permute, permuted),
  flip: on(
    some,
    (s) => axesOf(s.length),
    (x, axes) => t.flip(x, { axes }),
    flipped
  ),
  transpose: on(shapes({ min: 2, most: 120 }), () => fc.constant(0), t.transpose, (x) => {
    const order = x.shape.map((_, i) => i)
    return permuted(x, [...order.slice(0, -2), order.at(-1)!, order.at(-2)!])
  }), // prettier-ignore
  reshape: on(some, reshapeOf, t.reshape, ({ data }, shape) => ({ data, shape })),
  'reshape with -1': on(
    some,
    (s) =>
      reshapeOf(s)
        .filter((to) => to.length > 0)
        .chain((to) => fc.nat(to.length - 1).map((k) => ({ to, k }))),
    (x, { to, k }) => t.reshape(x, to.map((d, i) => (i === k ? -1 : d))), // prettier-ignore
    ({ data }, { to }) => ({ data, shape: to })
  ),
  expand: on(
    shapes({ most: 30 }),
    (s) => perAxis(s, (d) => (d === 1 ? fc.integer({ min: 1, max: 4 }) : fc.constant(d))),
    t.expand,
    (x, to) => make(to, (index) => at(x, index.map((i, axis) => (x.shape[axis] === 1 ? 0 : i)))) // prettier-ignore
  ),
  take: on(
    shapes({ min: 1, max: 4, most: 80 }),
    rows,
    // what the host knows of row numbers is checked when they are given
    (x, list) => t.take(x, identity(t.tensor(list))),
    (x, list) => make([list.length, ...x.shape.slice(1)], ([i, ...rest]) => atOrNaN(x, [list[i!]!, ...rest]))
  ),
  iota: on(
    shapes({ min: 1, most: 60 }),
    (s) => fc.nat(s.length - 1),
    (x, axis) => t.add(t.mul(x, 0), t.iota(x.shape, { axis })),
    (x, axis) => make(x.shape, (index) => index[axis]!)
  ),
  'slice by indices': on(
    some,
    (s) =>
      perAxis(s, (d) => fc.integer({ min: -d, max: d - 1 })).chain((all) =>
        fc.nat(all.length).map((n) => all.slice(0, n))
      ),
    (x, all: readonly number[]) => t.slice(x, all),
    (x, all) => sliced(x, all.map((i) => (i === -1 ? [-1] : [i, i + 1]))) // prettier-ignore
  ),
  concat: concatenated,
  'concat of many': concatenatedMany,
  stack: stacked
}

describe.each(Object.entries(operations))('%s', (_, meant) => {
  it('is what a loop computes', () => sameAsLoops(meant))
  it('[gl] is the same on GL', () => sameOnGL(meant))
})

describe('concat of very many', () => {
  const parts = (n: number, size: (i: number) => number) =>
    Array.from({ length: n }, (_, i) => t.tensor(new Float32Array(size(i)).fill(i)))
  const worked = async (n: number, size: (i: number) => number): Promise<t.Stats> => {
    const device = await gl()
    const before = device.stats()
    const found = await device.read(t.concat(parts(n, size)))
    expect(Array.from(found)).toEqual(Array.from({ length: n }, (_, i) => new Array<number>(size(i)).fill(i)).flat())
    const after = device.stats()
    return { ...after, programs: after.programs - before.programs, calls: after.calls - before.calls }
  }

  it('[gl] takes few programs, and few kernels for each', async () => {
    for (const size of [() => 2, (i: number) => 1 + ((i * 7) % 13)]) {
      const { programs, calls } = await worked(2000, size)
      expect(calls).toBeLessThan(300)
      expect(programs).toBeLessThan(50)
    }
  })

  it('writes each element a few times, not once for every sixteen tensors', () => {
    // the elements of all results of kernels, of which each reads at most sixteen tensors
    const elements = (n: number): number => {
      const target = {
        inputs: 16,
        targets: 8,
        textureSize: 8192,
        costs: defaultCosts,
        source: () => ({ text: '', uniforms: [] })
      }
      const { steps } = compile([t.concat(parts(n, () => 1))], target)
      return steps.reduce((sum, { shape, outputs }) => sum + outputs.length * sizeOf(shape), 0)
    }
    for (const n of [10, 100, 1000, 4000])
      expect(elements(n)).toBeLessThanOrEqual(n * Math.ceil(1 + Math.log(n) / Math.log(8)))
  })
})

describe('leaves', () => {
  it('are what they say', () => {
    expect(evaluate(t.zeros([2]))).toEqual(Float64Array.of(0, 0))
    expect(evaluate(t.ones([1, 2]))).toEqual(Float64Array.of(1, 1))
    expect(evaluate(t.full([2], 2.5))).toEqual(Float64Array.of(2.5, 2.5))
    expect(evaluate(t.scalar(0.1))).toEqual(Float64Array.of(Math.fround(0.1)))
    expect(evaluate(t.iota([2, 2]))).toEqual(Float64Array.of(0, 0, 1, 1))
    expect(evaluate(t.iota([2, 2], { axis: -1 }))).toEqual(Float64Array.of(0, 1, 0, 1))
  })

  it('take nested arrays, or flat ones with a shape', () => {
    expect(t.tensor([[[1, 2]], [[3, 4]]]).shape).toEqual([2, 1, 2])
    expect(evaluate(t.tensor(Float32Array.of(1, 2, 3, 4), [2, 2]))).toEqual(Float64Array.of(1, 2, 3, 4))
    expect(t.tensor(5).shape).toEqual([])
  })
})

const messages: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => t.tensor([[1, 2], [3]]), 'tensor: rows differ in length: 1 and 2'],
  [() => t.tensor([1, 2, 3], [2, 2]), 'tensor: [2,2] wants 4 numbers, not 3'],
  [() => t.zeros([2, -1]), 'full: sizes are whole numbers of at least 0: [2,-1]'],
  [() => t.ones([1.5]), 'full: sizes are whole numbers of at least 0: [1.5]'],
  [() => t.tensor([], [NaN]), 'tensor: sizes are whole numbers of at least 0: [NaN]'],
  [() => t.reshape(t.ones([2, 3]), [4]), 'reshape: [2,3] has 6 elements, [4] has 4'],
  [() => t.reshape(t.ones([2, 3]), [-1, -1]), 'reshape: at most one size may be -1: [-1,-1]'],
  [() => t.permute(t.ones([2, 3]), [0, 0]), 'permute: the order [0,0] does not name each axis of [2,3] once'],
  [() => t.permute(t.ones([2, 3]), [0]), 'permute: the order [0] does not name each axis of [2,3] once'],
  [() => t.transpose(t.ones([3])), 'transpose: wants at least two axes: [3]'],
  [() => t.slice(t.ones([3]), [[2, 1]]), 'slice: nothing is left of [3]'],
  [() => t.slice(t.ones([3]), [[0, 3, 0]]), 'slice: the step is a whole number of at least 1, not 0'],
  [() => t.slice(t.ones([3]), [[], []]), 'slice: 2 ranges for 1 axes: [3]'],
  [() => t.pad(t.ones([3]), [1, 1]), 'pad: 2 widths for 1 axes: [3]'],
  [() => t.pad(t.ones([3]), [-1]), 'pad: wants whole numbers of zeros for each axis of [3]: [-1], [-1]'],
  [() => t.flip(t.ones([3]), { axes: 1 }), 'flip: there is no axis 1 in a tensor of 1 axes'],
  [() => t.expand(t.ones([2, 3]), [4, 3]), 'expand: only axes of size 1 repeat: [2,3] to [4,3]'],
  [() => t.concat([]), 'concat: wants at least one tensor'],
  [() => t.concat([t.ones([2, 3]), t.ones([2, 4])]), 'concat: sizes differ off axis 0: [2,3] and [2,4]'],
  [() => t.concat([t.ones([2])], { axis: 1 }), 'concat: there is no axis 1 in a tensor of 1 axes'],
  [() => t.stack([t.ones([2]), t.ones([3])]), 'concat: sizes differ off axis 0: [1,2] and [1,3]'],
  [() => t.take(t.ones([2, 3]), t.ones([2, 2])), 'take: wants a table with axes and a list of row numbers: [2,3], [2,2]'], // prettier-ignore
  [() => t.take(t.scalar(1), t.ones([2])), 'take: wants a table with axes and a list of row numbers: [], [2]'],
  [() => t.iota([2], { axis: 1 }), 'iota: there is no axis 1 in a tensor of 1 axes']
]
describe('wrong calls', () => {
  it.each(messages.map(([call, message]) => [message, call] as const))('%s', (message, call) => {
    expect(call).toThrow(new t.TesseraError(message))
  })

  it('raise where they are written, a TesseraError', () => {
    expect(() => t.reshape(t.ones([2]), [3])).toThrow(t.TesseraError)
  })
})

describe('sizes', () => {
  it('of what was made multiply to the number of its numbers', () => {
    for (const x of [
      t.ones([2, 3, 4]),
      t.stack([t.ones([2]), t.ones([2])]),
      t.concat([t.ones([2, 1]), t.ones([3, 1])])
    ])
      expect(evaluate(x).length).toBe(sizeOf(x.shape))
  })
})
