import { scalar } from '../core/create.ts'
import { options } from '../core/options.ts'
import { add, div, less, maxKeep, maximum, mul, neg, select, sub } from '../core/primitives.ts'
import { raise } from '../base/raise.ts'
import type { Tensor } from '../core/tensor.ts'
import { abs, clip as clipped, minimum, square } from '../ops/pointwise.ts'
import { mean, quantile } from '../ops/reduce.ts'
import { imageAxes } from './coefficient.ts'
import type { Factors, Parts } from './prediction.ts'

/** Dynamic thresholding (Saharia et al. 2022, section 2.3): how far a predicted picture may reach. */
export interface DynamicClip {
  /** The part of a picture's absolute values that stay as they are before it is scaled; 0.995 in the paper. */
  readonly quantile: number
  /** No bound is below this: the range of pictures, 1 by default. */
  readonly least?: number
  /** No bound is above this; none by default. */
  readonly most?: number
}

/**
 * For a network that normalises its input, as the article's does: it can't see how bright a picture is, nor how much
 * contrast it has, so its x0 is known up to brightness and contrast only. They are chosen so that picture and noise are
 * uncorrelated, and that the picture goes from -1, black, to 1.
 */
export interface LevelClip {
  /** The part of a picture's pixels that are black; 0.25 is right for digits on a black ground. */
  readonly dark: number
}

/** How predicted pictures are kept within their range: ± a number, or a way that looks at each picture. */
export type SampleClip = number | DynamicClip | LevelClip

/** The options of dynamic clipping, checked. */
const dynamicClip = (given: DynamicClip): Required<DynamicClip> => {
  const { quantile: q, least = 1, most = Infinity } = options('sample: clip', given, { quantile: true, least: true, most: true }) // prettier-ignore
  if (!(q > 0 && q <= 1)) raise('sample', `clip.quantile is above 0 and at most 1, not ${q}`)
  if (!(least > 0 && least <= most)) raise('sample', `wants 0 < clip.least ≤ clip.most, not ${least} and ${most}`)
  return { quantile: q, least, most }
}

const checkLevel = (given: LevelClip): void => {
  const { dark } = options('sample: clip', given, { dark: true })
  if (!(dark >= 0 && dark < 1)) raise('sample', `clip.dark is at least 0 and below 1, not ${dark}`)
}

/** Raises if the options of a way to clip are wrong. */
export const checkClip = (clip: SampleClip): void => {
  if (typeof clip === 'number') {
    if (!(clip > 0)) raise('sample', `clip is a positive number, not ${clip}`)
  } else if ('dark' in clip) checkLevel(clip)
  else dynamicClip(clip)
}

/** All axes of a picture, which stay with size 1. */
const ofEach = (x: Tensor) => ({ axes: imageAxes(x), keepDims: true })

/** Each picture clipped to ± its own bound s, and scaled by least / s. */
const dynamicallyClipped = (x0: Tensor, given: DynamicClip): Tensor => {
  const { quantile: q, least, most } = dynamicClip(given)
  const bound = maximum(minimum(quantile(abs(x0), q, ofEach(x0)), most), least)
  return mul(minimum(maximum(x0, neg(bound)), bound), div(least, bound))
}

/** a / b, or another number where b is not positive. */
const ratio = (a: Tensor, b: Tensor, otherwise: number): Tensor => {
  const positive = less(0, b)
  // where it is not chosen it must be a number, too
  return select(positive, div(a, select(positive, b, 1)), otherwise)
}

const centred = (x: Tensor): Tensor => sub(x, mean(x, ofEach(x)))

/**
 * What x0 is when x is scaled so that the noise in it has the size of `eps`: then eps and x0 are uncorrelated. Where they
 * can't be made so, x stays as it is.
 */
const uncorrelated = ({ x0, eps }: Parts, x: Tensor, { signal, noise }: Factors): Tensor => {
  const [seen, known] = [centred(x), centred(eps)]
  const scale = ratio(mul(noise, mean(square(known), ofEach(x))), mean(mul(seen, known), ofEach(x)), 1)
  return add(centred(x0), mul(mul(sub(scale, 1), ratio(scalar(1), signal, 0)), seen))
}

/** The guess of a picture in much noise is blurred, and must not be black and white: contrast counts as the signal does. */
const levelled = (parts: Parts, x: Tensor, at: Factors, { dark }: LevelClip): Tensor => {
  const free = uncorrelated(parts, x, at)
  const low = quantile(free, dark, ofEach(x))
  const stretch = ratio(scalar(2), sub(maxKeep(free, imageAxes(x)), low), 1)
  const contrast = add(1, mul(square(at.signal), sub(stretch, 1)))
  return clipped(sub(mul(sub(free, low), contrast), 1), -1, 1)
}

/** The pictures that a model sees in noisy ones x, kept within their range. */
export const clippedPictures = (free: Parts, x: Tensor, at: Factors, clip: SampleClip): Tensor => {
  if (typeof clip === 'number') return clipped(free.x0, -clip, clip)
  return 'dark' in clip ? levelled(free, x, at, clip) : dynamicallyClipped(free.x0, clip)
}
