import { add, mul, stopGradient, sub } from '../core/primitives.ts'
import { raise, showShape } from '../core/raise.ts'
import { sameShape, type Shape } from '../core/shape.ts'
import { isTensor, shaped, type Tensor } from '../core/tensor.ts'
import { rsqrt, square } from './pointwise.ts'
import { mean } from './reduce.ts'

export interface LayerNorm {
  readonly weight: Tensor
  readonly bias: Tensor
}

/**
 * Layer normalisation over the trailing axes that `weight` has:
 * (x - mean) / √(variance + eps) · weight + bias.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const y = t.layerNorm({ weight: t.ones([2]), bias: t.zeros([2]) }, 0)(t.tensor([[1, 3]]))
 * assert.deepStrictEqual(await t.reference.read(y), Float64Array.of(-1, 1))
 * ```
 */
export const layerNorm = (given: LayerNorm, eps = 1e-5): (<S extends Shape>(x: Tensor<S>) => Tensor<S>) => {
  const { weight, bias } = given
  if (!isTensor(weight) || !isTensor(bias) || 'eps' in given)
    raise('layerNorm', 'wants a record with the tensors weight and bias, and eps, if any, as a second argument')
  if (!(eps >= 0)) raise('layerNorm', `eps is not negative: ${eps}`)
  return <S extends Shape>(x: Tensor<S>): Tensor<S> => {
    if (!sameShape(weight.shape, x.shape.slice(-weight.shape.length)) || !sameShape(weight.shape, bias.shape))
      raise('layerNorm', `the weight ${showShape(weight.shape)} is not the end of the input ${showShape(x.shape)}`)
    const lead = x.shape.length - weight.shape.length
    const over = { axes: weight.shape.map((_, i) => lead + i), keepDims: true }
    // distances from the mean keep the digits that the squares of numbers far from 0 lose; what rounding left in that
    // mean is taken off as their own mean, and the result is the same function of x whatever they are counted from
    const off = sub(x as Tensor, stopGradient(mean(x as Tensor, over)))
    const centre = mean(off, over)
    const variance = sub(mean(square(off), over), square(centre))
    return shaped<S>(add(mul(mul(sub(off, centre), rsqrt(add(variance, eps))), weight), bias))
  }
}
