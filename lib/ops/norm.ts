import { add, mul, sub } from '../core/primitives.ts'
import { raise, showShape } from '../core/raise.ts'
import { sameShape, type Shape } from '../core/shape.ts'
import { shaped, type Tensor } from '../core/tensor.ts'
import { rsqrt } from './pointwise.ts'
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
export const layerNorm =
  ({ weight, bias }: LayerNorm, eps = 1e-5) =>
  <S extends Shape>(x: Tensor<S>): Tensor<S> => {
    const over = weight.shape.map((_, i) => i - weight.shape.length)
    if (!sameShape(weight.shape, x.shape.slice(-weight.shape.length)) || !sameShape(weight.shape, bias.shape))
      raise('layerNorm', `the weight ${showShape(weight.shape)} is not the end of the input ${showShape(x.shape)}`)
    const centred = sub(x as Tensor, mean(x, { axes: over, keepDims: true }))
    const spread = mean(mul(centred, centred), { axes: over, keepDims: true })
    return shaped<S>(add(mul(mul(centred, rsqrt(add(spread, eps))), weight), bias))
  }
