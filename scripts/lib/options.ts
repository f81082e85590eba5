// Flags that several programs have. Choices are the names of the library's tables: a new entry there is a new choice.
import { Option } from 'commander'
import * as t from 'tessera'
import { shippedModel } from './model-file.ts'
import { amount } from './program.ts'

/** The range of the pixels of a picture. */
export const usualClip = 1

export const clipOption = (): Option =>
  new Option(
    '--clip <x>',
    `keep the pictures that sampling steps predict within ± x; 0 leaves them as they are (default: ${usualClip})`
  ).argParser(amount)

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

/** An option that picks an entry of a table by its name. */
const entryOption = (flags: string, text: string, table: object, usual: string): Option =>
  new Option(flags, `${text} (default: ${usual})`).choices(Object.keys(table))

export const optimiserOption = (usual: t.OptimiserName): Option =>
  entryOption('--optimiser <name>', 'which optimiser to train with', t.optimisers, usual)

export const scheduleOption = (usual: t.ScheduleName): Option =>
  entryOption('--schedule <name>', 'how the noise grows', t.schedules, usual)

export const samplerOption = (usual: t.SamplerName): Option =>
  entryOption('--sampler <name>', 'how samples come out of noise', t.samplers, usual)

export const spacingOption = (): Option =>
  new Option('--spacing <how>', 'which timesteps fewer steps take (default: trailing)').choices(t.spacingNames)

export const datasetOption = (usual: t.DatasetName = 'digits'): Option =>
  new Option('--dataset <name>', `digits are drawn by the program itself (default: ${usual})`).choices(t.datasetNames)

export const dataOption = (): Option =>
  new Option('--data <dir>', 'a folder with the files of the data set; without it they are downloaded')
