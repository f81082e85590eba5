import { magnitudeOf, type Affine } from '../../core/affine.ts'
import { raise } from '../../base/raise.ts'

/**
 * Division by multiplying with a reciprocal is exact in float32 up to 2^22; half of that, as some drivers round
 * twice.
 */
const mostDivided = 2 ** 21
/** Float32 represents every whole number up to this one. */
const largestInteger = 2 ** 24

/** Whether quotients of an index are exact in floats. */
export const dividesInFloats = (a: Affine): boolean => magnitudeOf(a) <= mostDivided

/** Whether an index is exact in floats. */
export const fitsFloats = (a: Affine): boolean => magnitudeOf(a) <= largestInteger

/** Raises if an index may exceed `most`, the largest integer of a device. */
export const checkCounted = (a: Affine, most: number): void => {
  const needed = magnitudeOf(a)
  if (needed > most)
    raise('device', `it tells elements apart up to number ${most}, here is number ${needed}: compute a part at a time`)
}
