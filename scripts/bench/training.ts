import * as t from 'tessera'
import type { UNetParams } from 'tessera/models'
import { initTrainState, trainStep } from 'tessera/train'
import type { TrainState } from 'tessera/train'
import { timesteps } from './work.ts'

type Params = UNetParams

/** The article's optimiser. */
export const adam = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8 } as const

export const schedule = t.linearSchedule({ steps: timesteps, betaMin: 1e-4, betaMax: 0.02 })

const optimiser = t.adam<Params>(adam)

type State = TrainState<Params, t.AdamState<Params>>

export const startOf = (params: Params): State => initTrainState(optimiser, params)

/** Where the timesteps and the noise of the checked steps come from. */
export const noiseKey = t.key(2)

/** Timesteps and noise of a step. */
export const drawn = (key: t.Key, shape: t.Shape): { readonly ts: t.Tensor; readonly eta: t.Tensor } => {
  const [forTimes, forNoise] = t.split(key)
  return { ts: t.randint(forTimes!, [shape[0]!], { high: timesteps }), eta: t.normal(forNoise!, shape) }
}

/** Noise, network, loss, gradients and Adam as one plan, which takes over the memory of the state that it is given. */
export const stepOf = (device: t.Device, model: t.Model<Params>) => {
  const step = trainStep(t.loss(schedule, model), optimiser)
  return device.compile(
    (state: State, x0: t.Tensor, key: t.Key) => {
      const { ts, eta } = drawn(key, x0.shape)
      return step(state, x0, ts, eta)
    },
    { donate: [0] }
  )
}
