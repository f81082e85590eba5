import { createHash } from 'node:crypto'
import * as t from 'tessera'
import { unet } from 'tessera/models'
import type { UNet, UNetParams } from 'tessera/models'
import type { Trained } from './model-file.ts'
import type { Studio } from './run.ts'
import { samplerOf } from './sampling.ts'
import type { Sampler } from './sampling.ts'
import type { Settings } from './settings.ts'
import { beginning } from './training.ts'
import type { Course, Stand, State } from './training.ts'

export type TrainingState = State<UNetParams, t.AdamState<UNetParams>>

/** Everything that a training run is made of. */
export interface Run extends Studio {
  readonly settings: Settings
  readonly schedule: t.Schedule
  readonly model: UNet
  readonly course: Course
  readonly sampler: Sampler<UNetParams>
  /** Keys of the noise in the picture of the forward process, and of the samples. */
  readonly keys: { readonly forward: t.Key; readonly samples: t.Key }
  readonly optimiser: ReturnType<typeof t.adam<UNetParams>>
  /** Where training began, and where it goes on. */
  readonly initial: TrainingState
  readonly from: Stand<TrainingState>
  /** SHA-256 of the images: another data set is another run. */
  readonly images: string
}

/** What a run is given: its images, and the model that it starts from, if it does not draw one. */
export interface Given {
  readonly dataset: t.Dataset
  readonly start?: Trained | undefined
}

/** A run as its settings say; all its randomness comes from the seed. */
export const runOf = (
  settings: Settings,
  { given: { dataset, start: first }, ...studio }: Studio & { readonly given: Given }
): Run => {
  const { steps, betaMin, betaMax, epochs, batch, lr, seed, clip } = settings
  const [start, key, forward, samples] = t.split(t.key(seed), 4)
  const schedule = t.linearSchedule({ steps, betaMin, betaMax })
  const model = first?.model ?? unet({ steps })
  const optimiser = t.adam<UNetParams>({ lr })
  const params = first?.params ?? model.init(start!)
  const initial = { params, memory: optimiser.init(params) }
  return {
    ...studio,
    settings,
    schedule,
    model,
    optimiser,
    course: { dataset, epochs, batch, steps, key: key! },
    sampler: samplerOf(studio.device, schedule, model.apply, studio, { clip }),
    keys: { forward: forward!, samples: samples! },
    initial,
    from: { state: initial, place: beginning },
    images: createHash('sha256').update(dataset.images).digest('hex')
  }
}
