import * as p from '../../lib/core/primitives.ts'
import * as t from '../../lib/index.ts'
import { expected } from './rounding.ts'
import { largest, smallest, unit } from './tolerance.ts'

/** Where arithmetic ends: NaN, the infinities, both zeros, the ends of float32, and numbers of every size. */
const ends: readonly number[] = [NaN, Infinity, 0, 3.4e38, 1.2e-38, 1, 0.5, 2, 3, 88, 104, 1e-3, 1e5, 1e10]
export const edges: readonly number[] = ends.flatMap((x) => (Number.isNaN(x) ? [x] : [x, -x]))
const x = t.tensor(edges)
/** Every edge with every other. */
const pairs = [t.reshape(x, [edges.length, 1]), t.reshape(x, [1, edges.length])] as const
const each = edges.flatMap((a) => edges.map((b) => [a, b] as const))

const unary: Readonly<Record<string, (x: t.Tensor) => t.Tensor>> = {
  identity: p.identity,
  stopGradient: p.stopGradient,
  neg: t.neg,
  exp: t.exp,
  log: t.log,
  sqrt: t.sqrt,
  sin: t.sin,
  cos: t.cos,
  sigmoid: t.sigmoid,
  tanh: t.tanh,
  floor: t.floor,
  erf: t.erf,
  atan: t.atan,
  acos: t.acos,
  // what is derived from them, where drivers know better
  abs: t.abs,
  sign: t.sign,
  square: t.square,
  rsqrt: t.rsqrt,
  reciprocal: t.reciprocal,
  relu: t.relu,
  silu: t.silu,
  'clip to [-1, 1]': t.clip(-1, 1),
  'pow 0': t.pow(0),
  'pow 0.3': t.pow(0.3),
  'pow 2': t.pow(2),
  'pow 2.5': t.pow(2.5),
  'pow -1': t.pow(-1),
  'x - x': (y) => t.sub(y, y),
  'x + -x': (y) => t.add(y, t.neg(y)),
  '0 x': (y) => t.mul(y, 0),
  '0 / x': (y) => t.div(0, y),
  'x / x': (y) => t.div(y, y),
  'x ≠ x': (y) => t.notEqual(y, y),
  'x where x < 0': (y) => t.select(t.less(y, 0), y, 0),
  '0 where x ≤ 0': (y) => t.select(t.lessEqual(y, 0), 0, y),
  'e^(0.3 ln x)': (y) => t.exp(t.mul(t.log(y), 0.3)),
  softmax: t.softmax(),
  logSoftmax: t.logSoftmax(),
  'sums of three': (y) => t.sum(windows(y), { axes: 1 }),
  'means of three': (y) => t.mean(windows(y), { axes: 1 }),
  'products of three': (y) => t.prod(windows(y), { axes: 1 }),
  'largest of three': (y) => t.max(windows(y), { axes: 1 }),
  'smallest of three': (y) => t.min(windows(y), { axes: 1 }),
  'largest of all': (y) => t.max(y),
  'smallest of all': (y) => t.min(y),
  'largest but NaN': (y) => t.max(t.slice(y, [[1]])),
  'sum of all': (y) => t.sum(y),
  'variance of three': (y) => t.variance(windows(y), { axes: 1 })
}
const windows = (y: t.Tensor): t.Tensor =>
  t.stack(
    [0, 1, 2].map((k) => t.slice(y, [[k, edges.length - 2 + k]])),
    { axis: 1 }
  )

const binary: Readonly<Record<string, (a: t.Tensor, b: t.Tensor) => t.Tensor>> = {
  add: t.add,
  sub: t.sub,
  mul: t.mul,
  div: t.div,
  maximum: t.maximum,
  minimum: t.minimum,
  less: t.less,
  lessEqual: t.lessEqual,
  greater: t.greater,
  greaterEqual: t.greaterEqual,
  equal: t.equal,
  notEqual: t.notEqual,
  power: p.power,
  'select by a': (a, b) => t.select(a, b, 1),
  'a where a < b': (a, b) => t.select(t.less(a, b), a, b),
  'a where a > b': (a, b) => t.select(t.greater(a, b), a, b)
}

/** One spec each: an expression of the edges, and the edges behind each of its elements, in words. */
export interface Edge {
  readonly name: string
  readonly of: t.Tensor
  readonly at: (i: number) => string
}
const shown = (v: number): string => (Object.is(v, -0) ? '-0' : String(v))

export const cases: readonly Edge[] = [
  ...Object.entries(unary).map(([name, f]) => ({ name, of: f(x), at: (i: number) => shown(edges[i] ?? NaN) })),
  ...Object.entries(binary).map(([name, f]) => ({
    name,
    of: f(...pairs),
    at: (i: number) => `${shown(each[i]![0])}, ${shown(each[i]![1])}`
  }))
]

/**
 * Whether a device may say `found` for `wanted`: NaN for NaN; what is too large for float32, or as good as that, for
 * infinity; 0 for what is too small; else as exactly as elsewhere.
 */
const isRight = (found: number, wanted: number, error: number): boolean => {
  if (Number.isNaN(wanted)) return Number.isNaN(found)
  if (Math.abs(wanted) > largest) return found === wanted || (Math.abs(found) > largest && found * wanted > 0)
  // where an operand may be as good as infinite no error is told
  const allowed = Number.isFinite(error) ? error : 64 * unit * Math.abs(wanted)
  return found === wanted || Math.abs(found - wanted) <= Math.max(allowed, 4 * smallest)
}

/** What a device gets wrong at the ends of numbers, in words; nothing where it is right. */
export const wrongAtEdges = async (device: t.Device, { of, at }: Edge): Promise<readonly string[]> => {
  const [{ values, errors }] = expected([of]) as readonly [ReturnType<typeof expected>[number]]
  const found = await device.read(of)
  return Array.from(values).flatMap((wanted, i) =>
    isRight(found[i]!, wanted, errors[i]!) ? [] : [`(${at(i)}) is ${found[i]}, not ${wanted}`]
  )
}
