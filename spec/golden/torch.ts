import * as E from 'fp-ts/Either'
import * as t from '../../lib/index.ts'
import type { Tensor } from '../../lib/index.ts'
import { fromNamed, type Loaded, type NamedTensor } from '../../models/index.ts'
import { goldenFile } from './files.ts'
import type { Batch, NamedNumbers } from './parity.ts'

// PyTorch's model, its batch, and what it computed of them.

const tensorOf = ({ data, shape }: NamedTensor): Tensor => t.tensor(data, shape)
const numbersOf = (name: string): NamedNumbers =>
  Object.fromEntries(Object.entries(goldenFile(name)).map(([key, { data }]) => [key, data]))

export const torch = () => {
  const values = goldenFile('values')
  const at = (name: string): NamedTensor => values[name]!
  return {
    values: at,
    batch: { x0: tensorOf(at('x0')), ts: tensorOf(at('t')), eta: tensorOf(at('eta')) } satisfies Batch,
    noisy: tensorOf(at('noisy')),
    grads: numbersOf('grads'),
    after: numbersOf('after-3-adam-steps')
  }
}

/** The model and parameters that everything started from. */
export const torchModel = (): Loaded => {
  const loaded = fromNamed(goldenFile('unet'))
  if (E.isLeft(loaded)) throw new Error(loaded.left.message)
  return loaded.right
}

/** The sampling run of twenty steps, for some of its four pictures. */
export const torchRun = (values: (name: string) => NamedTensor, from = 0, to = 4) => {
  const some = (x: Tensor): Tensor => t.slice(x, [[from, to]])
  const z = t.reference.compute(tensorOf(values('sample.z')))
  return {
    steps: t.linearSchedule({ steps: 20 }),
    start: some(tensorOf(values('eta'))),
    noiseAt: (at: number): Tensor => some(t.reshape(t.slice(z, [[at, at + 1]]), [4, 1, 28, 28])),
    expected: (variance: string): Float32Array => values(`sample.${variance}`).data.subarray(from * 784, to * 784)
  }
}
