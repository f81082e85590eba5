import { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as t from 'tessera'
import type { Failure } from 'tessera'
import { folderIsNamed } from '../lib/data.ts'
import type { DataSettings } from '../lib/data.ts'
import { dataOption, datasetOption, deviceOption } from '../lib/options.ts'
import { count, parseFlags, rate, seed } from '../lib/program.ts'

/** The settings of a classifier's training. */
export interface Settings extends Omit<DataSettings, 'split'> {
  readonly epochs: number
  readonly batch: number
  readonly lr: number
  readonly seed: number
  readonly out: string
  readonly device?: t.DeviceName
}

type Flags = Omit<Settings, 'dataset'> & Partial<Pick<Settings, 'dataset'>>

const command = (): Command =>
  new Command('npm run classify --')
    .description('Trains the small classifier that npm run evaluate looks at samples with.')
    .addOption(datasetOption())
    .addOption(dataOption())
    .option('--limit <n>', 'use only the first n images, to train and to test', count)
    .option('--epochs <n>', 'passes over the data set', count, 3)
    .option('--batch <n>', 'images in a training step', count, 128)
    .option('--lr <x>', 'learning rate of Adam', rate, 2e-3)
    .option('--seed <n>', 'all randomness comes from it', seed, 0)
    .option('--out <dir>', 'folder for classifier.safetensors, log.jsonl and loss.png', 'out/classify')
    .addOption(deviceOption())

/** The settings that the flags ask for; failures are of kind `usage`. */
export const readSettings = (args: readonly string[]): E.Either<Failure, Settings> =>
  pipe(
    parseFlags<Flags>(command(), args),
    E.map((flags): Settings => ({ ...flags, dataset: flags.dataset ?? 'digits' })),
    E.flatMap(folderIsNamed)
  )
