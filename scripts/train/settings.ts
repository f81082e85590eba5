import { resolve } from 'node:path'
import { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as t from 'tessera'
import { fail, failure } from 'tessera'
import type { Failure } from 'tessera'
import { folderIsNamed } from '../lib/data.ts'
import type { DataSettings } from '../lib/data.ts'
import type { DrawSettings } from '../lib/draw.ts'
import { articleBetas } from '../lib/model-file.ts'
import * as option from '../lib/options.ts'
import { count, fraction, parseFlags, rate, seed } from '../lib/program.ts'

/** The settings of a training run. */
export interface Settings extends Omit<DataSettings, 'split'> {
  /** The file of the model that training starts from; without one the parameters are drawn. */
  readonly model?: string
  readonly epochs: number
  readonly batch: number
  readonly optimiser: t.OptimiserName
  readonly lr: number
  /** The noise schedule, its length T, and the range of its variances. */
  readonly schedule: t.ScheduleName
  readonly steps: number
  readonly betaMin: number
  readonly betaMax: number
  readonly seed: number
  /** The folder for everything that is written. */
  readonly out: string
  readonly device?: t.DeviceName
  /** Steps after which the run is stored again. */
  readonly saveEvery: number
  /** Start anew even if the folder holds a run that could be resumed. */
  readonly overwrite: boolean
  /** Samples after each epoch too. */
  readonly preview: boolean
  /** Samples that are drawn at the end. */
  readonly samples: number
  readonly sampler: t.SamplerName
  /** Keeps the picture that a sampling step predicts within ± this. */
  readonly clip?: number
}

/** The article's settings, on the data set that needs no download. */
export const article: Settings = {
  dataset: 'digits',
  epochs: 20,
  batch: 128,
  optimiser: 'adam',
  lr: 1e-3,
  schedule: 'linear',
  steps: 1000,
  ...articleBetas,
  seed: 0,
  out: 'out/train',
  saveEvery: 100,
  overwrite: false,
  preview: false,
  samples: 100,
  sampler: 'ddpm'
}

/** What `npm start` trains: enough for blobs that look like digits within minutes on two cores without a GPU. */
export const demo: Settings = {
  ...article,
  limit: 2048,
  epochs: 6,
  batch: 32,
  lr: 2e-3,
  // a quarter of the article's steps, each four times as large: the last pictures hold as little as the article's
  steps: 250,
  betaMin: 4e-4,
  betaMax: 0.08,
  samples: 16,
  // after so little training samples would become ever brighter
  clip: 1,
  out: 'out/demo',
  overwrite: true
}

/** A new run, a run to resume with some changes, or sampling from a model file. */
export type Task =
  | { readonly kind: 'train'; readonly settings: Settings }
  | { readonly kind: 'resume'; readonly out: string; readonly changes: readonly string[] }
  | { readonly kind: 'sample'; readonly settings: DrawSettings }

interface Flags extends Partial<Settings> {
  readonly train: boolean
  readonly resume?: string
  readonly demo?: boolean
}

const command = (): Command =>
  new Command('npm run train --')
    .description('Trains the diffusion model and draws samples from it.')
    .addOption(option.datasetOption())
    .addOption(option.dataOption())
    .option('--limit <n>', 'use only the first n images', count)
    .option('--epochs <n>', `passes over the data set (default: ${article.epochs})`, count)
    .option('--batch <n>', `images in a training step (default: ${article.batch})`, count)
    .addOption(option.optimiserOption(article.optimiser))
    .option('--lr <x>', `learning rate (default: ${article.lr})`, rate)
    .addOption(option.scheduleOption(article.schedule))
    .option('--steps <n>', `length of the noise schedule (default: ${article.steps})`, count)
    .option('--beta-min <x>', `variance of its first step (default: ${article.betaMin})`, fraction)
    .option('--beta-max <x>', `and of its last (default: ${article.betaMax})`, fraction)
    .option('--seed <n>', `all randomness comes from it (default: ${article.seed})`, seed)
    .option('--samples <n>', `samples to draw at the end (default: ${article.samples})`, count)
    .addOption(option.samplerOption(article.sampler))
    .addOption(option.clipOption())
    .option('--out <dir>', `folder for everything that is written (default: ${article.out})`)
    .addOption(option.deviceOption())
    .option('--save-every <n>', `store the run after this many steps (default: ${article.saveEvery})`, count)
    .option('--resume <dir>', 'go on with the run in this folder, to the bit as if it had never stopped')
    .option('--overwrite', 'start anew even where the folder holds a run that could go on')
    .option('--preview', 'draw up to 16 samples after each epoch too')
    .option('--no-train', 'only draw samples, from the model in a file')
    .option('--model <file>', 'that file; without --no-train, training starts from its parameters')
    .option('--demo', 'settings that show something within minutes, overwriting; other flags override them')

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const paths: ReadonlySet<string> = new Set(['data', 'model'])

/** Settings as flags, without those that only concern one start of the program. */
export const flagsOf = ({ out: _out, overwrite: _overwrite, ...settings }: Partial<Settings>): readonly string[] =>
  Object.entries(settings).flatMap(([name, value]) => {
    const flag = `--${kebab(name)}`
    if (typeof value === 'boolean') return value ? [flag] : []
    return [flag, paths.has(name) ? resolve(String(value)) : String(value)]
  })

/** Drawing takes as many steps as the model was trained on, whatever the length of a schedule to train on. */
const drawing = ({ samples, seed: from, out, device, sampler, clip }: Settings, model: string): DrawSettings => ({
  model,
  count: samples,
  seed: from,
  out,
  sampler,
  ...(clip !== undefined && { clip }),
  ...(device !== undefined && { device })
})

const merged = ({ train, resume: _resume, demo: short, ...given }: Flags): Task => {
  const settings = { ...(short === true ? demo : article), ...given }
  return !train && settings.model !== undefined
    ? { kind: 'sample', settings: drawing(settings, settings.model) }
    : { kind: 'train', settings }
}

/** Settings that may change when a run is resumed: its steps do not depend on them, but for a device's rounding. */
const changeable: ReadonlySet<string> = new Set([
  'data',
  'device',
  'epochs',
  'saveEvery',
  'preview',
  'samples',
  'sampler',
  'clip'
])

const resuming = ({ train: _train, resume = '', ...changes }: Flags): E.Either<Failure, Task> => {
  const fixed = Object.keys(changes).find((name) => !changeable.has(name))
  return fixed === undefined
    ? E.right({ kind: 'resume', out: resume, changes: flagsOf(changes) })
    : fail('usage', `--resume goes on with a run as it was started: --${kebab(fixed)} does not go with it`)
}

const consistent = (flags: Flags): E.Either<Failure, Task> => {
  const { train, model, dataset = 'digits', resume, betaMin = article.betaMin, betaMax = article.betaMax } = flags
  if (!train && model === undefined) return fail('usage', '--no-train wants the file to sample from: --model FILE')
  if (!train && resume !== undefined) return fail('usage', '--resume goes on training: it does not go with --no-train')
  if (resume !== undefined) return resuming(flags)
  if (betaMin > betaMax) return fail('usage', `--beta-min ${betaMin} is above --beta-max ${betaMax}`)
  return pipe(
    folderIsNamed({ dataset, ...flags }),
    E.map(() => merged(flags))
  )
}

/** The task that the flags ask for; failures are of kind `usage`. */
export const readTask = (args: readonly string[]): E.Either<Failure, Task> =>
  pipe(parseFlags<Flags>(command(), args), E.flatMap(consistent))

/** The settings of a resumed run: as it was started, but for the changes. Flags of newer versions have their defaults. */
export const resumedSettings = (
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
