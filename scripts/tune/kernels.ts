import * as t from 'tessera'
import { unet } from 'tessera/models'
import type { Costs } from '../../lib/compile/kernel/costs.ts'
import { reductionLoopOf } from '../../lib/compile/kernel/ir.ts'
import type { ReductionLoop, Kernel } from '../../lib/compile/kernel/ir.ts'
import { compile } from '../../lib/compile/index.ts'
import type { Target } from '../../lib/compile/index.ts'
import { argumentRow } from '../../lib/core/primitives.ts'
import { node } from '../../lib/core/tensor.ts'

/** A sum to find tiles for, as the planner would run it. */
export interface Subject {
  readonly name: string
  readonly kernel: Kernel
  readonly fold: ReductionLoop
}

/** A graph to take the sums of. */
export interface Example {
  readonly name: string
  readonly outputs: readonly t.Tensor[]
}

/** Places for inputs of these shapes. */
const inputs = (...shapes: readonly t.Shape[]): readonly t.Tensor[] =>
  shapes.map((shape, position) => node(argumentRow, { shape, position }))

interface Layer {
  readonly from: number
  readonly to: number
  readonly size: number
  readonly window: number
  readonly stride: number
}

/** A convolution of a batch, and the gradients of its input and of its weight, each by itself. */
const convolution = (batch: number, { from, to, size, window, stride }: Layer): readonly Example[] => {
  const across = size / stride
  const [x, w, dy] = inputs([batch, from, size, size], [to, from, window, window], [batch, to, across, across])
  const conv = (input: t.Tensor, weight: t.Tensor): t.Tensor => t.conv2d(weight, { stride, padding: 1 })(input)
  const against = (input: t.Tensor, weight: t.Tensor): t.Scalar => t.sum(t.mul(conv(input, weight), dy!))
  const name = `${window}x${window}${stride > 1 ? `/${stride}` : ''} ${from}-${to} ${size}x${size}, ${batch} images`
  return [
    { name: `conv ${name}`, outputs: [conv(x!, w!)] },
    { name: `dx of ${name}`, outputs: [t.grad((input: t.Tensor) => against(input, w!))(x!)] },
    { name: `dw of ${name}`, outputs: [t.grad((weight: t.Tensor) => against(x!, weight))(w!)] }
  ]
}

const product = (size: number): Example => {
  const [a, b] = inputs([size, size], [size, size])
  return { name: `matmul ${size}x${size}`, outputs: [t.matmul(a!, b!)] }
}

/** The sums behind a mean and a variance of whole pictures. */
const statistics = (batch: number, channels: number, size: number): Example => {
  const [x] = inputs([batch, channels, size, size])
  const over = { axes: [1, 2, 3] }
  return {
    name: `sums of ${channels}x${size}x${size}, ${batch} images`,
    outputs: [t.sum(x!, over), t.sum(t.square(x!), over)]
  }
}

const { size: side } = unet({ steps: 1 }).config

const layers: readonly Layer[] = [
  { from: 10, to: 10, size: side, window: 3, stride: 1 },
  { from: 20, to: 20, size: side / 2, window: 3, stride: 1 },
  { from: 40, to: 40, size: side / 4, window: 3, stride: 1 },
  { from: 10, to: 10, size: side, window: 4, stride: 2 }
]

/** What the U-Net does most, and a matrix product. */
export const examples = (batches: readonly number[]): readonly Example[] => [
  ...batches.flatMap((batch) => layers.flatMap((layer) => convolution(batch, layer))),
  ...batches.map((batch) => statistics(batch, 10, side)),
  product(512)
]

/** The sums of a graph that are kernels with nothing after them, and read no slices: others are no tile's choice. */
export const subjectsOf = (
  { name, outputs }: Example,
  { inputs, targets, textureSize }: Pick<Target, 'inputs' | 'targets' | 'textureSize'>,
  costs: Costs
): readonly Subject[] => {
  const kernels: Kernel[] = []
  const source: Target['source'] = (kernel) => ({ text: String(kernels.push(kernel)), uniforms: [] })
  for (const step of compile(outputs, { inputs, targets, textureSize, costs, source }).steps) step.source()
  const sums = kernels.flatMap((kernel) => {
    const fold = kernel.bodies.length === 1 && !kernel.tiles ? reductionLoopOf(kernel) : undefined
    return fold !== undefined && kernel.bodies[0] === fold.all[0] ? [{ kernel, fold }] : []
  })
  return sums.map((sum, i) => ({ ...sum, name: sums.length > 1 ? `${name}, part ${i + 1}` : name }))
}
