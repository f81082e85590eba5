// One of the processes of `npm run bench`: tessera itself. Its argument is the number of render targets to make do with.
import * as E from 'fp-ts/Either'
import * as t from 'tessera'
import { fromNamed } from 'tessera/models'
import type { Loaded } from 'tessera/models'
import { checkedSteps } from './checked.ts'
import { noiseKey, startOf, stepOf } from './training.ts'
import { slice, timed } from './prepared.ts'
import type { Contender, Inputs, Prepared } from './prepared.ts'
import { serve } from './worker.ts'
import type { Kind } from './work.ts'

type Tensors = Readonly<Record<string, t.Tensor>>

const tensorsIn = (inputs: Inputs): Tensors =>
  Object.fromEntries(
    Object.entries(inputs.task.tensors).map(([name, place]) => [name, t.tensor(slice(inputs, place), place.shape)])
  )

const modelIn = (inputs: Inputs): Loaded => {
  const named = Object.entries(inputs.task.params).map(
    ([name, place]) => [name, { shape: place.shape, data: slice(inputs, place) }] as const
  )
  const loaded = fromNamed(Object.fromEntries(named))
  if (E.isLeft(loaded)) throw new Error(loaded.left.message)
  return loaded.right
}

/** Waits for a tensor by reading a single number of it. */
const waiter = (device: t.Device): ((x: t.Tensor) => Promise<void>) => {
  const first = device.compile((x: t.Tensor) =>
    t.slice(
      x,
      x.shape.map(() => [0, 1])
    )
  )
  return async (x) => {
    using small = first(x)
    await device.read(small)
  }
}

/** A function of tensors that are held on the device. Each run has a result of its own. */
const operation = (device: t.Device, f: (inputs: Tensors) => t.Tensor, given: Tensors): Prepared => {
  const inputs = device.compute(given)
  const [run, wait] = [device.compile(f), waiter(device)]
  return {
    result: async () => {
      using y = run(inputs)
      await wait(y)
      return Float32Array.from(await device.read(y))
    },
    time: (runs) =>
      timed(async () => {
        let last = run(inputs)
        for (let i = 1; i < runs; i++) {
          const next = run(inputs)
          last[Symbol.dispose]()
          last = next
        }
        await wait(last)
        last[Symbol.dispose]()
      }),
    dispose: () => t.tensorsOf(inputs).forEach((x) => x[Symbol.dispose]())
  }
}

const forward = (device: t.Device, inputs: Inputs): Prepared => {
  const { model, params } = modelIn(inputs)
  const held = { ...t.flattenTree(params), ...tensorsIn(inputs) }
  const predict = ({ x, ts, ...named }: Tensors): t.Tensor =>
    model.apply(
      t.mapTree(params, (_, name) => named[name]!),
      x!,
      ts!
    )
  return operation(device, predict, held)
}

/** Whole training steps, one after the other. */
const training = (device: t.Device, inputs: Inputs): Prepared => {
  const { model, params } = modelIn(inputs)
  const step = stepOf(device, model.apply)
  const { x0 } = device.compute({ x0: tensorsIn(inputs).x0! })
  let state = startOf(params)
  const advance = async (runs: number, keyAt: (i: number) => t.Key): Promise<readonly number[]> => {
    const losses: t.Tensor[] = []
    for (let i = 0; i < runs; i++) {
      const [next, loss] = step(state, x0, keyAt(i))
      state = next
      losses.push(loss)
    }
    const read = losses.map(async (loss) => (await device.read(loss))[0]!)
    const values = await Promise.all(read)
    losses.forEach((loss) => loss[Symbol.dispose]())
    return values
  }
  return {
    result: async () => {
      const losses = await advance(checkedSteps, () => noiseKey)
      const moments = t.flattenTree(state.optState.m)
      const read = await Promise.all(inputs.task.moments.map((name) => device.read(moments[name]!)))
      return Float32Array.from([...losses, ...read.flatMap((numbers) => [...numbers])])
    },
    time: (runs) =>
      timed(async () => {
        await advance(runs, (i) => t.foldIn(noiseKey, i))
      }),
    dispose: () => t.tensorsOf([x0, state]).forEach((x) => x[Symbol.dispose]())
  }
}

const operations: Readonly<Record<Exclude<Kind, 'forward' | 'train-step'>, (inputs: Tensors) => t.Tensor>> = {
  conv: ({ x, w }) => t.conv2d(w!, { padding: 1 })(x!),
  // the gradient does not depend on the weight itself
  'conv-dw': ({ x, dy }) => {
    const channels = dy!.shape[1]!
    const convolve = (w: t.Tensor): t.Tensor => t.conv2d(w, { padding: 1 })(x!)
    return t.vjp(convolve, t.zeros([channels, channels, 3, 3]))[1](dy!)
  },
  matmul: ({ a, b }) => t.matmul(a!, b!),
  layernorm: ({ x, weight, bias }) => t.layerNorm({ weight: weight!, bias: bias! })(x!),
  silu: ({ x }) => t.silu(x!)
}

const open = async (): Promise<Contender> => {
  const targets = Number(process.argv[2] ?? 0)
  const device = await t.device(targets > 0 ? { limits: { targets } } : {})
  return {
    facts: { device: device.name, driver: device.renderer },
    prepare: (inputs) => {
      const { kind } = inputs.task
      if (kind === 'train-step') return Promise.resolve(training(device, inputs))
      return Promise.resolve(
        kind === 'forward' ? forward(device, inputs) : operation(device, operations[kind], tensorsIn(inputs))
      )
    }
  }
}

await serve(open)
