import * as t from '../lib/index.ts'
import type { Init, Key, Tensor } from '../lib/index.ts'

// Layers with PyTorch's parameters and starting values. A layer is a record of tensors and a function of them.

/** A linear layer or a convolution. */
export interface AffineParams {
  readonly weight: Tensor
  readonly bias: Tensor
}

/** Linear, SiLU, linear: at 0 and 2 as in a sequence whose second entry has no parameters. */
export interface Pair {
  readonly 0: AffineParams
  readonly 2: AffineParams
}

/** Layer norm, convolution, SiLU, convolution, SiLU. */
export interface BlockParams {
  readonly ln: AffineParams
  readonly conv1: AffineParams
  readonly conv2: AffineParams
}

const affine =
  (weight: readonly number[], outputs: number): Init<AffineParams> =>
  (key: Key) => {
    // PyTorch counts all axes but the first, for a transposed convolution too
    const fanIn = weight.slice(1).reduce((product, d) => product * d, 1)
    const parts = t.split(key)
    return { weight: t.uniformFan(parts[0]!, weight, { fanIn }), bias: t.uniformFan(parts[1]!, [outputs], { fanIn }) }
  }

/** Weight [outputs, inputs], bias [outputs]. */
export const linear = (inputs: number, outputs: number): Init<AffineParams> => affine([outputs, inputs], outputs)

/** Weight [outputs, inputs, size, size], bias [outputs]. */
export const conv = (inputs: number, outputs: number, size: number): Init<AffineParams> =>
  affine([outputs, inputs, size, size], outputs)

/** Weight [inputs, outputs, size, size], bias [outputs]. */
export const convTransposed = (inputs: number, outputs: number, size: number): Init<AffineParams> =>
  affine([inputs, outputs, size, size], outputs)

/** Gain 1 and bias 0 of `shape`. */
export const norm =
  (...shape: readonly number[]): Init<AffineParams> =>
  () => ({ weight: t.ones(shape), bias: t.zeros(shape) })

/** Two layers with a SiLU between them. */
export const pair = (first: Init<AffineParams>, second: Init<AffineParams>): Init<Pair> =>
  t.together({ 0: first, 2: second })

/** `size` is the height and the width of the pictures. */
export const block = (size: number, inputs: number, outputs: number): Init<BlockParams> =>
  t.together({
    ln: norm(inputs, size, size),
    conv1: conv(inputs, outputs, 3),
    conv2: conv(outputs, outputs, 3)
  })

// ---- what they compute ------------------------------------------------------------------------------------------

/** A number per channel [c] or [N, c], shaped to broadcast over pictures. */
export const perChannel = (x: Tensor): Tensor => t.reshape(x, [...x.shape, 1, 1])

export const applyLinear =
  ({ weight, bias }: AffineParams) =>
  (x: Tensor): Tensor =>
    t.linear(x, { weight, bias })

export const applyConv =
  ({ weight, bias }: AffineParams, stride: number, padding: number) =>
  (x: Tensor): Tensor =>
    t.add(t.conv2d(x, weight, { stride, padding }), perChannel(bias))

export const applyConvTransposed =
  ({ weight, bias }: AffineParams, stride: number, padding: number) =>
  (x: Tensor): Tensor =>
    t.add(t.convTranspose2d(x, weight, { stride, padding }), perChannel(bias))

/** `normalize: false` leaves the norm out and its parameters without effect. */
export const applyBlock =
  ({ ln, conv1, conv2 }: BlockParams, { normalize = true } = {}) =>
  (x: Tensor): Tensor => {
    const normed = normalize ? t.layerNorm(x, ln) : x
    const hidden = t.silu(applyConv(conv1, 1, 1)(normed))
    return t.silu(applyConv(conv2, 1, 1)(hidden))
  }
