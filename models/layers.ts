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

/** How the blocks of a network normalise. */
export type NormKind = 'layer' | 'group'

/**
 * The norm of pictures with so many channels. Layer norm, as in the article, has a gain for each pixel of each channel;
 * group norm has one for each channel.
 */
const normOf = (kind: NormKind, channels: number, side: number): Init<AffineParams> =>
  kind === 'layer' ? norm(channels, side, side) : norm(channels)

/** Groups of group norm, at most. */
const mostGroups = 8

/** The largest number of groups that divides the channels. */
const groupsOf = (channels: number): number => {
  const fitting = Array.from({ length: mostGroups }, (_, i) => i + 1).filter((n) => channels % n === 0)
  return fitting.at(-1)!
}

/** Two layers with a SiLU between them. */
export const pair = (first: Init<AffineParams>, second: Init<AffineParams>): Init<Pair> =>
  t.together({ 0: first, 2: second })

/** A block for pictures whose height and width are `side`. */
export const block = (kind: NormKind, side: number, inputs: number, outputs: number): Init<BlockParams> =>
  t.together({
    ln: normOf(kind, inputs, side),
    conv1: conv(inputs, outputs, 3),
    conv2: conv(outputs, outputs, 3)
  })

/** The parameters of self-attention: layer norm, queries, keys and values in one linear layer, and a linear layer. */
export interface AttentionParams {
  /** The layer norm. */
  readonly norm: AffineParams
  /** Queries, keys and values, `[3 C, C]`. */
  readonly qkv: AffineParams
  /** The layer after it, `[C, C]`. */
  readonly out: AffineParams
}

/** A layer of zeros: what it is added to stays as it is until training changes it. */
export const zeroLinear =
  (inputs: number, outputs: number): Init<AffineParams> =>
  () => ({ weight: t.zeros([outputs, inputs]), bias: t.zeros([outputs]) })

/** Self-attention of so many channels, which at first changes nothing. */
export const attention = (channels: number): Init<AttentionParams> =>
  t.together({ norm: norm(channels), qkv: linear(channels, 3 * channels), out: zeroLinear(channels, channels) })

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

/** Group norm if there is a gain for each channel, layer norm if there is one for each pixel. */
const applyNorm =
  (ln: AffineParams) =>
  (x: Tensor): Tensor =>
    ln.weight.shape.length === 1 ? t.groupNorm(x, ln, { groups: groupsOf(x.shape[1]!) }) : t.layerNorm(x, ln)

/** With `normalize: false`, the norm is left out, and its parameters have no effect. */
export const applyBlock =
  ({ ln, conv1, conv2 }: BlockParams, { normalize = true } = {}) =>
  (x: Tensor): Tensor => {
    const normed = normalize ? applyNorm(ln)(x) : x
    const hidden = t.silu(applyConv(conv1, 1, 1)(normed))
    return t.silu(applyConv(conv2, 1, 1)(hidden))
  }

/**
 * Each token of `[N, L, C]` takes from the others what its query finds (Vaswani et al. 2017, eq. 1), in `heads` parts of
 * the channels.
 */
export const applyAttention =
  ({ qkv, out }: Omit<AttentionParams, 'norm'>, heads: number) =>
  (x: Tensor): Tensor => {
    const [n, length, channels] = x.shape as readonly [number, number, number]
    const each = channels / heads
    // [N, L, 3 C] as [3, N, heads, L, C / heads]
    const parted = t.permute(t.reshape(applyLinear(qkv)(x), [n, length, 3, heads, each]), [2, 0, 3, 1, 4])
    const [q, k, v] = [0, 1, 2].map((i) => t.reshape(t.slice(parted, [i]), [n, heads, length, each]))
    const weights = t.softmax(t.mul(t.matmul(q!, t.transpose(k!)), 1 / Math.sqrt(each)))
    const found = t.reshape(t.permute(t.matmul(weights, v!), [0, 2, 1, 3]), x.shape)
    return applyLinear(out)(found)
  }

/** Adds to pictures `[N, C, H, W]` what each pixel takes from the others. */
export const applyPictureAttention =
  (params: AttentionParams) =>
  (x: Tensor): Tensor => {
    const [n, channels, height, width] = x.shape as readonly [number, number, number, number]
    const pixels = t.transpose(t.reshape(x, [n, channels, height * width]))
    const found = applyAttention(params, 1)(t.layerNorm(pixels, params.norm))
    return t.add(x, t.reshape(t.transpose(found), x.shape))
  }
