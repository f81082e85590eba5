import { tensor } from '../core/create.ts'
import type { Key } from '../core/key.ts'
import { reshape, take } from '../core/primitives.ts'
import { checkWithin } from '../core/rows/leaves.ts'
import { raise, showShape } from '../base/raise.ts'
import { sameShape } from '../core/shape.ts'
import { isTensor, type Tensor } from '../core/tensor.ts'
import { normal } from '../ops/random.ts'
import type { AnySchedule } from './schedule.ts'

/** Raises unless `ts` has one timestep of the schedule for each image. It checks values that the host knows. */
export const checkTimesteps = (op: string, { steps }: AnySchedule, x: Tensor, ts: Tensor): void => {
  if (x.shape.length === 0 || !sameShape(ts.shape, x.shape.slice(0, 1)))
    raise(op, `wants one timestep per image: ${showShape(ts.shape)} for ${showShape(x.shape)}`)
  checkWithin(op, 'the timestep', ts, steps)
}

/** One timestep for all of a number of images, as an input: a constant would make a plan of its own. */
export const timestepFor = (images: number, t: number): Tensor => tensor(new Float32Array(images).fill(t), [images])

/** All axes but that of the images. */
export const imageAxes = (x: Tensor): readonly number[] => x.shape.map((_, axis) => axis).slice(1)

/** One number per image, reshaped to broadcast over the image. */
export const perImage = (numbers: Tensor, x: Tensor): Tensor =>
  reshape(numbers, [x.shape[0]!, ...x.shape.slice(1).map(() => 1)])

/** The coefficient of a table for the timestep of each image, reshaped to broadcast. */
export const coefficient = (table: Tensor, ts: Tensor, x: Tensor): Tensor => perImage(take(table, ts), x)

/** Noise of the shape of `x`: the given one, or drawn from a key. */
export const noiseLike = (op: string, x: Tensor, eta: Tensor | Key): Tensor => {
  if (!isTensor(eta)) return normal(eta, x.shape)
  return sameShape(eta.shape, x.shape)
    ? eta
    : raise(op, `the noise has the shape ${showShape(eta.shape)}, the images ${showShape(x.shape)}`)
}
