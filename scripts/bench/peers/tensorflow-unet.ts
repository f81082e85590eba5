import * as tf from '@tensorflow/tfjs'

// The network of models/unet.ts in TensorFlow.js, channels last as it likes them best.

export type Tensors = Readonly<Record<string, tf.Tensor>>

export const silu = (x: tf.Tensor): tf.Tensor => tf.mul(x, tf.sigmoid(x))

export const layerNorm = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor => {
  const { mean, variance } = tf.moments(x, [1, 2, 3], true)
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), weight), bias)
}

/** Layers by the names of their parameters. */
const layersOf = (p: Tensors) => {
  const of = (name: string): tf.Tensor => {
    const found = p[name]
    if (found === undefined) throw new Error(`the model has no ${name}`)
    return found
  }
  const conv = (name: string, x: tf.Tensor, strides: number, pad: number): tf.Tensor =>
    tf.fused.conv2d({ x, filter: of(`${name}.weight`), strides, pad, bias: of(`${name}.bias`) })
  const transposed = (name: string, x: tf.Tensor, strides: number, pad: number): tf.Tensor => {
    const filter = of(`${name}.weight`)
    const [n = 0, h = 0, w = 0] = x.shape
    const [kernel = 0, , channels = 0] = filter.shape
    const size = (d: number): number => (d - 1) * strides - 2 * pad + kernel
    const y = tf.conv2dTranspose(x, filter, [n, size(h), size(w), channels], strides, pad)
    return tf.add(y, of(`${name}.bias`))
  }
  const linear = (name: string, x: tf.Tensor): tf.Tensor =>
    tf.add(tf.matMul(x, of(`${name}.weight`), false, true), of(`${name}.bias`))
  const norm = (name: string, x: tf.Tensor): tf.Tensor => layerNorm(x, of(`${name}.weight`), of(`${name}.bias`))
  return { of, conv, transposed, linear, norm }
}

const stagesOf = ({ conv, norm }: ReturnType<typeof layersOf>) => {
  const block = (name: string, x: tf.Tensor, normalize = true): tf.Tensor => {
    const hidden = silu(conv(`${name}.conv1`, normalize ? norm(`${name}.ln`, x) : x, 1, 1))
    return silu(conv(`${name}.conv2`, hidden, 1, 1))
  }
  return (name: string, x: tf.Tensor, normalize = true): tf.Tensor =>
    block(`${name}.2`, block(`${name}.1`, block(`${name}.0`, x)), normalize)
}

const beside = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.concat([a, b], 3)

/** The noise in pictures [N, 28, 28, 1] at timesteps [N]. */
export const predict = (p: Tensors, x: tf.Tensor, ts: tf.Tensor): tf.Tensor => {
  const layers = layersOf(p)
  const { of, conv, transposed, linear } = layers
  const stage = stagesOf(layers)
  const embedded = tf.gather(of('time_embed.weight'), ts)
  const timed = (name: string, y: tf.Tensor): tf.Tensor => {
    const shift = linear(`${name}.2`, silu(linear(`${name}.0`, embedded)))
    return tf.add(y, tf.reshape(shift, [shift.shape[0] ?? 0, 1, 1, shift.shape[1] ?? 0]))
  }
  const out1 = stage('b1', timed('te1', x))
  const out2 = stage('b2', timed('te2', conv('down1', out1, 2, 1)))
  const out3 = stage('b3', timed('te3', conv('down2', out2, 2, 1)))
  const down = conv('down3.2', silu(conv('down3.0', out3, 1, 0)), 2, 1)
  const middle = stage('b_mid', timed('te_mid', down))
  const up = transposed('up1.2', silu(transposed('up1.0', middle, 2, 1)), 1, 0)
  const out4 = stage('b4', timed('te4', beside(out3, up)))
  const out5 = stage('b5', timed('te5', beside(out2, transposed('up2', out4, 2, 1))))
  const out = stage('b_out', timed('te_out', beside(out1, transposed('up3', out5, 2, 1))), false)
  return conv('conv_out', out, 1, 1)
}
