import { defaultDevice, init, jit, lax, nn, numpy as np, vjp } from '@jax-js/jax'
import type { Array as Tensor } from '@jax-js/jax'
import { slice, timed } from '../prepared.ts'
import type { Contender, Inputs, Prepared } from '../prepared.ts'
import type { Kind } from '../protocol.ts'

type Operation = (...xs: readonly Tensor[]) => Tensor
type Operations = Readonly<Record<Exclude<Kind, 'forward' | 'train-step'>, Operation>>

const convolve = (x: Tensor, w: Tensor): Tensor =>
  lax.convGeneralDilated(
    x,
    w,
    [1, 1],
    [
      [1, 1],
      [1, 1]
    ]
  )

/** The convolution's own result is used by nobody, so that compiling drops it. */
const weightGradient = (x: Tensor, dy: Tensor): Tensor => {
  const channels = dy.shape[1] ?? 0
  const [y, pullback] = vjp((w) => convolve(x, w), [np.zeros([channels, channels, 3, 3])])
  y.dispose()
  const [dw] = pullback(dy)
  pullback.dispose()
  return dw
}

const over = [1, 2, 3]

const layerNorm = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => {
  const centred = x.sub(np.mean(x.ref, over, { keepdims: true }))
  const variance = np.mean(np.square(centred.ref), over, { keepdims: true })
  return centred
    .div(np.sqrt(variance.add(1e-5)))
    .mul(weight)
    .add(bias)
}

/** Of the inputs in the order in which a task lists them. */
const operations: Operations = {
  conv: (x, w) => convolve(x, w),
  'conv-dw': (x, dy) => weightGradient(x, dy),
  matmul: (a, b) => np.matmul(a, b),
  layernorm: (x, weight, bias) => layerNorm(x, weight, bias),
  silu: (x) => nn.silu(x)
}

/** The first number of a tensor, which this uses up. */
const first = (x: Tensor): Tensor => x.slice(...x.shape.map(() => [0, 1] as const))

const operation = (inputs: Inputs, f: Operation): Prepared => {
  const given = Object.values(inputs.task.tensors).map((place) =>
    np.array(Float32Array.from(slice(inputs, place)), { shape: place.shape })
  )
  const compiled = jit(f)
  const run = (): Tensor => compiled(...given.map((x) => x.ref))
  return {
    result: () => run().data(),
    time: (runs) =>
      timed(async () => {
        // it computes a result only where something comes of it
        let sum = first(run())
        for (let i = 1; i < runs; i++) sum = sum.add(first(run()))
        await sum.data()
      }),
    dispose: () => {
      compiled.dispose()
      given.forEach((x) => x.dispose())
    }
  }
}

/** jax-js on one of its backends. */
export const jax = async (backend: string): Promise<Contender> => {
  if (!(await init(backend)).includes(backend)) throw new Error(`jax-js has no ${backend} here`)
  defaultDevice(backend)
  return {
    facts: {},
    prepare: (inputs) => {
      const { kind } = inputs.task
      if (kind === 'forward' || kind === 'train-step') throw new Error('the U-Net is not written for jax-js')
      return Promise.resolve(operation(inputs, operations[kind]))
    }
  }
}
