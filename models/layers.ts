import * as t from '../lib/index.ts'
import type { Init, Key, Tensor } from '../lib/index.ts'

// Layers with PyTorch's parameters and initial values. A layer is a record of tensors, and a function of it.

/** The parameters of a linear layer, a convolution or a layer norm. */
export interface AffineParams {
  /** The factors. */
  readonly weight: Tensor
  /** The offsets. */
  readonly bias: Tensor
}

/**
 * The parameters of two layers with a SiLU between them. The names are those of a PyTorch sequence, where 1 is the
 * SiLU.
 */
export interface Pair {
  /** The first layer. */
  readonly 0: AffineParams
  /** The second layer. */
  readonly 2: AffineParams
}

/** The parameters of a block: layer norm, convolution, SiLU, convolution, SiLU. */
export interface BlockParams {
  /** The layer norm. */
  readonly ln: AffineParams
  /** The first convolution. */
  readonly conv1: AffineParams
  /** The second convolution. */
  readonly conv2: AffineParams
}

const affine =
  (weight: readonly number[], outputs: number): Init<AffineParams> =>
  (key: Key) => {
    // PyTorch multiplies all axes but the first, also for a transposed convolution
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

/** `size` is the height and the width of the images. */
export const block = (size: number, inputs: number, outputs: number): Init<BlockParams> =>
  t.together({
    ln: norm(inputs, size, size),
    conv1: conv(inputs, outputs, 3),
    conv2: conv(outputs, outputs, 3)
  })

// ---- what they compute ------------------------------------------------------------------------------------------

/** Numbers per channel, `[c]` or `[N, c]`, reshaped to broadcast over images. */
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

/** With `normalize: false`, the norm is left out, and its parameters have no effect. */
export const applyBlock =
  ({ ln, conv1, conv2 }: BlockParams, { normalize = true } = {}) =>
  (x: Tensor): Tensor => {
    const normed = normalize ? t.layerNorm(x, ln) : x
    const hidden = t.silu(applyConv(conv1, 1, 1)(normed))
    return t.silu(applyConv(conv2, 1, 1)(hidden))
  }
