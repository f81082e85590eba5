import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { fail, failure } from 'tessera'
import type { DeviceName, Failure } from 'tessera'
import { folderIsNamed } from './data.ts'
import type { DatasetName, Wanted } from './data.ts'
import { shippedModel, usualBetas } from './model-file.ts'
import { count, fraction, parseFlags, rate, seed } from './program.ts'

/** What is wanted of a training run. */
export interface Settings extends Omit<Wanted, 'split'> {
  /** The file of the model that training starts from; without one the parameters are drawn. */
  readonly model?: string
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
  /** How many steps lie between two times that the run is stored. */
  readonly saveEvery: number
  /** Start anew where there is a run that could go on. */
  readonly overwrite: boolean
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
  saveEvery: 100,
  overwrite: false,
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
  out: 'out/demo',
  overwrite: true
}

/** A training run, one that is to go on and what is to change about it, or sampling from a model that is there already. */
export type Task =
  | { readonly kind: 'train'; readonly settings: Settings }
  | { readonly kind: 'resume'; readonly out: string; readonly changes: readonly string[] }
  | { readonly kind: 'sample'; readonly settings: Settings; readonly model: string }

interface Flags extends Partial<Settings> {
  readonly train: boolean
  readonly resume?: string
  readonly demo?: boolean
}

export const clipOption = (): Option =>
  new Option(
    '--clip <x>',
    'keep the pictures that sampling steps predict within ± x; by default they are free'
  ).argParser(rate)

/** The model that a program works with. */
export const modelOption = (): Option =>
  new Option('--model <file>', 'a safetensors or .pt file, of this program or of PyTorch').default(
    shippedModel,
    'one of MNIST, in models/'
  )

export const varianceOption = (): Option =>
  new Option('--variance <which>', 'of the noise that each step adds').choices(['beta', 'posterior']).default('beta')

/** The devices of this platform. */
export const deviceOption = (): Option =>
  new Option('--device <name>', 'compute on this one; by default on the best that works').choices([
    'headlessgl',
    'webasm',
    'cpu',
    'reference'
  ])

export const datasets = (usual: DatasetName = 'digits'): Option =>
  new Option('--dataset <name>', `digits are drawn by the program itself (default: ${usual})`).choices([
    'digits',
    'mnist',
    'fashion-mnist'
  ])

export const dataOption = (): Option =>
  new Option('--data <dir>', 'a folder with the files of the data set; without it they are downloaded')

const command = (): Command =>
  new Command('npm run train --')
    .description('Trains the diffusion model and draws samples from it.')
    .addOption(datasets())
    .addOption(dataOption())
    .option('--limit <n>', 'use only the first n images', count)
    .option('--epochs <n>', `passes over the data set (default: ${article.epochs})`, count)
    .option('--batch <n>', `images in a training step (default: ${article.batch})`, count)
    .option('--lr <x>', `learning rate of Adam (default: ${article.lr})`, rate)
    .option('--steps <n>', `length of the noise schedule (default: ${article.steps})`, count)
    .option('--beta-min <x>', `variance of its first step (default: ${article.betaMin})`, fraction)
    .option('--beta-max <x>', `and of its last (default: ${article.betaMax})`, fraction)
    .option('--seed <n>', `all randomness comes from it (default: ${article.seed})`, seed)
    .option('--samples <n>', `samples to draw at the end (default: ${article.samples})`, count)
    .addOption(clipOption())
    .option('--out <dir>', `folder for everything that is written (default: ${article.out})`)
    .addOption(deviceOption())
    .option('--save-every <n>', `store the run after this many steps (default: ${article.saveEvery})`, count)
    .option('--resume <dir>', 'go on with the run in this folder, to the bit as if it had never stopped')
    .option('--overwrite', 'start anew even where the folder holds a run that could go on')
    .option('--preview', 'draw up to 16 samples after each epoch too')
    .option('--no-train', 'only draw samples, from the model in a file')
    .option('--model <file>', 'that file; without --no-train, training starts from its parameters')
    .option('--demo', 'settings that show something within minutes, overwriting; other flags override them')

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const paths: ReadonlySet<string> = new Set(['data', 'model'])

/** Settings as the flags that mean them: all but those of a single start. */
export const flagsOf = ({ out: _out, overwrite: _overwrite, ...settings }: Partial<Settings>): readonly string[] =>
  Object.entries(settings).flatMap(([name, value]) => {
    const flag = `--${kebab(name)}`
    if (typeof value === 'boolean') return value ? [flag] : []
    return [flag, paths.has(name) ? resolve(String(value)) : String(value)]
  })

const merged = ({ train, resume: _resume, demo: short, ...given }: Flags): Task => {
  const settings = { ...(short === true ? demo : article), ...given }
  const { model, ...rest } = settings
  return !train && model !== undefined ? { kind: 'sample', settings: rest, model } : { kind: 'train', settings }
}

/** What does not decide which run it is may change while it rests; another device may round otherwise. */
const changeable: ReadonlySet<string> = new Set(['data', 'device', 'epochs', 'saveEvery', 'preview', 'samples', 'clip'])

const goingOn = ({ train: _train, resume = '', ...changes }: Flags): E.Either<Failure, Task> => {
  const fixed = Object.keys(changes).find((name) => !changeable.has(name))
  return fixed === undefined
    ? E.right({ kind: 'resume', out: resume, changes: flagsOf(changes) })
    : fail('usage', `--resume goes on with a run as it was started: --${kebab(fixed)} does not go with it`)
}

const consistent = (flags: Flags): E.Either<Failure, Task> => {
  const { train, model, dataset = 'digits', resume, betaMin = article.betaMin, betaMax = article.betaMax } = flags
  if (!train && model === undefined) return fail('usage', '--no-train wants the file to sample from: --model FILE')
  if (!train && resume !== undefined) return fail('usage', '--resume goes on training: it does not go with --no-train')
  if (resume !== undefined) return goingOn(flags)
  if (betaMin > betaMax) return fail('usage', `--beta-min ${betaMin} is above --beta-max ${betaMax}`)
  return pipe(
    folderIsNamed({ dataset, ...flags }),
    E.map(() => merged(flags))
  )
}

/** What the flags of the training program ask for; failures are of kind `usage`. */
export const readTask = (args: readonly string[]): E.Either<Failure, Task> =>
  pipe(parseFlags<Flags>(command(), args), E.flatMap(consistent))

/** The settings of a run that goes on: as it was started, but for what is to change. */
export const settingsAgain = (
  started: readonly string[],
  changes: readonly string[],
  out: string
): E.Either<Failure, Settings> =>
  pipe(
    readTask([...started, ...changes, '--out', out]),
    E.mapLeft(({ message }) => failure('format', `the settings of the run in ${out} are damaged: ${message}`)),
    E.flatMap((task) =>
      task.kind === 'train' ? E.right(task.settings) : fail('format', `the run in ${out} is no training run`)
    )
  )
