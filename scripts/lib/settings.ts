import { Command, Option } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { DeviceName } from 'tessera'
import type * as t from 'tessera'
import { fail } from '../../lib/core/failure.ts'
import type { Failure } from '../../lib/core/failure.ts'
import { usualBetas } from './model-file.ts'
import { count, parseFlags, rate, seed } from './program.ts'

export type DatasetName = 'digits' | t.SourceName

/** What is wanted of a training run. */
export interface Settings {
  readonly dataset: DatasetName
  /** The folder that holds the files of the data set; without one they are downloaded. */
  readonly data?: string
  /** How many images of the data set, from its first. */
  readonly limit?: number
  readonly epochs: number
  readonly batch: number
  readonly lr: number
  /** Length T of the noise schedule, and the variances between which it grows. */
  readonly steps: number
  readonly betaMin: number
  readonly betaMax: number
  readonly seed: number
  /** The folder for everything that is written. */
  readonly out: string
  readonly device?: DeviceName
  /** Samples after each epoch too. */
  readonly preview: boolean
  /** How many samples are drawn at the end. */
  readonly samples: number
  /** Keeps what a sampling step takes for the picture within ± this. */
  readonly clip?: number
}

/** The article's settings, on the data set that is always there. */
export const article: Settings = {
  dataset: 'digits',
  epochs: 20,
  batch: 128,
  lr: 1e-3,
  steps: 1000,
  ...usualBetas,
  seed: 0,
  out: 'out/train',
  preview: false,
  samples: 100
}

/** What `npm start` trains: enough for blobs that look like digits within minutes on two cores without a GPU. */
export const demo: Settings = {
  ...article,
  limit: 2048,
  epochs: 6,
  batch: 32,
  lr: 2e-3,
  // a quarter of the article's steps, each four times as large: as little is left of a picture at the end
  steps: 250,
  betaMin: 4e-4,
  betaMax: 0.08,
  samples: 16,
  // after so little training the brightness would run away
  clip: 1,
  out: 'out/demo'
}

/** Either a training run, or sampling from a model that is there already. */
export type Task = { readonly settings: Settings; readonly model?: string }

interface Flags extends Partial<Settings> {
  readonly train: boolean
  readonly model?: string
  readonly demo?: boolean
}

export const clipOption = (): Option =>
  new Option(
    '--clip <x>',
    'keep the pictures that sampling steps predict within ± x; by default they are free'
  ).argParser(rate)

/** The devices of this platform. */
export const deviceOption = (): Option =>
  new Option('--device <name>', 'compute on this one; by default on the best that works').choices([
    'headlessgl',
    'webasm',
    'cpu',
    'reference'
  ])

export const datasets = (): Option =>
  new Option('--dataset <name>', 'digits are drawn by the program itself (default: digits)').choices([
    'digits',
    'mnist',
    'fashion-mnist'
  ])

const command = (): Command =>
  new Command('npm run train --')
    .description('Trains the diffusion model and draws samples from it.')
    .addOption(datasets())
    .option('--data <dir>', 'a folder with the files of the data set; without it they are downloaded')
    .option('--limit <n>', 'use only the first n images', count)
    .option('--epochs <n>', `passes over the data set (default: ${article.epochs})`, count)
    .option('--batch <n>', `images in a training step (default: ${article.batch})`, count)
    .option('--lr <x>', `learning rate of Adam (default: ${article.lr})`, rate)
    .option('--steps <n>', `length of the noise schedule (default: ${article.steps})`, count)
    .option('--seed <n>', `all randomness comes from it (default: ${article.seed})`, seed)
    .option('--samples <n>', `samples to draw at the end (default: ${article.samples})`, count)
    .addOption(clipOption())
    .option('--out <dir>', `folder for everything that is written (default: ${article.out})`)
    .addOption(deviceOption())
    .option('--preview', 'draw up to 16 samples after each epoch too')
    .option('--no-train', 'only draw samples, from the model in a file')
    .option('--model <file>', 'that file')
    .option('--demo', 'settings that show something within minutes; other flags override them')

const merged = ({ train: _train, model, demo: short, ...given }: Flags): Task => ({
  settings: { ...(short === true ? demo : article), ...given },
  ...(model !== undefined && { model })
})

const consistent = (flags: Flags): E.Either<Failure, Task> => {
  const { train, model, data, dataset = 'digits' } = flags
  if (!train && model === undefined) return fail('usage', '--no-train wants the file to sample from: --model FILE')
  if (train && model !== undefined)
    return fail('usage', '--model goes with --no-train: it names the file to sample from')
  if (data !== undefined && dataset === 'digits')
    return fail('usage', '--data wants to know what is in the folder: --dataset mnist or --dataset fashion-mnist')
  return E.right(merged(flags))
}

/** What the flags of the training program ask for; failures are of kind `usage`. */
export const readTask = (args: readonly string[]): E.Either<Failure, Task> =>
  pipe(parseFlags<Flags>(command(), args), E.flatMap(consistent))
