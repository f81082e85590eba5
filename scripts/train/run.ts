import { createHash } from 'node:crypto'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type * as t from 'tessera'
import { failure } from 'tessera'
import type { Failure } from 'tessera'
import { unet } from 'tessera/models'
import type { UNet, UNetParams } from 'tessera/models'
import type { DiffusionInputs, TrainOptions, TrainPoint, TrainRecord, TrainState } from 'tessera/train'
import { fitting, loadData } from '../lib/data.ts'
import { loadModel } from '../lib/model-file.ts'
import type { LoadedModel } from '../lib/model-file.ts'
import type { History } from '../lib/history.ts'
import type { DrawSamples } from '../lib/sampling.ts'
import type { UserIO } from '../lib/user.ts'
import type { Workspace } from '../lib/workspace.ts'
import type { Recipe } from './recipe.ts'
import type { Settings } from './settings.ts'

/** What the optimiser keeps is its own affair. */
export type UNetState = TrainState<UNetParams, unknown>
export type UNetRecord = TrainRecord<UNetState>
export type UNetHistory = History<UNetState>

/** Everything that a training run is made of. */
export interface Run extends Workspace {
  readonly settings: Settings
  readonly schedule: t.Schedule
  readonly model: UNet
  readonly recipe: Recipe<UNetParams>
  readonly options: TrainOptions<DiffusionInputs>
  /** The key of order and noise. */
  readonly key: t.Key
  readonly drawSamples: DrawSamples<UNetParams>
  /** Keys of the noise in the picture of the forward process, and of the samples. */
  readonly forwardKey: t.Key
  readonly samplesKey: t.Key
  /** The parameters before any training, and where training starts or continues. */
  readonly initial: UNetParams
  readonly from: TrainPoint<UNetState>
  /** SHA-256 of the images: another data set is another run. */
  readonly images: string
}

/** What a run reads before it starts: its images, and the model that it starts from, if it does not draw one. */
export interface Inputs {
  readonly dataset: t.Dataset
  readonly start?: LoadedModel | undefined
}

/** What a run is made from. */
export type Prepared = Workspace & { readonly inputs: Inputs }

export const imagesDigest = ({ images }: t.Dataset): string => createHash('sha256').update(images).digest('hex')

/** The model file that a run starts from, if it has one; its time embedding has a row for each step of the schedule. */
const startModel = ({ model: path, steps }: Settings): TE.TaskEither<Failure, LoadedModel | undefined> =>
  path === undefined
    ? TE.right(undefined)
    : pipe(
        loadModel(path),
        TE.filterOrElse(
          ({ model }) => model.config.steps === steps,
          ({ model }) =>
            failure('mismatch', `${path}: its model knows ${model.config.steps} steps: --steps is ${steps}`)
        )
      )

/** A run that is resumed has its parameters in its checkpoint. */
export const readInputs = (
  settings: Settings,
  isResumed: boolean,
  { progress }: UserIO
): TE.TaskEither<Failure, Inputs> =>
  pipe(
    isResumed ? TE.right(undefined) : startModel(settings),
    TE.bindTo('start'),
    TE.bind('dataset', ({ start }) =>
      pipe(loadData(settings, progress), TE.flatMapEither(fitting(start?.model ?? unet({ steps: 1 }))))
    )
  )
