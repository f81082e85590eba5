import * as t from '../index.ts'

/** A computation that a device must do as exactly as its arithmetic allows. */
export interface Check {
  /** What is computed, for people. */
  readonly name: string
  /** The arguments of `compute`. */
  readonly inputs: readonly t.Tensor[]
  /** The computation. */
  readonly compute: (...inputs: readonly t.Tensor[]) => t.Tensor
  /** Terms of the longest sum; 1 by default. */
  readonly terms?: number
  /** Roundings to float32 that each term may be off by; 8 by default. */
  readonly slack?: number
}

/** How a device did a check. */
export interface Verdict {
  /** That of the check. */
  readonly name: string
  /** The largest error, divided by the largest number of the result; Infinity where one is NaN. */
  readonly error: number
  /** slack · 2⁻²³ · √terms */
  readonly allowed: number
  /** Whether the error is within what is allowed. */
  readonly passed: boolean
}

type Shape = readonly number[]

/** Numbers that are not round, the same everywhere. */
const normal = (seed: number, ...shapes: readonly Shape[]): readonly t.Tensor[] =>
  t.split(t.key(seed), shapes.length).map((key, i) => t.normal(key, shapes[i]!))

const positive = (seed: number, shape: Shape): t.Tensor => t.uniform(t.key(seed), shape, { low: 0.1, high: 8 })

const network = (x: t.Tensor, w: t.Tensor, gain: t.Tensor, bias: t.Tensor): t.Scalar => {
  const normed = t.layerNorm({ weight: gain, bias })(x)
  return t.mse(t.silu(t.conv2d(w, { padding: 1 })(normed)), t.zeros([x.shape[0]!, w.shape[0]!, 9, 9]))
}

const gradientBy =
  (which: number) =>
  (...inputs: readonly t.Tensor[]): t.Tensor =>
    t.grad((x: t.Tensor) => {
      const [a, b, c, d] = inputs.map((input, i) => (i === which ? x : input))
      return network(a!, b!, c!, d!)
    })(inputs[which]!)

const layer = normal(20, [5, 3, 9, 9], [6, 3, 3, 3], [3, 9, 9], [3, 9, 9])

/**
 * Checks of every kind of kernel that the programs use: broadcasting, functions, movements, reductions, convolutions and
 * gradients. `verify` does one of them.
 *
 * @example
 * ```ts
 * import * as metrics from 'tessera/metrics'
 * assert.ok(metrics.checks.some(({ name }) => name === 'matmul'))
 * ```
 */
export const checks: readonly Check[] = [
  {
    name: 'add, mul, broadcast',
    inputs: normal(1, [7, 5], [5], [7, 1]),
    compute: (x, y, z) => t.add(t.mul(x, y), z)
  },
  { name: 'div, sqrt', inputs: [positive(2, [99]), positive(3, [99])], compute: (x, y) => t.div(x, t.sqrt(y)) },
  { name: 'exp, log', inputs: [positive(4, [99])], compute: (x) => t.log(t.add(t.exp(x), 1)), slack: 32 },
  { name: 'sin, cos', inputs: normal(5, [99]), compute: (x) => t.add(t.sin(x), t.cos(x)), slack: 32 },
  { name: 'silu, tanh', inputs: normal(6, [99]), compute: (x) => t.mul(t.silu(x), t.tanh(x)), slack: 32 },
  {
    name: 'permute, slice, concat',
    inputs: normal(7, [6, 5, 4], [3, 4, 3]),
    compute: (x, y) => t.concat([t.permute(t.slice(x, [[0, 6, 2]]), [0, 2, 1]), t.pad(y, [0, 0, 1])], { axis: 0 })
  },
  {
    name: 'take',
    inputs: [...normal(8, [10, 7]), t.tensor([3, 0, 9, 3])],
    compute: (table, rows) => t.take(table, rows)
  },
  {
    name: 'sum, mean',
    inputs: normal(9, [50, 40]),
    compute: (x) => t.add(t.sum(x, { axes: 1 }), t.mean(x)),
    terms: 2000
  },
  {
    name: 'softmax, max',
    inputs: normal(10, [9, 33]),
    compute: (x) => t.mul(t.softmax({ axis: 1 })(x), t.max(x)),
    terms: 33,
    slack: 32
  },
  { name: 'matmul', inputs: normal(11, [3, 17, 65], [65, 19]), compute: (x, y) => t.matmul(x, y), terms: 65 },
  {
    name: 'conv2d, stride 2',
    inputs: normal(12, [3, 5, 14, 14], [10, 5, 4, 4]),
    compute: (x, w) => t.conv2d(w, { stride: 2, padding: 1 })(x),
    terms: 80
  },
  {
    name: 'convTranspose2d',
    inputs: normal(13, [3, 6, 7, 7], [6, 5, 4, 4]),
    compute: (x, w) => t.convTranspose2d(w, { stride: 2, padding: 1 })(x),
    terms: 96
  },
  {
    name: 'layerNorm',
    inputs: layer,
    compute: (x, _w, weight, bias) => t.layerNorm({ weight, bias })(x),
    terms: 243
  },
  { name: 'gradient, of images', inputs: layer, compute: gradientBy(0), terms: 243, slack: 64 },
  { name: 'gradient, of weights', inputs: layer, compute: gradientBy(1), terms: 405, slack: 64 },
  { name: 'gradient, of a norm', inputs: layer, compute: gradientBy(2), terms: 405, slack: 64 },
  {
    name: 'gradient of a gradient',
    inputs: normal(14, [33]),
    compute: (at) => t.grad((x: t.Tensor) => t.sum(t.square(t.grad((y: t.Tensor) => t.sum(t.sigmoid(y)))(x))))(at),
    slack: 64
  }
]

const largest = (xs: ArrayLike<number>): number => Array.from(xs).reduce((most, x) => Math.max(most, Math.abs(x)), 0)

const judged = ({ name, terms = 1, slack = 8 }: Check, got: t.Numbers, wanted: t.Numbers): Verdict => {
  const off = Float64Array.from(wanted, (want, i) => got[i]! - want)
  // NaN must not pass: no comparison holds for it
  const error = off.some(Number.isNaN) ? Infinity : largest(off) / largest(wanted)
  const allowed = slack * 2 ** -23 * Math.sqrt(terms)
  return { name, error, allowed, passed: got.length === wanted.length && error <= allowed }
}

/**
 * Does a check on a device and on the reference, which computes in float64, and compares: the error may be
 * slack · 2⁻²³ · √terms of the largest number, what independent roundings to float32 add up to.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import * as metrics from 'tessera/metrics'
 * const { error, passed } = await metrics.verify(t.reference, metrics.checks[0]!)
 * assert.deepStrictEqual([error, passed], [0, true])
 * ```
 */
export const verify = async (device: t.Device, check: Check): Promise<Verdict> => {
  const { compute, inputs } = check
  const got = await device.read(device.compile((...xs: readonly t.Tensor[]) => compute(...xs))(...inputs))
  return judged(check, got, await t.reference.read(compute(...inputs)))
}

/**
 * The precision of a device in bits: the largest k with 1 + 2⁻ᵏ > 1. It is 23 for float32 and 52 for float64.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import * as metrics from 'tessera/metrics'
 * assert.equal(await metrics.precisionBits(t.reference), 52)
 * ```
 */
export const precisionBits = async (device: t.Device): Promise<number> => {
  const ones = t.tensor(new Float32Array(60).fill(1), [60])
  const steps = t.tensor(
    Float32Array.from({ length: 60 }, (_, k) => 2 ** -k),
    [60]
  )
  const sums = await device.read(device.compile((x: t.Tensor, y: t.Tensor) => t.add(x, y))(ones, steps))
  return sums.filter((sum) => sum > 1).length - 1
}

/**
 * The exponent of the smallest power of two that a product can be, down to -149: -126 for float32 that flushes subnormal
 * numbers to 0, -149 where it keeps them.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import * as metrics from 'tessera/metrics'
 * assert.equal(await metrics.smallestPower(t.reference), -149)
 * ```
 */
export const smallestPower = async (device: t.Device): Promise<number> => {
  const halves = t.tensor(
    Float32Array.from({ length: 150 }, (_, k) => 2 ** -Math.floor(k / 2)),
    [150]
  )
  const others = t.tensor(
    Float32Array.from({ length: 150 }, (_, k) => 2 ** -Math.ceil(k / 2)),
    [150]
  )
  const products = await device.read(device.compile((x: t.Tensor, y: t.Tensor) => t.mul(x, y))(halves, others))
  return 1 - products.filter((x) => x > 0).length
}
