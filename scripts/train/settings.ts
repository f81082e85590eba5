import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'tessera'
import { fail, failure } from 'tessera'
import type { Failure } from 'tessera'
import { folderIsNamed } from '../lib/data.ts'
import type { DataSettings } from '../lib/data.ts'
import type { DrawSettings } from '../lib/draw.ts'
import { articleBetas } from '../lib/model-file.ts'
import * as option from '../lib/options.ts'
import { amount, count, fraction, parseFlags, rate, seed, share, whole } from '../lib/program.ts'

const decays = ['cosine', 'none'] as const

/** How the learning rate falls. */
type LrDecay = (typeof decays)[number]

/** The settings of a training run. */
export interface Settings extends Omit<DataSettings, 'split'> {
  /** The file of the model that training starts from; without one the parameters are drawn. */
  readonly model?: string
  readonly epochs: number
  readonly batch: number
  readonly optimiser: t.OptimiserName
  readonly lr: number
  /** Steps in which the learning rate grows from 0, and how it falls after them. */
  readonly warmup: number
  readonly lrDecay: LrDecay
  /** Gradients together are made no longer than this; 0 leaves them as they are. */
  readonly clipNorm: number
  /** The decay of the average of the parameters, which samples are drawn with; 0 for none. */
  readonly ema: number
  /** The noise schedule, its length T, and the range of its variances. */
  readonly schedule: t.ScheduleName
  readonly steps: number
  readonly betaMin: number
  readonly betaMax: number
  /** Whether the model learns the classes of the images, and the part of the images that it is told none of. */
  readonly classes: boolean
  readonly dropLabels: number
  /** Whether images are mirrored at random. */
  readonly flips: boolean
  /** The strength of noise that is the same for all pixels of an image. */
  readonly offsetNoise: number
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
  /** Test images that the loss is measured on after each epoch, and epochs after which samples are scored again; 0 for none. */
  readonly heldOut: number
  readonly scoreEvery: number
  /** Samples that are drawn at the end. */
  readonly samples: number
  readonly sampler: t.SamplerName
  /** Steps in which a sample is drawn, at most as many as the schedule has. */
  readonly sampleSteps: number
  readonly variance: 'beta' | 'posterior'
  /** How the picture that a sampling step predicts is kept within its range. */
  readonly clip: option.ClipSetting
  /** How strongly samples of a model of classes are guided to them. */
  readonly guidance: number
}

/** The article's run, but on the data set that needs no download: `--article`. */
export const article: Settings = {
  dataset: 'digits',
  epochs: 20,
  batch: 128,
  optimiser: 'adam',
  lr: 1e-3,
  warmup: 0,
  lrDecay: 'none',
  clipNorm: 0,
  ema: 0,
  schedule: 'linear',
  steps: 1000,
  ...articleBetas,
  classes: false,
  dropLabels: 0.1,
  flips: false,
  offsetNoise: 0,
  seed: 0,
  out: 'out/train',
  saveEvery: 100,
  overwrite: false,
  preview: false,
  heldOut: 0,
  scoreEvery: 0,
  samples: 100,
  sampler: 'ddpm',
  sampleSteps: 1000,
  variance: 'beta',
  clip: 0,
  guidance: option.usualGuidance
}

/**
 * What `npm run train` does by default: the article's run, and what has been found since to make samples better. The
 * norm of the gradients is not bounded: a step took 1.38 s with it and 1.09 s without it (MNIST, batches of 128, two
 * cores), as the gradients must all be there before the first parameter moves.
 */
export const recipe: Settings = {
  ...article,
  lr: 2e-3,
  warmup: 200,
  lrDecay: 'cosine',
  ema: 0.999,
  sampler: option.usualSampling.sampler,
  variance: option.usualSampling.variance,
  sampleSteps: option.usualSampling.steps,
  clip: option.usualSampling.clip
}

/** What `npm start` trains: enough for blobs that look like digits within minutes on two cores without a GPU. */
export const demo: Settings = {
  ...recipe,
  limit: 2048,
  epochs: 6,
  batch: 32,
  // a quarter of the article's steps, each four times as large: the last pictures hold as little as the article's
  steps: 250,
  betaMin: 4e-4,
  betaMax: 0.08,
  samples: 16,
  out: 'out/demo',
  overwrite: true
}

/** A new run, a run to resume with some changes, or sampling from a model file. */
export type Task =
  | { readonly kind: 'train'; readonly settings: Settings; readonly demo?: boolean }
  | { readonly kind: 'resume'; readonly out: string; readonly changes: readonly string[] }
  | { readonly kind: 'sample'; readonly settings: DrawSettings }

interface Flags extends Partial<Settings> {
  readonly train: boolean
  readonly resume?: string
  readonly demo?: boolean
  readonly article?: boolean
}

/** The learning rate of a set of settings, which is meant for its optimiser; another one has its own. */
const lrWith = (usual: Settings, optimiser: t.OptimiserName): number =>
  optimiser === usual.optimiser ? usual.lr : t.optimisers[optimiser].lr

const usualRates = (Object.keys(t.optimisers) as t.OptimiserName[])
  .map((name) => `${lrWith(recipe, name)} for ${name}`)
  .join(', ')

const command = (): Command =>
  new Command('npm run train --')
    .description('Trains the diffusion model and draws samples from it.')
    .addOption(option.datasetOption())
    .addOption(option.dataOption())
    .option('--limit <n>', 'use only the first n images', count)
    .option('--epochs <n>', `passes over the data set (default: ${article.epochs})`, count)
    .option('--batch <n>', `images in a training step (default: ${article.batch})`, count)
    .addOption(option.optimiserOption(article.optimiser))
    .option('--lr <x>', `learning rate (default: ${usualRates})`, rate)
    .option('--warmup <n>', `steps in which it grows from 0, a tenth of all at most (default: ${recipe.warmup})`, whole)
    .addOption(
      new Option(
        '--lr-decay <how>',
        `it falls to 0 by the last of all epochs, more of which change it (default: ${recipe.lrDecay})`
      ).choices(decays)
    )
    .option(
      '--clip-norm <x>',
      `shorten longer gradients to this norm, 0 for none (default: ${recipe.clipNorm})`,
      amount
    )
    .option('--ema <decay>', `of the average that samples are drawn with, 0 for none (default: ${recipe.ema})`, share)
    .addOption(option.scheduleOption(article.schedule))
    .option('--steps <n>', `length of the noise schedule (default: ${article.steps})`, count)
    .option('--beta-min <x>', `variance of its first step (default: ${article.betaMin})`, fraction)
    .option('--beta-max <x>', `and of its last (default: ${article.betaMax})`, fraction)
    .option('--classes', 'teach the model the classes of the images too, so that samples of each can be asked for')
    .option(
      '--drop-labels <x>',
      `part of the images that it is told no class of (default: ${article.dropLabels})`,
      share
    )
    .option('--flips', 'mirror images, left and right, at random')
    .option(
      '--offset-noise <x>',
      `strength of noise that is one number for an image (default: ${article.offsetNoise})`,
      amount
    )
    .option('--seed <n>', `all randomness comes from it (default: ${article.seed})`, seed)
    .option('--samples <n>', `samples to draw at the end (default: ${article.samples})`, count)
    .addOption(option.samplerOption())
    .option('--sample-steps <n>', `steps in which they are drawn, all at most (default: ${recipe.sampleSteps})`, count)
    .addOption(option.varianceOption())
    .addOption(option.clipOption())
    .addOption(option.guidanceOption())
    .option('--out <dir>', `folder for everything that is written (default: ${article.out})`)
    .addOption(option.deviceOption())
    .option('--save-every <n>', `store the run after this many steps (default: ${article.saveEvery})`, count)
    .option('--resume <dir>', 'go on with the run in this folder, to the bit as if it had never stopped')
    .option('--overwrite', 'start anew even where the folder holds a run that could go on')
    .option('--preview', 'draw up to 16 samples after each epoch too')
    .option('--held-out <n>', 'measure the loss on this many test images after each epoch too (default: 0)', whole)
    .option('--score-every <n>', 'and after each n-th how far samples are from test images (default: 0, never)', whole)
    .option('--no-train', 'only draw samples, from the model in a file')
    .option('--model <file>', 'that file; without --no-train, training starts from its parameters')
    .option('--article', 'exactly the run of the article: its settings, and nothing that came later')
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

const drawing = (
  { samples, seed: from, out, device, sampler, sampleSteps: steps, variance, clip, guidance }: Settings,
  model: string
): DrawSettings => ({
  model,
  count: samples,
  seed: from,
  out,
  sampler,
  steps,
  variance,
  clip,
  guidance,
  ...(device !== undefined && { device })
})

const merged = ({ train, resume: _resume, demo: short, article: plain, ...given }: Flags): Task => {
  const usual = plain === true ? article : short === true ? demo : recipe
  const settings = { ...usual, lr: lrWith(usual, given.optimiser ?? usual.optimiser), ...given }
  return !train && settings.model !== undefined
    ? { kind: 'sample', settings: drawing(settings, settings.model) }
    : { kind: 'train', settings, ...(short === true && { demo: true }) }
}

/** Settings that may change when a run is resumed: its steps do not depend on them, but for a device's rounding. */
const changeable: ReadonlySet<string> = new Set([
  'data',
  'device',
  'epochs',
  'saveEvery',
  'preview',
  'heldOut',
  'scoreEvery',
  'samples',
  'sampler',
  'sampleSteps',
  'variance',
  'clip',
  'guidance'
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
  if (flags.demo === true && flags.article === true)
    return fail('usage', '--demo and --article are two sets of settings: give one of them')
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

/**
 * The settings of a resumed run: as it was started, but for the changes. Versions that did not store a flag did what the
 * article does.
 */
export const resumedSettings = (
  started: readonly string[],
  changes: readonly string[],
  out: string
): E.Either<Failure, Settings> =>
  pipe(
    readTask(['--article', ...started, ...changes, '--out', out]),
    E.mapLeft(({ message }) => failure('format', `the settings of the run in ${out} are damaged: ${message}`)),
    E.flatMap((task) =>
      task.kind === 'train' ? E.right(task.settings) : fail('format', `the run in ${out} is no training run`)
    )
  )
