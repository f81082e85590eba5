import { magnitudeOf, type Affine } from '../../core/affine.ts'
import { raise } from '../../base/raise.ts'

/** A quotient by a reciprocal is exact in float32 for numbers up to 2^22; half of that, for drivers that round twice. */
const mostDivided = 2 ** 21
/** Float32 has every whole number up to this. */
const mostCounted = 2 ** 24

/** Whether floats tell the quotients of an index by a number exactly. */
export const dividesInFloats = (a: Affine): boolean => magnitudeOf(a) <= mostDivided

/** Whether an index is exact in floats. */
export const fitsFloats = (a: Affine): boolean => magnitudeOf(a) <= mostCounted

/** Raises where an index may be larger than the integers that a device has. */
export const checkCounted = (a: Affine, most: number): void => {
  const needed = magnitudeOf(a)
  if (needed > most)
    raise('device', `it tells elements apart up to number ${most}, here is number ${needed}: compute a part at a time`)
}
