import * as t from 'tessera'
import { classifier } from 'tessera/models'
import type { ClassifierParams } from 'tessera/models'
import { breathe } from '../lib/interrupt.ts'
import { batchesPerEpoch } from '../lib/training.ts'
import type { State } from '../lib/training.ts'

/** What a step turns into the next. */
export type Learner = State<ClassifierParams, t.AdamState<ClassifierParams>>

/** What is learnt from, how long and how fast, and the randomness of it. */
export interface Lesson {
  readonly dataset: t.Dataset
  readonly epochs: number
  readonly batch: number
  readonly lr: number
  readonly key: t.Key
}

export interface Learnt {
  /** Counted from 1, over all epochs. */
  readonly step: number
  readonly epoch: number
  readonly images: number
  readonly loss: number
  readonly ms: number
  /** As it is after the step; the next step uses it up. */
  readonly state: Learner
}

export const stepsIn = (lesson: Lesson): number => lesson.epochs * batchesPerEpoch(lesson)

/** Network, loss, gradients and optimiser as one plan; the state given is used up. */
const stepOf = (device: t.Device, optimiser: t.Optimiser<ClassifierParams, Learner['memory']>) => {
  const net = classifier()
  const loss = (params: ClassifierParams, x: t.Tensor, labels: t.Tensor): t.Scalar =>
    t.crossEntropy(net.apply(params, x), labels)
  return device.compile(
    ({ params, memory }: Learner, x: t.Tensor, labels: t.Tensor): readonly [Learner, t.Scalar] => {
      const [value, grads] = t.valueAndGrad(loss)(params, x, labels)
      const [next, remembered] = optimiser.update(grads, memory, params)
      return [{ params: next, memory: remembered }, value]
    },
    { donate: [0] }
  )
}

/** Trains a classifier, step by step: it does the next step when it is asked for it. */
export async function* learning(device: t.Device, lesson: Lesson): AsyncGenerator<Learnt> {
  const { dataset, epochs, batch, lr, key } = lesson
  const [start, order] = t.split(key)
  const optimiser = t.adam<ClassifierParams>({ lr })
  const advance = stepOf(device, optimiser)
  const params = classifier().init(start!)
  let [state, step]: [Learner, number] = [{ params, memory: optimiser.init(params) }, 0]
  for (let epoch = 1; epoch <= epochs; epoch++)
    for (const { images, labels, size } of t.epochBatches(dataset, t.foldIn(order!, epoch), { batch })) {
      const began = performance.now()
      const [next, loss] = advance(state, t.tensor(images, [size, 1, 28, 28]), t.tensor(labels, [size]))
      state = next
      const value = (await device.read(loss))[0]!
      yield { step: ++step, epoch, images: size, loss: value, ms: performance.now() - began, state }
      await breathe()
    }
}
