import * as tf from '@tensorflow/tfjs'
import { checkedSteps } from '../checked.ts'
import { slice, timed } from '../prepared.ts'
import type { Contender, Inputs, Prepared } from '../prepared.ts'
import type { Kind, Place } from '../protocol.ts'
import { layerNorm, predict, silu } from './tensorflow-unet.ts'
import type { Tensors } from './tensorflow-unet.ts'

/** From channels first to channels last, by the number of axes: norms, then pictures. */
const pictureLast = [0, 2, 3, 1]
const pictureFirst = [0, 3, 1, 2]
const kernelLast = [2, 3, 1, 0]
const kernelFirst = [3, 2, 0, 1]
const normLast = [1, 2, 0]
const normFirst = [2, 0, 1]

/** Kernels have four axes too: they are told by their names. */
const axesOf = (name: string, { shape }: Place): readonly number[] | undefined => {
  if (shape.length === 3) return normLast
  if (shape.length < 4) return undefined
  return name === 'w' || name.endsWith('.weight') ? kernelLast : pictureLast
}

const tensorOf = (inputs: Inputs, name: string, place: Place): tf.Tensor => {
  const axes = axesOf(name, place)
  const x = tf.tensor(slice(inputs, place), place.shape)
  return axes === undefined ? x : tf.transpose(x, axes)
}

/** The tensors of a file as TensorFlow.js likes them. */
const tensorsIn = (inputs: Inputs, places: Readonly<Record<string, Place>>): Tensors =>
  Object.fromEntries(
    Object.entries(places).map(([name, place]) => [name, tf.keep(tf.tidy(() => tensorOf(inputs, name, place)))])
  )

const disposeAll = (tensors: Tensors): void => Object.values(tensors).forEach((x) => x.dispose())

interface WithContext {
  readonly gpgpu?: { readonly gl: { flush(): void } }
}

/** Without it the driver forgets a result that the next one covers. */
const flush = (): void => (tf.backend() as WithContext).gpgpu?.gl.flush()

/** Waits for a tensor by reading a single number of it. */
const wait = async (x: tf.Tensor): Promise<void> => {
  const ends = x.shape.map(() => 1)
  const first = tf.tidy(() =>
    tf.slice(
      x,
      ends.map(() => 0),
      ends
    )
  )
  await first.data()
  first.dispose()
}

/** A function of tensors; its result is as the others have it after `axes` are turned round. */
const operation = (f: () => tf.Tensor, axes: readonly number[] | undefined, dispose: () => void): Prepared => ({
  result: async () => {
    const y = tf.tidy(() => (axes === undefined ? f() : tf.transpose(f(), axes)))
    const data = await y.data()
    y.dispose()
    return data
  },
  time: (runs) =>
    timed(async () => {
      let last = tf.tidy(f)
      flush()
      for (let i = 1; i < runs; i++) {
        const next = tf.tidy(f)
        flush()
        last.dispose()
        last = next
      }
      await wait(last)
      last.dispose()
    }),
  dispose
})

/** x_t = signal · x_0 + noise · eta */
const noisy = ({ x0, eta, signal, noise }: Tensors, ts: tf.Tensor): tf.Tensor => {
  const at = (table: tf.Tensor): tf.Tensor => tf.reshape(tf.gather(table, ts), [-1, 1, 1, 1])
  return tf.add(tf.mul(at(signal!), x0!), tf.mul(at(noise!), eta!))
}

/** The running mean of a parameter's gradients, as the others have it. */
const momentOf = async (adam: tf.Optimizer, { name }: tf.Variable): Promise<Float32Array> => {
  const found = adam.accumulatedFirstMoment.find(({ originalName }) => originalName === `${name}/m`)
  if (found === undefined) throw new Error(`Adam knows nothing of ${name}`)
  const { variable: x } = found
  const axes: Readonly<Record<number, readonly number[]>> = { 3: normFirst, 4: kernelFirst }
  const turned = tf.tidy(() => tf.transpose(x, axes[x.shape.length] ?? x.shape.map((_, i) => i)))
  const data = await turned.data()
  turned.dispose()
  return data
}

const training = (inputs: Inputs): Prepared => {
  const given = tensorsIn(inputs, inputs.task.tensors)
  const { 'time_embed.weight': table, ...initial } = tensorsIn(inputs, inputs.task.params)
  const variables = Object.fromEntries(Object.entries(initial).map(([name, x]) => [name, tf.variable(x)]))
  const params = { ...variables, 'time_embed.weight': table! }
  const ts = tf.keep(tf.cast(given.ts!, 'int32'))
  const adam = tf.train.adam(1e-3, 0.9, 0.999, 1e-8)
  const loss = (): tf.Tensor => tf.mean(tf.square(tf.sub(predict(params, noisy(given, ts), ts), given.eta!)))
  const step = async (): Promise<number> => {
    const cost = adam.minimize(loss, true, Object.values(variables))!
    const [value] = await cost.data()
    cost.dispose()
    return value!
  }
  const steps = async (count: number): Promise<readonly number[]> => {
    const losses: number[] = []
    for (let i = 0; i < count; i++) losses.push(await step())
    return losses
  }
  return {
    result: async () => {
      const losses = await steps(checkedSteps)
      const read = await Promise.all(inputs.task.moments.map((name) => momentOf(adam, variables[name]!)))
      return Float32Array.from([...losses, ...read.flatMap((numbers) => [...numbers])])
    },
    time: (runs) =>
      timed(async () => {
        await steps(runs)
      }),
    dispose: () => {
      adam.dispose()
      ;[given, initial, params, { ts }].forEach(disposeAll)
    }
  }
}

/** The weight's gradient alone: by `tf.grad` the convolution itself would be computed too. */
const weightGradient = ({ x, dy }: Tensors): tf.Tensor => {
  const channels = x!.shape[3] ?? 0
  const attributes = { strides: [1, 1], pad: 1, dataFormat: 'NHWC', filterShape: [3, 3, channels, channels] }
  return tf.engine().runKernel('Conv2DBackpropFilter', { x: x!, dy: dy! }, attributes)
}

type Operation = readonly [f: (tensors: Tensors) => tf.Tensor, axes?: readonly number[]]

const operations: Readonly<Record<Exclude<Kind, 'forward' | 'train-step'>, Operation>> = {
  conv: [({ x, w }) => tf.conv2d(x!, w!, 1, 1), pictureFirst],
  'conv-dw': [weightGradient, kernelFirst],
  matmul: [({ a, b }) => tf.matMul(a!, b!)],
  layernorm: [({ x, weight, bias }) => layerNorm(x!, weight!, bias!), pictureFirst],
  silu: [({ x }) => silu(x!), pictureFirst]
}

const prepared = (inputs: Inputs): Prepared => {
  const { kind, tensors, params } = inputs.task
  if (kind === 'train-step') return training(inputs)
  const given = { ...tensorsIn(inputs, tensors), ...tensorsIn(inputs, params) }
  const dispose = (): void => disposeAll(given)
  if (kind === 'forward') {
    const ts = tf.keep(tf.cast(given.ts!, 'int32'))
    return operation(() => predict(given, given.x!, ts), pictureFirst, dispose)
  }
  const [f, axes] = operations[kind]
  return operation(() => f(given), axes, dispose)
}

/** TensorFlow.js on one of its backends. */
export const tensorflow = async (backend: string): Promise<Contender> => {
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no ${backend} here`)
  await tf.ready()
  return { facts: { version: tf.version.tfjs }, prepare: (inputs) => Promise.resolve(prepared(inputs)) }
}
