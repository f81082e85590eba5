/** Kinds of work that is timed. */
export type Kind = 'conv' | 'conv-dw' | 'matmul' | 'layernorm' | 'silu' | 'forward' | 'train-step'

export type Unit = 'ms' | 's' | 'GFLOP/s' | 'Gfetch/s' | 'MB' | 'programs'

type Shapes = Readonly<Record<string, readonly number[]>>

/** Something that contenders do again and again: a function of some tensors. */
export interface Task {
  readonly name: string
  readonly kind: Kind
  /** Shapes of the inputs; those of the U-Net's parameters come besides. */
  readonly shapes: Shapes
  readonly unit: Unit
  /** Operations of one run, two for a multiply-add. */
  readonly flops?: number
  /** Fetches of four numbers that no way to compute it can do without. */
  readonly fetches?: number
}

/** Images of the batch that the convolutions, the norm and the activation see, as in the article's training. */
export const batch = 128

/** Pixels along a side of the images, as in MNIST, and of the U-Net's features after one and two halvings. */
const side = 28
const [half, quarter] = [side / 2, side / 4]

/** Timesteps of the article's schedule. */
export const timesteps = 1000

// ---- operations of the U-Net ------------------------------------------------------------------------------------

/** Places at which each convolution puts its kernel, by the beginning of its name; a linear layer has one. */
const places: readonly (readonly [prefix: string, places: number])[] = [
  ['te', 1],
  ['b1.', side ** 2],
  ['down1.', half ** 2],
  ['b2.', half ** 2],
  ['down2.', quarter ** 2],
  ['b3.', quarter ** 2],
  ['down3.0.', 6 * 6],
  ['down3.2.', 3 * 3],
  ['b_mid.', 3 * 3],
  ['up1.0.', 3 * 3],
  ['up1.2.', 6 * 6],
  ['b4.', quarter ** 2],
  ['up2.', quarter ** 2],
  ['b5.', half ** 2],
  ['up3.', half ** 2],
  ['b_out.', side ** 2],
  ['conv_out.', side ** 2]
]

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, d) => size * d, 1)

/** Multiply-adds of the U-Net's convolutions and linear layers for one image, times two. */
export const unetFlops = (params: Readonly<Record<string, { readonly shape: readonly number[] }>>): number =>
  Object.entries(params)
    .filter(([name, { shape }]) => name.endsWith('.weight') && !name.includes('.ln.') && shape.length > 1)
    .map(([name, { shape }]) => 2 * sizeOf(shape) * (places.find(([prefix]) => name.startsWith(prefix))?.[1] ?? 0))
    .reduce((sum, flops) => sum + flops, 0)

/** What `unetFlops` gives for models/unet.ts; a spec holds them together. */
export const flopsPerImage = 49_863_042

// ---- the tasks --------------------------------------------------------------------------------------------------

/** 3x3 convolutions, padded by one, of as many channels out as in. */
const convolution = (name: string, kind: 'conv' | 'conv-dw', channels: number, width: number): Task => {
  const [picture, kernel] = [
    [batch, channels, width, width],
    [channels, channels, 3, 3]
  ]
  const other = kind === 'conv' ? { w: kernel } : { dy: picture }
  return { name, kind, shapes: { x: picture, ...other }, unit: 'GFLOP/s', flops: 2 * 9 * channels * sizeOf(picture) }
}

const product = (n: number): Task => ({
  name: `matmul-${n}`,
  kind: 'matmul',
  shapes: { a: [n, n], b: [n, n] },
  unit: 'GFLOP/s',
  flops: 2 * n ** 3
})

const picture = [batch, 10, side, side]
const texels = sizeOf(picture) / 4

const predictions = (images: number): Task => ({
  name: `forward-${images}`,
  kind: 'forward',
  shapes: { x: [images, 1, side, side], ts: [images] },
  unit: 'ms',
  flops: images * flopsPerImage
})

const trainingStep = (images: number): Task => ({
  name: `train-step-${images}`,
  kind: 'train-step',
  shapes: { x0: [images, 1, side, side], ts: [images], eta: [images, 1, side, side] },
  unit: 'ms',
  // each layer once forward, and once each for the gradients of its input and of its weight
  flops: 3 * images * flopsPerImage
})

/**
 * The training step on fewer images, for who can't do more: Mesa's driver for CPUs ends the loops of a shader after 65,535
 * turns, and the gradient of a kernel at every pixel may be such a loop over places and images.
 */
export const smallStep = trainingStep(32)
/** As many small steps are like one of the whole batch. */
export const smallSteps = batch / 32

export const tasks: readonly Task[] = [
  trainingStep(batch),
  predictions(16),
  predictions(100),
  convolution('conv-10', 'conv', 10, side),
  convolution('conv-20', 'conv', 20, half),
  convolution('conv-40', 'conv', 40, quarter),
  convolution('conv-10-dw', 'conv-dw', 10, side),
  convolution('conv-20-dw', 'conv-dw', 20, half),
  convolution('conv-40-dw', 'conv-dw', 40, quarter),
  product(512),
  product(1024),
  {
    name: 'layernorm',
    kind: 'layernorm',
    shapes: { x: picture, weight: picture.slice(1), bias: picture.slice(1) },
    unit: 'ms',
    // once for the mean and the variance, and once for the result
    fetches: 2 * texels
  },
  { name: 'silu', kind: 'silu', shapes: { x: picture }, unit: 'ms', fetches: texels }
]

/** What is measured otherwise: at the start of a process, and of the device itself. */
export const others = [
  'first-step-cold',
  'first-step-warm',
  'programs',
  'textures-peak',
  'probe-madd',
  'probe-fetch'
] as const

export const names: readonly string[] = [...tasks.map(({ name }) => name), ...others]

/** The tasks that show what fewer render targets cost. */
export const targetTasks: readonly string[] = ['train-step-128', 'forward-16', 'conv-10']
