// Flags that several programs have. Choices are the names of the library's tables: a new entry there is a new choice.
import { Option } from 'commander'
import * as t from 'tessera'
import { shippedModel } from './model-file.ts'
import { amount } from './program.ts'

/**
 * How samples are drawn. Of 200 samples of the model in models/, in 50 steps, the Fréchet distance was 80 so, 102 with the
 * variance `beta`, and 412 with that and clipped to ± 1.
 */
export const usualSampling = {
  sampler: 'ddpm',
  variance: 'posterior',
  spacing: 'trailing',
  steps: 50,
  clip: 'level'
} as const

/** How predicted pictures are kept within their range: within ± a number, 0 for not at all, or each on the level of digits. */
export type ClipSetting = number | 'level'

const clipSetting = (text: string): ClipSetting => (text === 'level' ? text : amount(text))

/** What `sample` is told of it. The U-Net can't see how bright a picture is; a quarter of a digit is black at least. */
export const clipOf = (clip: ClipSetting): Pick<t.SampleOptions, 'clip'> => {
  if (clip === 'level') return { clip: { dark: 0.25 } }
  return clip === 0 ? {} : { clip }
}

export const clipOption = (): Option =>
  new Option(
    '--clip <x>',
    `keep the pictures that steps predict within ± x, 0 for as they are, or level for from black to white (default: ${usualSampling.clip})`
  ).argParser(clipSetting)

/** How strongly samples are guided to their classes. */
export const usualGuidance = 2

export const guidanceOption = (): Option =>
  new Option(
    '--guidance <x>',
    `how strongly a model of classes is guided to them, 1 for not at all (default: ${usualGuidance})`
  ).argParser(amount)

/** The model that a program works with, without a default. */
export const modelFileOption = (): Option =>
  new Option('--model <file>', 'a safetensors or .pt file, of this program or of PyTorch')

/** The model that a program works with. */
export const modelOption = (): Option => modelFileOption().default(shippedModel, 'one of MNIST, in models/')

export const varianceOption = (): Option =>
  new Option(
    '--variance <which>',
    `of the noise that each step of ddpm adds (default: ${usualSampling.variance})`
  ).choices(['beta', 'posterior'])

/** The devices of this platform. */
export const deviceOption = (): Option =>
  new Option('--device <name>', 'compute on this one; by default on the best that works').choices([
    'headlessgl',
    'webasm',
    'cpu',
    'reference'
  ])

/** An option that picks an entry of a table by its name. */
const entryOption = (flags: string, text: string, table: object, usual: string): Option =>
  new Option(flags, `${text} (default: ${usual})`).choices(Object.keys(table))

export const optimiserOption = (usual: t.OptimiserName): Option =>
  entryOption('--optimiser <name>', 'which optimiser to train with', t.optimisers, usual)

export const scheduleOption = (usual: t.ScheduleName): Option =>
  entryOption('--schedule <name>', 'how the noise grows', t.schedules, usual)

export const samplerOption = (): Option =>
  entryOption('--sampler <name>', 'how samples come out of noise', t.samplers, usualSampling.sampler)

export const spacingOption = (): Option =>
  new Option('--spacing <how>', `which timesteps fewer steps take (default: ${usualSampling.spacing})`).choices(
    t.spacingNames
  )

export const datasetOption = (usual: t.DatasetName = 'digits'): Option =>
  new Option('--dataset <name>', `digits are drawn by the program itself (default: ${usual})`).choices(t.datasetNames)

export const dataOption = (): Option =>
  new Option('--data <dir>', 'a folder with the files of the data set; without it they are downloaded')
