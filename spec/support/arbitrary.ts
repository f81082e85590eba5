import fc, { type Arbitrary } from 'fast-check'
import { tensor } from '../../lib/core/create.ts'
import { sizeOf, type Shape } from '../../lib/core/shape.ts'
import type { Tensor } from '../../lib/core/tensor.ts'

// Shapes, numbers, and what operations may be asked to do with them.

/** Sizes of axes: often 1, beyond the four lanes of a texel and beyond eight, mostly no multiples of four. */
export const size: Arbitrary<number> = fc.oneof(
  { arbitrary: fc.constant(1), weight: 2 },
  { arbitrary: fc.integer({ min: 2, max: 5 }), weight: 5 },
  { arbitrary: fc.integer({ min: 6, max: 11 }), weight: 2 }
)

/** Keeps the number of elements small by cutting the later axes. */
const within =
  (most: number) =>
  (shape: Shape): Shape =>
    shape.reduce<readonly number[]>(
      (kept, d) => [...kept, Math.max(1, Math.min(d, Math.floor(most / sizeOf(kept))))],
      []
    )

/** Shapes of some ranks, 0 to 5 unless told, of at most `most` elements. */
export const shapes = ({ min = 0, max = 5, most = 400 } = {}): Arbitrary<Shape> =>
  fc.array(size, { minLength: min, maxLength: max }).map(within(most))

/** Kinds of numbers a row can be asked about. */
export type Numbers =
  /** From -4 to 4, with zeros and ties. */
  | 'any'
  /** Like `any` without zeros or ties, a tenth or more apart: no kink is near. */
  | 'distinct'
  /** Like `distinct`, and a sixteenth or more from all of them. */
  | 'between'
  /** From a half to 4. */
  | 'positive'
  /** `positive` with either sign. */
  | 'nonzero'
  /** 0 or 1, as of a comparison. */
  | 'truth'

/** 32 well mixed bits of a seed and a position. */
const hash = (seed: number, i: number): number => {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(i + 1, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  return (h ^ (h >>> 15)) >>> 0
}
const uniform = (seed: number, i: number): number => hash(seed, i) / 2 ** 32

const anyNumber = (seed: number, i: number): number => {
  const u = uniform(seed, i)
  // every third is a multiple of a half: zeros and ties
  return hash(seed, i) % 3 === 0 ? Math.round(u * 16 - 8) / 2 : u * 8 - 4
}

/** The places 0 … n-1 in random order. */
const shuffled = (seed: number, n: number): readonly number[] =>
  Array.from({ length: n }, (_, i) => i).sort((a, b) => hash(seed, a) - hash(seed, b))

const distinct = (seed: number, n: number): readonly number[] =>
  // odd multiples of a sixteenth around 0: no two are opposite
  shuffled(seed, n).map((k) => (k - Math.floor(n / 2)) / 8 + 1 / 24)

const drawn: Readonly<Record<Numbers, (seed: number, n: number) => readonly number[]>> = {
  any: (seed, n) => Array.from({ length: n }, (_, i) => anyNumber(seed, i)),
  distinct,
  between: (seed, n) => distinct(seed, n).map((v) => v + 1 / 16),
  positive: (seed, n) => Array.from({ length: n }, (_, i) => 0.5 + 3.5 * uniform(seed, i)),
  nonzero: (seed, n) =>
    Array.from({ length: n }, (_, i) => (hash(seed, -i) % 2 ? 1 : -1) * (0.5 + 3.5 * uniform(seed, i))),
  truth: (seed, n) => Array.from({ length: n }, (_, i) => hash(seed, i) % 2)
}

/** A tensor of some kind of numbers, from a seed: shrinking shrinks shapes, not numbers. */
export const filled = (shape: Shape, kind: Numbers, seed: number): Tensor =>
  tensor(drawn[kind](seed, sizeOf(shape)), shape)

export const seed: Arbitrary<number> = fc.noShrink(fc.nat(0x7fffffff))

/** Some axes of a tensor of a rank. */
export const axesOf = (rank: number, min = 0): Arbitrary<readonly number[]> =>
  fc.subarray(
    Array.from({ length: rank }, (_, i) => i),
    { minLength: Math.min(min, rank) }
  )

export const orderOf = (rank: number): Arbitrary<readonly number[]> =>
  fc.shuffledSubarray(
    Array.from({ length: rank }, (_, i) => i),
    { minLength: rank }
  )

/** Shapes that broadcast to `shape`: leading axes missing, others 1. */
export const broadcastingTo = (shape: Shape): Arbitrary<Shape> =>
  fc
    .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }))
    .map(([missing, ones]) => shape.map((d, i) => (ones[i] ? 1 : d)).slice(missing))

/** n shapes that broadcast with each other. */
export const broadcastable = (n: number): Arbitrary<readonly Shape[]> =>
  shapes().chain((shape) => fc.tuple(...Array.from({ length: n }, () => broadcastingTo(shape))))

/** Another shape of the same number of elements: prime factors dealt out anew. */
export const reshapeOf = (shape: Shape): Arbitrary<Shape> => {
  const factors = shape.flatMap(primes)
  return fc
    .tuple(
      fc.integer({ min: sizeOf(shape) === 1 ? 0 : 1, max: 5 }),
      orderOf(factors.length),
      fc.infiniteStream(fc.nat(4))
    )
    .map(([rank, order, picks]) => {
      const dealt = new Array<number>(rank).fill(1)
      for (const k of order) dealt[picks.next().value! % rank]! *= factors[k]!
      return dealt
    })
}
const primes = (n: number): readonly number[] => {
  for (let p = 2; p <= n; p++) if (n % p === 0) return [p, ...primes(n / p)]
  return []
}

const perAxis = <T>(shape: Shape, one: (d: number) => Arbitrary<T>): Arbitrary<readonly T[]> =>
  fc.tuple(...shape.map(one))

/** start, size and step along each axis. */
export const slicesOf = (shape: Shape): Arbitrary<{ start: number[]; size: number[]; step: number[] }> =>
  perAxis(shape, (d) =>
    fc
      .integer({ min: 1, max: Math.min(d, 4) })
      .chain((step) =>
        fc
          .nat(d - 1)
          .chain((start) =>
            fc.integer({ min: 1, max: Math.floor((d - 1 - start) / step) + 1 }).map((n) => ({ start, size: n, step }))
          )
      )
  ).map((parts) => ({
    start: parts.map((p) => p.start),
    size: parts.map((p) => p.size),
    step: parts.map((p) => p.step)
  }))

/** Zeros before, after and between along each axis. */
export const paddingOf = (shape: Shape): Arbitrary<{ before: number[]; after: number[]; gap: number[] }> =>
  perAxis(shape, () => fc.tuple(fc.nat(5), fc.nat(3), fc.oneof(fc.constant(0), fc.nat(2)))).map((parts) => ({
    before: parts.map((p) => p[0]),
    after: parts.map((p) => p[1]),
    gap: parts.map((p) => p[2])
  }))

/** Windows along some axes. */
export const windowsOf = (
  shape: Shape
): Arbitrary<{ axes: number[]; size: number[]; stride: number[]; dilation: number[] }> =>
  axesOf(shape.length)
    .map((axes) => axes.slice(0, 2))
    .chain((axes) =>
      perAxis(axes, (axis) =>
        fc
          .tuple(fc.integer({ min: 1, max: Math.min(shape[axis]!, 4) }), fc.integer({ min: 1, max: 3 }))
          .chain(([taps, stride]) =>
            fc
              .integer({
                min: 1,
                max: taps === 1 ? 3 : Math.max(1, Math.min(3, Math.floor((shape[axis]! - 1) / (taps - 1))))
              })
              .map((dilation) => ({ axis, taps, stride, dilation }))
          )
      )
    )
    .map((parts) => ({
      axes: parts.map((p) => p.axis),
      size: parts.map((p) => p.taps),
      stride: parts.map((p) => p.stride),
      dilation: parts.map((p) => p.dilation)
    }))
