import { add, div, erf, exp, less, log, maximum, mul, neg, select, sub } from '../../core/primitives.ts'
import type { Tensor } from '../../core/tensor.ts'
import { greater, minimum, square } from '../../ops/pointwise.ts'

/** A normal law of each number of a tensor. What it holds broadcasts. */
export interface Gaussian {
  /** The means. */
  readonly mean: Tensor
  /** The natural logarithms of the variances. */
  readonly logVariance: Tensor
}

/**
 * The divergence KL(q ‖ p) of normal laws, number by number, in nats: ½ (log(p.variance / q.variance) + (q.variance +
 * (q.mean - p.mean)²) / p.variance - 1).
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const [q, p] = [{ mean: t.scalar(0), logVariance: t.scalar(0) }, { mean: t.scalar(3), logVariance: t.scalar(0) }]
 * assert.deepStrictEqual(await t.reference.read(t.normalKl(q, p)), Float64Array.of(4.5))
 * ```
 */
export const normalKl = (q: Gaussian, p: Gaussian): Tensor => {
  const wider = sub(q.logVariance, p.logVariance)
  const apart = div(square(sub(q.mean, p.mean)), exp(p.logVariance))
  return mul(add(sub(sub(exp(wider), wider), 1), apart), 0.5)
}

/** The logarithm of the density of each number, in nats: -½ (log(2π variance) + (x - mean)² / variance). */
export const logDensity = (x: Tensor, { mean, logVariance }: Gaussian): Tensor =>
  mul(add(add(logVariance, Math.log(2 * Math.PI)), div(square(sub(x, mean)), exp(logVariance))), -0.5)

/** Half the distance of neighbours among the 256 values from -1 to 1 that bytes stand for. */
export const halfByte = 1 / 255

/** Numbers beyond ± this are the first and the last of the values, as in Ho et al.'s code. */
const edge = 0.999

/** From here on, in standard deviations, erf is so near to 1 that float32 loses what is left. */
const tail = 3

/** The depth of the continued fraction: from 3 deviations on it is off by 6e-9 of its value at most. */
const depth = 16

/** (1 - Φ(z)) / φ(z) for z ≥ 3: 1 / (z + 1 / (z + 2 / (z + 3 / …))) (Laplace 1805). */
const mills = (z: Tensor): Tensor => {
  let fraction = z
  for (let k = depth; k > 0; k--) fraction = add(z, div(k, fraction))
  return div(1, fraction)
}

/** log(Φ(z + width) - Φ(z)), and log(1 - Φ(z)) where it is open; for z ≥ -width / 2, unless it is open. */
const logBetween = (z: Tensor, width: Tensor, open: Tensor): Tensor => {
  // each formula gets only numbers that it is right for, as its gradient is multiplied by 0 elsewhere
  const [near, far] = [minimum(z, tail), maximum(z, tail)]
  const upTo = select(open, 1, erf(mul(add(near, width), Math.SQRT1_2)))
  const middle = log(mul(sub(upTo, erf(mul(near, Math.SQRT1_2))), 0.5))
  // φ(far + width) / φ(far)
  const falls = exp(neg(mul(width, add(far, mul(width, 0.5)))))
  const left = sub(mills(far), select(open, 0, mul(falls, mills(add(far, width)))))
  const beyond = sub(log(left), mul(add(square(far), Math.log(2 * Math.PI)), 0.5))
  return select(less(tail, z), beyond, middle)
}

/**
 * The logarithm of how likely a normal law makes each number of images of bytes, in nats (Ho et al. 2020, eq. 13): of the
 * 256 values from -1 to 1 each is a bin that reaches halfway to its neighbours, and the first and the last go on to
 * infinity. It is exact where Ho et al.'s code cuts off, in bins of less than 1e-12.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const law = { mean: t.scalar(1), logVariance: t.scalar(-20) }
 * // within a deviation of e^-10 there is only this value
 * assert.ok((await t.reference.read(t.discretisedLogLikelihood(t.tensor([1]), law)))[0]! > -1e-9)
 * ```
 */
export const discretisedLogLikelihood = (x: Tensor, { mean, logVariance }: Gaussian): Tensor => {
  const [first, last] = [less(x, -edge), greater(x, edge)]
  const off = sub(x, mean)
  // mirrored, so that the bin lies to the right of the mean; the first and the last open to the right
  const turned = select(first, 1, select(last, 0, less(off, 0)))
  const right = select(turned, neg(off), off)
  const scale = exp(mul(logVariance, -0.5))
  return logBetween(mul(sub(right, halfByte), scale), mul(scale, 2 * halfByte), add(first, last))
}
