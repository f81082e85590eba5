import { mul } from '../../core/primitives.ts'
import type { Tensor } from '../../core/tensor.ts'
import { mean } from '../../ops/reduce.ts'
import { imageAxes } from '../coefficient.ts'

/**
 * What the numbers of data are. `bytes` are the 256 values from -1 to 1 that images have: their likelihood is a
 * probability. `real` are any numbers: their likelihood is a density.
 */
export type DataValues = 'bytes' | 'real'

/** The kinds of data. */
export const dataValues: readonly DataValues[] = ['bytes', 'real']

/** Nats in bits. */
export const toBits = 1 / Math.LN2

/** The mean of the numbers of each image, `[N]`. */
export const meanOfEach = (x: Tensor): Tensor => mean(x, { axes: imageAxes(x) })

/** Minus the mean of the logarithms of each image, in bits: bits per dimension of independent numbers. */
export const bitsOf = (logs: Tensor): Tensor => mul(meanOfEach(logs), -toBits)
