import { createHash } from 'node:crypto'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import { fail, failure } from 'tessera'
import type { Failure } from 'tessera'
import { unet } from 'tessera/models'
import type { MaybeLabels, UNet, UNetOptions, UNetParams } from 'tessera/models'
import { diffusionTraining, initTrainState, startPlace, stepsPerEpoch } from 'tessera/train'
import type { DiffusionInputs, ToldInputs, TrainOptions, TrainPoint, TrainRecord, TrainState } from 'tessera/train'
import { loadClassifier, reads, shippedClassifier } from '../lib/classifier-file.ts'
import type { LoadedClassifier } from '../lib/classifier-file.ts'
import { fitting, loadData } from '../lib/data.ts'
import { loadModel } from '../lib/model-file.ts'
import type { LoadedModel } from '../lib/model-file.ts'
import type { History } from '../lib/history.ts'
import { filmSamples } from '../lib/sampling.ts'
import type { DrawSamples } from '../lib/sampling.ts'
import type { UserIO } from '../lib/user.ts'
import type { Workspace } from '../lib/workspace.ts'
import { recipeOf } from './recipe.ts'
import type { Recipe } from './recipe.ts'
import type { Settings } from './settings.ts'
import { taught } from './teach.ts'

/** What the optimiser keeps is its own affair. */
export type UNetState = TrainState<UNetParams, unknown>
export type UNetRecord = TrainRecord<UNetState>
export type UNetHistory = History<UNetState>

/** Everything that a training run is made of. */
export interface Run extends Workspace {
  readonly settings: Settings
  readonly schedule: t.Schedule
  readonly model: UNet<MaybeLabels>
  readonly recipe: Recipe<UNetParams>
  readonly options: TrainOptions<DiffusionInputs | ToldInputs>
  /** The key of order and noise. */
  readonly key: t.Key
  readonly drawSamples: DrawSamples
  /** Keys of the noise in the picture of the forward process, and of the samples. */
  readonly forwardKey: t.Key
  readonly samplesKey: t.Key
  /** The key of what is random in measurements. */
  readonly measuresKey: t.Key
  /** The test images and their classifier, where a run measures itself. */
  readonly test: t.Dataset | undefined
  readonly classifier: LoadedClassifier | undefined
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
  readonly test: t.Dataset | undefined
  readonly classifier: LoadedClassifier | undefined
}

/** What a run is made from. */
export type Prepared = Workspace & { readonly inputs: Inputs }

const imagesDigest = ({ images }: t.Dataset): string => createHash('sha256').update(images).digest('hex')

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

/** The model to start from with as many classes as the run teaches. */
const startKnowing =
  ({ classes, seed, model: path }: Settings, dataset: t.Dataset) =>
  (start?: LoadedModel): E.Either<Failure, LoadedModel | undefined> => {
    if (start === undefined) return E.right(undefined)
    const [knows, classCount] = [start.model.config.classes, classes ? dataset.classes.length : 0]
    if (knows === classCount) return E.right(start)
    return knows === 0
      ? E.right({ ...start, ...taught(start, classCount, t.key(seed)) })
      : fail('mismatch', `${path}: its model knows ${knows} classes: ${classCount === 0 ? 'train it with --classes' : `${dataset.name} has ${classCount}`}`) // prettier-ignore
  }

/** The test images, if something is measured on them. */
const testImages = (settings: Settings, user: UserIO): TE.TaskEither<Failure, t.Dataset | undefined> =>
  settings.heldOut === 0 && settings.scoreEvery === 0
    ? TE.right(undefined)
    : loadData({ ...settings, split: 't10k' }, user.progress)

/** The classifier in models/, if samples are scored; it must know the classes of the images. */
const scoringClassifier = (
  { scoreEvery }: Settings,
  dataset: t.Dataset
): TE.TaskEither<Failure, LoadedClassifier | undefined> =>
  scoreEvery === 0
    ? TE.right(undefined)
    : pipe(
        loadClassifier(shippedClassifier),
        TE.filterOrElse(
          (loaded) => reads(loaded, dataset),
          (loaded) => failure('mismatch', `--score-every: the classifier in models/ reads ${loaded.dataset}, not ${dataset.name}: train without it, and score with npm run evaluate -- --classifier FILE`) // prettier-ignore
        )
      )

/** A run that is resumed has its parameters in its checkpoint. */
export const readInputs = (settings: Settings, isResumed: boolean, user: UserIO): TE.TaskEither<Failure, Inputs> =>
  pipe(
    isResumed ? TE.right(undefined) : startModel(settings),
    TE.bindTo('file'),
    TE.bind('dataset', ({ file }) =>
      pipe(loadData(settings, user.progress), TE.flatMapEither(fitting(file?.model ?? unet({ steps: 1 }))))
    ),
    TE.bind('start', ({ file, dataset }) => TE.fromEither(startKnowing(settings, dataset)(file))),
    TE.bind('test', () => testImages(settings, user)),
    TE.bind('classifier', ({ dataset }) => scoringClassifier(settings, dataset))
  )

/** A run as its settings say. All its randomness comes from the seed. */
export const runOf = (
  settings: Settings,
  { inputs: { dataset, start, test, classifier }, ...workspace }: Prepared
): Run => {
  const { epochs, batch: batchSize, steps, betaMin, betaMax, classes, dropLabels, flips, offsetNoise } = settings
  const [forParams, key, forwardKey, samplesKey] = t.split(t.key(settings.seed), 4) as [t.Key, t.Key, t.Key, t.Key]
  const schedule = t.schedules[settings.schedule]({ steps, betaMin, betaMax })
  const network: UNetOptions = { steps, classes: classes ? dataset.classes.length : 0 }
  const model = start?.model ?? unet(network)
  const told = classes && { labels: { none: dataset.classes.length, drop: dropLabels } }
  const options = diffusionTraining({ dataset, epochs, batchSize, steps, key, flips, offsetNoise, ...told })
  const recipe = recipeOf<UNetParams>(settings, epochs * stepsPerEpoch(options))
  const initial = start?.params ?? model.init(forParams)
  const from = { state: initTrainState(recipe.optimiser, initial), place: startPlace }
  const sampling = { ...settings, steps: settings.sampleSteps }
  const drawSamples = filmSamples(workspace.device, schedule, model, sampling, workspace)
  const keys = { key, forwardKey, samplesKey, measuresKey: t.foldIn(samplesKey, 1) }
  const parts = { schedule, model, recipe, options, drawSamples, initial, from, test, classifier, ...keys }
  return { ...workspace, settings, ...parts, images: imagesDigest(dataset) }
}
