import { held } from '../core/create.ts'
import type { Key } from '../core/key.ts'
import { drawRow, lazily } from '../core/primitives.ts'
import { raise } from '../base/raise.ts'
import { checkShape, sizeOf, type Shape } from '../core/shape.ts'
import { node, shaped, type Tensor } from '../core/tensor.ts'
import {
  normalValues,
  permutationValues,
  randintValues,
  uniformValues,
  wantRange,
  wantSpan,
  type Words
} from '../random/threefry.ts'

// Random numbers are leaves: the host derives them from the key, so they are the same bits on every device.

const drawn = <S extends Shape>(
  op: string,
  key: Key,
  given: S,
  values: (words: Words, n: number) => ArrayLike<number>
): Tensor<S> => {
  const shape = checkShape(op, given)
  // of the shape as it is now: the caller's array may change before the numbers are wanted
  const draw = (words: Words) => values(words, sizeOf(shape))
  const { words } = key
  return shaped<S>(
    words
      ? held(
          lazily(() => draw(words)),
          shape
        )
      : node(drawRow, { shape, key, draw })
  )
}

/** Standard normal numbers. */
export const normal = <const S extends Shape>(key: Key, shape: S): Tensor<S> =>
  drawn('normal', key, shape, normalValues)

/** Numbers from [low, high), equally likely. */
export const uniform = <const S extends Shape>(key: Key, shape: S, low = 0, high = 1): Tensor<S> => {
  wantSpan(low, high)
  return drawn('uniform', key, shape, (words, n) => uniformValues(words, n, low, high))
}

/** Whole numbers from low … high - 1, equally likely. */
export const randint = <const S extends Shape>(key: Key, shape: S, low: number, high: number): Tensor<S> => {
  if (!(high > low)) raise('randint', `there is no whole number from ${low} to below ${high}`)
  wantRange(low, high)
  return drawn('randint', key, shape, (words, n) => randintValues(words, n, low, high))
}

/** The numbers 0 … n-1 in random order. */
export const permutation = (key: Key, n: number): Tensor => drawn('permutation', key, [n], permutationValues)
