import { Command, Option } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as t from 'tessera'
import { fail } from 'tessera'
import type { Failure } from 'tessera'
import { shippedClassifier } from '../lib/classifier-file.ts'
import { folderIsNamed } from '../lib/data.ts'
import type { DataSettings } from '../lib/data.ts'
import {
  clipOption,
  dataOption,
  datasetOption,
  deviceOption,
  guidanceOption,
  modelOption,
  samplerOption,
  spacingOption,
  usualSampling,
  varianceOption
} from '../lib/options.ts'
import { count, parseFlags, seed } from '../lib/program.ts'
import type { SamplingSettings } from '../lib/sampling.ts'

/** What to measure, and how. */
export interface Settings extends Omit<DataSettings, 'split'>, SamplingSettings {
  readonly model: string
  readonly classifier: string
  readonly samples: number
  /** Images to measure the loss on. */
  readonly heldOut: number
  readonly batch: number
  readonly seed: number
  readonly out: string
  /** The file that keeps the samples while they are drawn, and from which drawing can be resumed. */
  readonly keep?: string
  /** The file whose samples are measured, instead of new ones. */
  readonly from?: string
  readonly json?: string
  /** Samples that are shown beside the training images nearest to them. */
  readonly neighbours?: number
  readonly device?: t.DeviceName
}

type Flags = Omit<Settings, 'dataset'> & Partial<Pick<Settings, 'dataset'>>

const command = (): Command =>
  new Command('npm run evaluate --')
    .description('Measures a model: its loss on test images, and how far its samples are from them, beside noise.')
    .addOption(modelOption())
    .addOption(datasetOption('mnist'))
    .addOption(dataOption())
    .option('--limit <n>', 'use only the first n test images', count)
    .addOption(
      new Option('--classifier <file>', 'what looks at the samples, made by npm run classify').default(
        shippedClassifier,
        'one of MNIST, in models/'
      )
    )
    .option('--samples <n>', 'samples to draw', count, 1000)
    .option(
      '--steps <n>',
      'steps of denoising, at most as many as the model was trained on',
      count,
      usualSampling.steps
    )
    .option('--held-out <n>', 'test images to measure the loss on', count, 1000)
    .option('--batch <n>', 'images computed at a time', count, 100)
    .option('--seed <n>', 'all randomness comes from it', seed, 0)
    .addOption(samplerOption())
    .addOption(spacingOption())
    .addOption(varianceOption())
    .addOption(clipOption())
    .addOption(guidanceOption())
    .option('--keep <file>', 'keep the samples there as they are drawn; where it is there already, go on from it')
    .option('--from <file>', 'measure the samples that are kept there, draw none')
    .option('--neighbours <n>', 'show n samples in nearest.png, above the training images nearest to each', count)
    .option('--json <file>', 'write all numbers there too')
    .option('--out <dir>', 'folder for the pictures', 'out/evaluate')
    .addOption(deviceOption())
    .addHelpText(
      'after',
      '\nTo draw 1000 samples takes about five minutes on two cores without a GPU: with --keep FILE it can be stopped and gone on with.'
    )

const consistent = (settings: Settings): E.Either<Failure, Settings> =>
  settings.keep !== undefined && settings.from !== undefined
    ? fail('usage', '--keep is for samples that are drawn, --from for those that are there: give one of them')
    : E.right(settings)

/** The settings that the flags ask for; failures are of kind `usage`. */
export const readSettings = (args: readonly string[]): E.Either<Failure, Settings> =>
  pipe(
    parseFlags<Flags>(command(), args),
    E.map((flags): Settings => ({ ...flags, dataset: flags.dataset ?? 'mnist' })),
    E.flatMap(folderIsNamed),
    E.flatMap(consistent)
  )
