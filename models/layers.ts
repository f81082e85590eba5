import * as t from '../lib/index.ts'
import type { Init, Key, Tensor } from '../lib/index.ts'

// Layers with PyTorch's parameters and starting values. A layer is a record of tensors and a function of them.

/** A linear layer or a convolution. */
export interface Affine {
  readonly weight: Tensor
  readonly bias: Tensor
}

/** Linear, SiLU, linear: at 0 and 2 as in a sequence whose second entry has no parameters. */
export interface Pair {
  readonly 0: Affine
  readonly 2: Affine
}

/** Layer norm, convolution, SiLU, convolution, SiLU. */
export interface Block {
  readonly ln: Affine
  readonly conv1: Affine
  readonly conv2: Affine
}

const affine =
  (weight: readonly number[], outputs: number): Init<Affine> =>
  (key: Key) => {
    // PyTorch counts all axes but the first, for a transposed convolution too
    const fanIn = weight.slice(1).reduce((product, d) => product * d, 1)
    const parts = t.split(key)
    return { weight: t.uniformFan(parts[0]!, weight, fanIn), bias: t.uniformFan(parts[1]!, [outputs], fanIn) }
  }

/** Weight [outputs, inputs], bias [outputs]. */
export const linear = (inputs: number, outputs: number): Init<Affine> => affine([outputs, inputs], outputs)

/** Weight [outputs, inputs, size, size], bias [outputs]. */
export const conv = (inputs: number, outputs: number, size: number): Init<Affine> =>
  affine([outputs, inputs, size, size], outputs)

/** Weight [inputs, outputs, size, size], bias [outputs]. */
export const convTransposed = (inputs: number, outputs: number, size: number): Init<Affine> =>
  affine([inputs, outputs, size, size], outputs)

/** Gain 1 and bias 0 of `shape`. */
export const norm =
  (...shape: readonly number[]): Init<Affine> =>
  () => ({ weight: t.ones(shape), bias: t.zeros(shape) })

/** Two layers with a SiLU between them. */
export const pair = (first: Init<Affine>, second: Init<Affine>): Init<Pair> => t.together({ 0: first, 2: second })

/** `size` is the height and the width of the pictures. */
export const block = (size: number, inputs: number, outputs: number): Init<Block> =>
  t.together({
    ln: norm(inputs, size, size),
    conv1: conv(inputs, outputs, 3),
    conv2: conv(outputs, outputs, 3)
  })

// ---- what they compute ------------------------------------------------------------------------------------------

/** A number per channel [c] or [N, c], shaped to broadcast over pictures. */
export const perChannel = (x: Tensor): Tensor => t.reshape(x, [...x.shape, 1, 1])

export const applyLinear =
  ({ weight, bias }: Affine) =>
  (x: Tensor): Tensor =>
    t.linear(weight, bias)(x)

export const applyConv =
  ({ weight, bias }: Affine, stride: number, padding: number) =>
  (x: Tensor): Tensor =>
    t.add(t.conv2d(weight, { stride, padding })(x), perChannel(bias))

export const applyConvTransposed =
  ({ weight, bias }: Affine, stride: number, padding: number) =>
  (x: Tensor): Tensor =>
    t.add(t.convTranspose2d(weight, { stride, padding })(x), perChannel(bias))

/** `normalize: false` leaves the norm out and its parameters without effect. */
export const applyBlock =
  ({ ln, conv1, conv2 }: Block, { normalize = true } = {}) =>
  (x: Tensor): Tensor => {
    const normed = normalize ? t.layerNorm(ln)(x) : x
    const hidden = t.silu(applyConv(conv1, 1, 1)(normed))
    return t.silu(applyConv(conv2, 1, 1)(hidden))
  }
