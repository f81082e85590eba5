import * as t from 'tessera'
import { classifier } from 'tessera/models'
import type { ClassifierParams } from 'tessera/models'
import { imagesOf, initTrainState, startPlace, stepsPerEpoch, trainLoop, trainStep } from 'tessera/train'
import type { TrainRecord, TrainState } from 'tessera/train'

export type ClassifierState = TrainState<ClassifierParams, t.AdamState<ClassifierParams>>

/** What a classifier is trained on, how long and how fast, and the key of its randomness. */
export interface ClassifierTraining {
  readonly dataset: t.Dataset
  readonly epochs: number
  readonly batch: number
  readonly lr: number
  readonly key: t.Key
}

/** Steps of the whole training. */
export const stepsIn = ({ dataset, epochs, batch }: ClassifierTraining): number =>
  epochs * stepsPerEpoch({ dataset, batchSize: batch })

/** Trains a classifier with Adam on cross entropy, step by step: see `trainLoop`. */
export const trainClassifier = (
  device: t.Device,
  { dataset, epochs, batch: batchSize, lr, key }: ClassifierTraining
): AsyncGenerator<TrainRecord<ClassifierState>, void, void> => {
  const [start, order] = t.split(key)
  const net = classifier()
  const optimiser = t.adam<ClassifierParams>({ lr })
  const loss = (params: ClassifierParams, x: t.Tensor, labels: t.Tensor): t.Scalar =>
    t.crossEntropy(net.apply(params, x), labels)
  const step = device.compile(trainStep(loss, optimiser), { donate: [0] })
  const inputs = (batch: t.Batch) => [imagesOf(dataset, batch), t.tensor(batch.labels, [batch.size])] as const
  const from = { state: initTrainState(optimiser, net.init(start!)), place: startPlace }
  return trainLoop(device, step, { dataset, epochs, batchSize, order: order!, inputs }, from)
}
