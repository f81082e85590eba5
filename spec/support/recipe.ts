import fc, { type Arbitrary } from 'fast-check'
import * as t from '../../lib/index.ts'
import { overlapAdd, pad as padAt, sliceAt, window } from '../../lib/core/primitives.ts'
import { sizeOf, type Shape } from '../../lib/core/shape.ts'
import { filled, seed, shapes } from './arbitrary.ts'

/**
 * Random expressions, where the bugs of fusion live. A recipe is a list of steps, each the name of an operation and a few
 * numbers from which it takes its operands and attributes, whatever there is by then: every recipe is an expression, and
 * so is what is left of it when steps go away and numbers get smaller.
 */
export interface Step {
  readonly op: string
  readonly dice: readonly number[]
}
export interface Recipe {
  readonly leaves: readonly Shape[]
  readonly seed: number
  readonly steps: readonly Step[]
}

/** Throws of dice: a whole number below n. */
type Dice = (n: number) => number
type Tensors = readonly t.Tensor[]
type Make = (x: t.Tensor, dice: Dice, pool: Tensors) => t.Tensor

const most = 600

const diceOf = (numbers: readonly number[]): Dice => {
  let i = 0
  return (n) => (numbers[i++] ?? 0) % n
}

// ---- operands that fit -------------------------------------------------------------------------------------------

/** A tensor of the pool, the newest first. */
const pick = (dice: Dice, pool: Tensors): t.Tensor => pool[pool.length - 1 - dice(Math.min(pool.length, 4))]!

/** The numbers of x under another shape: cut off, or filled up with zeros or with themselves. */
const fit = (x: t.Tensor, shape: Shape, dice: Dice): t.Tensor => {
  const [have, want] = [sizeOf(x.shape), sizeOf(shape)]
  const flat = t.reshape(x, [have])
  if (have >= want) return t.reshape(t.slice(flat, [[have - want, have]]), shape)
  if (dice(2) === 0)
    return t.reshape(t.pad(flat, [[want - have - Math.min(1, want - have), Math.min(1, want - have)]]), shape)
  const copies = Math.ceil(want / have)
  return t.reshape(t.slice(t.reshape(t.expand(t.reshape(flat, [1, have]), [copies, have]), [-1]), [[0, want]]), shape)
}

const other = (dice: Dice, pool: Tensors, shape: Shape): t.Tensor => {
  const x = pick(dice, pool)
  return t.tensorsOf(x).length === 1 && x.shape.join() === shape.join() ? x : fit(x, shape, dice)
}

/** Some axes of a shape become 1, some leading ones go. */
const narrowed = (shape: Shape, dice: Dice): Shape =>
  shape.map((d) => (dice(3) === 0 ? 1 : d)).slice(shape.length > 0 ? dice(3) % (shape.length + 1) : 0)

const axes = (dice: Dice, rank: number): readonly number[] => {
  const some = Array.from({ length: rank }, (_, i) => i).filter(() => dice(2) === 1)
  return some.length > 0 ? some : rank > 0 ? [dice(rank)] : []
}
const order = (dice: Dice, rank: number): readonly number[] => {
  const rest = Array.from({ length: rank }, (_, i) => i)
  return Array.from({ length: rank }, () => rest.splice(dice(rest.length), 1)[0]!)
}

const primes = (n: number): readonly number[] => {
  for (let p = 2; p <= n; p++) if (n % p === 0) return [p, ...primes(n / p)]
  return []
}
const dealt = (dice: Dice, shape: Shape): Shape => {
  const to = new Array<number>(1 + dice(4)).fill(1)
  for (const p of shape.flatMap(primes)) to[dice(to.length)]! *= p
  return to
}

/** Down to a size that a specification can wait for. */
const small = (x: t.Tensor, limit = most): t.Tensor => {
  const d = Math.max(0, ...x.shape)
  return sizeOf(x.shape) <= limit
    ? x
    : small(
        t.slice(
          x,
          x.shape.map((n): t.Range => (n === d ? [0, Math.max(1, Math.floor(n / 2))] : []))
        ),
        limit
      )
}
/** As a shape of a given rank: axes are merged, or 1. */
const ranked = (x: t.Tensor, rank: number): t.Tensor =>
  x.shape.length <= rank
    ? t.reshape(x, [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape])
    : t.reshape(x, [sizeOf(x.shape.slice(0, x.shape.length - rank + 1)), ...x.shape.slice(x.shape.length - rank + 1)])

const images = (x: t.Tensor): t.Tensor => small(ranked(x, 4), 150)

// ---- operations --------------------------------------------------------------------------------------------------

const unary: readonly Unary[] = [
  t.neg,
  t.sin,
  t.cos,
  t.tanh,
  t.sigmoid,
  t.silu,
  t.relu,
  t.abs,
  t.square,
  t.sign,
  t.floor,
  (x) => t.exp(t.tanh(x)),
  (x) => t.log(t.add(t.square(x), 0.5)),
  (x) => t.sqrt(t.add(t.abs(x), 0.25)),
  (x) => t.rsqrt(t.add(t.square(x), 1)),
  (x) => t.clip(-1, 2)(x),
  (x) => t.pow(3)(t.tanh(x)),
  (x) => t.mul(x, 0.5),
  (x) => t.sub(1, x),
  (x) => t.stopGradient(x)
]
type Unary = (x: t.Tensor) => t.Tensor

const binary: readonly ((a: t.Tensor, b: t.Tensor) => t.Tensor)[] = [
  t.add,
  t.sub,
  t.mul,
  (a, b) => t.div(a, t.add(t.square(b), 1)),
  t.maximum,
  t.minimum,
  t.less,
  t.greaterEqual,
  (a, b) => t.select(t.less(a, b), a, t.mul(b, 2)),
  (a, b) => t.select(t.greater(a, 0), b, 0)
]

const curves: readonly Unary[] = [t.sin, t.cos, t.tanh, t.sigmoid, t.silu, (x) => t.exp(t.tanh(x))]

const operations: Readonly<Record<string, Make>> = {
  curve: (x, dice) => curves[dice(curves.length)]!(x),
  unary: (x, dice) => unary[dice(unary.length)]!(x),
  binary: (x, dice, pool) => binary[dice(binary.length)]!(x, other(dice, pool, narrowed(x.shape, dice))),
  outer: (x, dice, pool) =>
    t.mul(t.reshape(small(x, 60), [...small(x, 60).shape, 1]), fit(pick(dice, pool), [1 + dice(6)], dice)),
  reshape: (x, dice) => t.reshape(x, dealt(dice, x.shape)),
  permute: (x, dice) => t.permute(x, order(dice, x.shape.length)),
  flip: (x, dice) => t.flip(x, { axes: axes(dice, x.shape.length) }),
  slice: (x, dice) =>
    t.slice(
      x,
      x.shape.map((d) => {
        const start = dice(d)
        return [start, start + 1 + dice(d - start), 1 + dice(3)] as const
      })
    ),
  pad: (x, dice) => t.pad(small(x, 100), x.shape.map(() => [dice(4), dice(3)] as const).slice(0, 3)),
  spread: (x, dice) => {
    const y = small(x, 60)
    return padAt(y, {
      before: y.shape.map(() => dice(3)),
      after: y.shape.map(() => dice(2)),
      gap: y.shape.map((_, i) => (i < 3 ? dice(3) : 0))
    })
  },
  skip: (x, dice) =>
    sliceAt(x, {
      start: x.shape.map(() => 0),
      size: x.shape.map((d) => Math.ceil(d / 2)),
      step: x.shape.map((d) => (d > 1 ? 1 + dice(2) : 1))
    }),
  expand: (x, dice) => {
    const y = small(x, 120)
    const at = dice(y.shape.length + 1)
    const put = (d: number): Shape => [...y.shape.slice(0, at), d, ...y.shape.slice(at)]
    return t.expand(t.reshape(y, put(1)), put(1 + dice(5)))
  },
  window: (x, dice) => {
    const y = small(x, 100)
    const along = axes(dice, y.shape.length).slice(0, 2)
    return window(y, windowsAt(y.shape, along, dice))
  },
  overlap: (x, dice, pool) => {
    const to = small(x, 60).shape
    const along = axes(dice, to.length).slice(0, 2)
    const windows = windowsAt(to, along, dice)
    return overlapAdd(other(dice, pool, window(t.zeros(to), windows).shape), windows, to)
  },
  concat: (x, dice, pool) => {
    const y = small(x.shape.length === 0 ? t.reshape(x, [1]) : x, 200)
    const axis = dice(y.shape.length)
    const also = other(
      dice,
      pool,
      y.shape.map((d, i) => (i === axis ? 1 + dice(4) : d))
    )
    return t.concat(dice(2) ? [y, also] : [also, y, also], { axis })
  },
  stack: (x, dice, pool) => t.stack([x, other(dice, pool, x.shape), x], { axis: dice(x.shape.length + 1) }),
  take: (x, dice) => {
    const y = x.shape.length === 0 ? t.reshape(x, [1]) : x
    const table = small(y, 200)
    return t.take(table, t.tensor(Array.from({ length: 1 + dice(6) }, () => dice(table.shape[0]!))))
  },
  takeLike: (x, dice, pool) => {
    const y = small(x.shape.length === 0 ? t.reshape(x, [1]) : x, 200)
    // where a sigmoid is 0.5 or as good as 1, rounding must not decide which row it is
    const rows = t.mul(t.sigmoid(fit(pick(dice, pool), [1 + dice(6)], dice)), y.shape[0]! - 0.01)
    return t.take(y, rows)
  },
  sum: (x, dice) => t.sum(x, { axes: axes(dice, x.shape.length), keepDims: dice(2) === 1 }),
  max: (x, dice) => t.max(x, { axes: axes(dice, x.shape.length), keepDims: dice(2) === 1 }),
  min: (x, dice) => t.min(x, { axes: axes(dice, x.shape.length), keepDims: dice(2) === 1 }),
  mean: (x, dice) => t.mean(x, { axes: axes(dice, x.shape.length), keepDims: dice(2) === 1 }),
  variance: (x, dice) => t.variance(x, { axes: axes(dice, x.shape.length), keepDims: dice(2) === 1 }),
  centre: (x, dice) => t.sub(x, t.mean(x, { axes: axes(dice, x.shape.length), keepDims: true })),
  softmax: (x, dice) => (x.shape.length === 0 ? x : t.softmax(x, { axis: dice(x.shape.length) })),
  logSoftmax: (x, dice) => (x.shape.length === 0 ? x : t.logSoftmax(x, { axis: dice(x.shape.length) })),
  matmul: (x, dice, pool) => {
    const a = small(x.shape.length === 0 ? t.reshape(x, [1]) : x, 200)
    const k = a.shape.at(-1)!
    const b = [() => [k], () => [k, 1 + dice(9)], () => [...a.shape.slice(0, -2).slice(-1), k, 1 + dice(5)]][dice(3)]!()
    return t.matmul(a, other(dice, pool, b))
  },
  gram: (x) => {
    const a = small(x.shape.length < 2 ? t.reshape(x, [-1, 1]) : x, 120)
    return t.matmul(a, t.transpose(a))
  },
  conv2d: (x, dice, pool) => {
    const y = images(x)
    const [, c, h, w] = y.shape as [number, number, number, number]
    const kernel = [1 + dice(5), c, 1 + dice(Math.min(3, h)), 1 + dice(Math.min(4, w))]
    const padding = (['same', 'valid', 1, [[1, 0], 2]] as const)[dice(4)]!
    return t.conv2d(other(dice, pool, kernel), { stride: [1 + dice(2), 1 + dice(3)], padding })(y)
  },
  convTranspose2d: (x, dice, pool) => {
    const y = small(images(x), 60)
    const kernel = [y.shape[1]!, 1 + dice(4), 2 + dice(3), 2 + dice(2)]
    const stride = [1 + dice(3), 1 + dice(2)] as const
    const outputPadding = [dice(stride[0]), dice(stride[1])] as const
    return t.convTranspose2d(other(dice, pool, kernel), { stride, outputPadding, padding: dice(2) ? [[0, 1], 0] : 0 })(
      y
    )
  },
  layerNorm: (x, dice, pool) => {
    const over = x.shape.slice(x.shape.length - 1 - dice(Math.max(1, x.shape.length)))
    return x.shape.length === 0 ? x : t.layerNorm({ weight: other(dice, pool, over), bias: fit(x, over, dice) })(x)
  },
  iota: (x, dice) => (x.shape.length === 0 ? x : t.add(x, t.iota(x.shape, { axis: dice(x.shape.length) }))),
  constant: (x, dice) => t.mul(x, t.full(narrowed(x.shape, dice), [0, 1, -1, 0.3][dice(4)]!))
}

const windowsAt = (shape: Shape, along: readonly number[], dice: Dice) => {
  const size = along.map((axis) => 1 + dice(Math.min(3, shape[axis]!)))
  const dilation = size.map((k, i) =>
    k === 1 ? 1 : 1 + dice(Math.min(3, Math.floor((shape[along[i]!]! - 1) / (k - 1))))
  )
  return { axes: along, size, stride: along.map(() => 1 + dice(3)), dilation }
}

// ---- recipes -----------------------------------------------------------------------------------------------------

export interface Dish {
  readonly leaves: Tensors
  readonly outputs: Tensors
}

export const leavesOf = ({ leaves, seed: from }: Recipe): Tensors =>
  leaves.map((shape, i) => filled(shape, 'any', from + i))

/** The results of a recipe on its leaves: the last tensor made, and one from the middle. */
export const cook = ({ steps }: Recipe, leaves: Tensors): Tensors => {
  const pool = [...leaves]
  for (const { op, dice: numbers } of steps) {
    const dice = diceOf(numbers)
    pool.push(small(operations[op]!(pick(dice, pool), dice, pool)))
  }
  return [...new Set([pool.at(-1)!, pool[Math.floor((pool.length + leaves.length) / 2)] ?? pool[0]!])]
}

/** Σ weights · outputs: a scalar that depends on every element of every output. */
export const lossOf = (recipe: Recipe, leaves: Tensors): t.Scalar =>
  cook(recipe, leaves).reduce<t.Scalar>(
    (sum, y, i) => t.add(sum, t.sum(t.mul(y, filled(y.shape, 'any', recipe.seed + 100 + i)))),
    t.full([], 0)
  )

export const gradientsOf = (recipe: Recipe, leaves: Tensors): Tensors =>
  t.grad((xs: Tensors) => lossOf(recipe, xs))(leaves)

const described = (recipe: Recipe): Recipe =>
  Object.assign(recipe, {
    [fc.toStringMethod]: () => `${JSON.stringify(recipe)}\n${t.showGraph(cook(recipe, leavesOf(recipe)))}`
  })

/** Steps that move whole numbers and add them up: float32 computes them exactly. */
export const movements: readonly string[] = [
  ...['reshape', 'permute', 'flip', 'slice', 'pad', 'spread', 'skip', 'expand', 'window', 'overlap', 'concat', 'stack'],
  ...['take', 'sum']
]
/** The same of steps that multiply them. */
export const products: readonly string[] = ['conv2d', 'convTranspose2d', 'matmul', 'outer']

/** Steps without kinks, so that differences tell the gradient wherever the leaves lie. */
export const smooth: readonly string[] = [...movements, ...products, 'mean', 'variance', 'softmax', 'gram', 'curve']

const everything: readonly string[] = Object.keys(operations)

const stepOf = (ops: readonly string[]): Arbitrary<Step> =>
  fc.record({
    op: fc.constantFrom(...ops),
    dice: fc.array(fc.nat(1 << 16), { minLength: 24, maxLength: 24, size: 'max' })
  })

/** Recipes of some numbers of steps. */
export const recipes = ({ min = 5, max = 15, ops = everything } = {}): Arbitrary<Recipe> =>
  fc
    .record({
      leaves: fc.array(shapes({ max: 4, most: 150 }), { minLength: 1, maxLength: 3 }),
      seed,
      steps: fc.array(stepOf(ops), { minLength: min, maxLength: max, size: 'max' })
    })
    .map(described)
