import fc, { type Arbitrary } from 'fast-check'
import { tensor } from '../../lib/core/create.ts'
import { key } from '../../lib/core/key.ts'
import * as p from '../../lib/core/primitives.ts'
import { showShape } from '../../lib/base/raise.ts'
import { sizeOf, type Shape } from '../../lib/core/shape.ts'
import { node, type Tensor } from '../../lib/core/tensor.ts'
import { uniformValues, type Words } from '../../lib/random/threefry.ts'
import {
  axesOf,
  broadcastable,
  filled,
  orderOf,
  paddingOf,
  reshapeOf,
  seed,
  shapes,
  slicesOf,
  windowsOf,
  type Numbers
} from './arbitrary.ts'

/** Inputs of a row and the row applied to them. */
export interface Sample {
  readonly shapes: readonly Shape[]
  /** Numbers that try everything. */
  readonly inputs: readonly Tensor[]
  /** Numbers away from kinks, ties and poles, where differences tell the gradient. */
  readonly smooth: readonly Tensor[]
  readonly build: (...xs: readonly Tensor[]) => Tensor
  /** Positions of the inputs that the row can be differentiated by. */
  readonly by: readonly number[]
}

/** What a specification needs to know of a row. */
export interface RowCase {
  readonly row: { readonly name: string }
  readonly sample: Arbitrary<Sample>
  /** Linear in its differentiable inputs taken together. */
  readonly linear?: true
  /** By definition without gradient, though differences show one. */
  readonly flat?: true
}

interface Shaped {
  readonly shapes: readonly Shape[]
  readonly build: (...xs: readonly Tensor[]) => Tensor
}

interface Kinds {
  readonly any?: readonly Numbers[]
  readonly smooth?: readonly Numbers[]
  readonly by?: readonly number[]
}

const toSample =
  ({ any = [], smooth = any, by }: Kinds) =>
  ([{ shapes: given, build }, start]: readonly [Shaped, number]): Sample => {
    const made = (kinds: readonly Numbers[]) => given.map((s, i) => filled(s, kinds[i] ?? 'any', start + i))
    const inputs = made(any)
    const text = (): string => `${build(...inputs).toString()} of ${given.map(showShape).join(', ')} (seed ${start})`
    return Object.assign(
      { shapes: given, inputs, smooth: made(smooth), build, by: by ?? given.map((_, i) => i) },
      { [fc.toStringMethod]: text }
    )
  }

const sampled = (shaped: Arbitrary<Shaped>, kinds: Kinds = {}): Arbitrary<Sample> =>
  fc.tuple(shaped, seed).map(toSample(kinds))

const unary = (op: p.Unary, kinds?: Kinds): RowCase => ({
  row: op.row,
  sample: sampled(
    shapes().map((shape) => ({ shapes: [shape], build: (x) => op(x) })),
    kinds
  )
})
const binary = (op: p.Binary, kinds?: Kinds): RowCase => ({
  row: op.row,
  sample: sampled(
    broadcastable(2).map((pair) => ({ shapes: pair, build: (a, b) => op(a, b) })),
    kinds
  )
})

/** A row of one input with attributes that fit its shape. */
const movement = <A>(
  { row }: { readonly row: { readonly name: string } },
  attrs: (shape: Shape) => Arbitrary<A>,
  build: (x: Tensor, attrs: A) => Tensor,
  from: Arbitrary<Shape> = shapes({ most: 200 })
): RowCase => ({
  row,
  linear: true,
  sample: sampled(
    from.chain((shape) =>
      attrs(shape).map((a) => ({ shapes: [shape], build: (x: Tensor | undefined) => build(x!, a) }))
    )
  )
})

const leaf = (row: { readonly name: string }, build: Arbitrary<() => Tensor>): RowCase => ({
  row,
  sample: sampled(build.map((make) => ({ shapes: [], build: make })))
})

/** Two shapes, the second with some axes of the first repeated. */
const expandable: Arbitrary<readonly [Shape, Shape]> = shapes({ most: 300 }).chain((to) =>
  axesOf(to.length).map((ones) => [to.map((d, i) => (ones.includes(i) ? 1 : d)), to] as const)
)

const overlapping = shapes({ most: 60 }).chain((to) =>
  windowsOf(to).map((windows): Shaped => {
    const from = p.window(p.full(to, 0), windows).shape
    return { shapes: [from], build: (x) => p.overlapAdd(x, windows, to) }
  })
)

/** Numbers of rows of the table. */
const taking = fc
  .tuple(shapes({ min: 1, max: 4, most: 120 }), fc.array(fc.nat(12), { minLength: 1, maxLength: 9 }))
  .map(([table, rows]): Shaped => {
    const numbers = rows.map((r) => r % table[0]!)
    const index = tensor(numbers, [rows.length])
    return { shapes: [table], build: (x) => p.take(x, index) }
  })

type Primitives = typeof p
/** The exports of the table of primitives that are rows, or functions that carry one. */
export type RowExport = {
  readonly [K in keyof Primitives]: Primitives[K] extends { readonly row: unknown } | { readonly kernel: unknown }
    ? K
    : never
}[keyof Primitives]

/** One case for each row there is: a row without one does not compile. */
export const rows: Readonly<Record<RowExport, RowCase>> = {
  identity: { ...unary(p.identity), linear: true },
  stopGradient: { ...unary(p.stopGradient), flat: true },
  neg: { ...unary(p.neg), linear: true },
  exp: unary(p.exp),
  log: unary(p.log, { any: ['positive'] }),
  sqrt: unary(p.sqrt, { any: ['positive'] }),
  sin: unary(p.sin),
  cos: unary(p.cos),
  sigmoid: unary(p.sigmoid),
  tanh: unary(p.tanh),
  erf: unary(p.erf),
  atan: unary(p.atan),
  floor: unary(p.floor, { smooth: ['distinct'] }),
  add: { ...binary(p.add), linear: true },
  sub: { ...binary(p.sub), linear: true },
  mul: binary(p.mul),
  div: binary(p.div, { any: ['any', 'nonzero'] }),
  maximum: binary(p.maximum, { smooth: ['distinct', 'between'] }),
  power: binary(p.power, { any: ['positive', 'any'] }),
  less: binary(p.less, { smooth: ['distinct', 'between'] }),
  lessEqual: binary(p.lessEqual, { smooth: ['distinct', 'between'] }),
  equal: binary(p.equal, { smooth: ['distinct', 'between'] }),
  select: {
    row: p.select.row,
    linear: true,
    sample: sampled(
      broadcastable(3).map((three) => ({ shapes: three, build: (c, a, b) => p.select(c, a, b) })),
      { any: ['truth'], by: [1, 2] }
    )
  },
  reshape: movement(p.reshape, reshapeOf, p.reshape),
  permute: movement(
    p.permute,
    (s) => orderOf(s.length),
    (x, order) => p.permute(x, order)
  ),
  sliceAt: movement(p.sliceAt, slicesOf, p.sliceAt),
  pad: movement(p.pad, paddingOf, p.pad, shapes({ max: 4, most: 24 })),
  flip: movement(
    p.flip,
    (s) => axesOf(s.length),
    (x, axes) => p.flip(x, { axes })
  ),
  expand: {
    row: p.expand.row,
    linear: true,
    sample: sampled(expandable.map(([from, to]) => ({ shapes: [from], build: (x) => p.expand(x, to) })))
  },
  sumKeep: movement(p.sumKeep, (s) => axesOf(s.length, 1), p.sumKeep, shapes({ min: 1 })),
  window: movement(p.window, windowsOf, p.window, shapes({ most: 60 })),
  overlapAdd: { row: p.overlapAdd.row, linear: true, sample: sampled(overlapping) },
  maxKeep: {
    row: p.maxKeep.row,
    sample: sampled(
      shapes({ min: 1 }).chain((s) =>
        axesOf(s.length, 1).map((axes) => ({ shapes: [s], build: (x: Tensor | undefined) => p.maxKeep(x!, axes) }))
      ),
      { smooth: ['distinct'] }
    )
  },
  prodKeep: {
    row: p.prodKeep.row,
    sample: sampled(
      shapes({ min: 1, most: 24 }).chain((s) =>
        axesOf(s.length, 1).map((axes) => ({ shapes: [s], build: (x: Tensor | undefined) => p.prodKeep(x!, axes) }))
      ),
      { any: ['nonzero'], smooth: ['distinct'] }
    )
  },
  take: { row: p.take.row, linear: true, sample: sampled(taking) },
  full: leaf(
    p.full.row,
    fc.tuple(shapes(), fc.constantFrom(0, 1, -2.5, 1e-7, 3e9)).map(
      ([shape, value]) =>
        () =>
          p.full(shape, value)
    )
  ),
  iota: leaf(
    p.iota.row,
    shapes({ min: 1 }).chain((shape) => fc.nat(shape.length - 1).map((axis) => () => p.iota(shape, { axis })))
  ),
  barrier: { ...unary(p.barrier as p.Unary), linear: true },
  differentiatedAs: {
    row: p.differentiatedAs.row,
    linear: true,
    // the two are the same function
    sample: sampled(
      shapes().map((shape) => ({ shapes: [shape], build: (x) => p.differentiatedAs(p.mul(x, 2), p.add(x, x)) }))
    )
  },
  drawRow: leaf(
    p.drawRow,
    fc.tuple(shapes(), seed).map(([shape, from]) => {
      const draw = (words: Words): ArrayLike<number> => uniformValues(words, sizeOf(shape), 0, 1)
      return () => node(p.drawRow, { shape, key: key(from), draw })
    })
  ),
  valueRow: leaf(
    p.valueRow,
    fc.tuple(shapes(), seed).map(
      ([shape, from]) =>
        () =>
          filled(shape, 'any', from)
    )
  ),
  argumentRow: leaf(
    p.argumentRow,
    shapes().map((shape) => () => node(p.argumentRow, { shape, position: 0 }))
  )
}

/** All rows but the placeholder, which has a value only where a function is traced. */
export const computable: readonly (readonly [string, RowCase])[] = Object.entries(rows).filter(
  ([name]) => name !== 'argumentRow'
)
