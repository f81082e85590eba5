import { Command, InvalidArgumentError } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Failure } from 'tessera'
import type { DrawSettings } from './lib/draw.ts'
import { drawFrom } from './lib/draw.ts'
import { shippedClassModel, shippedModel } from './lib/model-file.ts'
import { count, parseFlags, runProgram, seed } from './lib/program.ts'
import {
  clipOption,
  deviceOption,
  guidanceOption,
  modelFileOption,
  samplerOption,
  spacingOption,
  usualSampling,
  varianceOption
} from './lib/options.ts'

/** Classes by their numbers, such as 0123456789. */
const digits = (text: string): readonly number[] => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be digits, such as 0123456789.')
  return Array.from(text, Number)
}

const command = (): Command =>
  new Command('npm run sample --')
    .description('Draws samples from a model file: a grid of them, and a film of how they come out of noise.')
    .addOption(modelFileOption().default(undefined, 'one of MNIST, in models/; with --digits the one that knows them'))
    .option('--digits <list>', 'draw these in turn, such as 0123456789, with a model that knows classes', digits)
    .option('--count <n>', 'how many (default: one of each digit, or 36)', count)
    .option(
      '--steps <n>',
      'steps of denoising, at most as many as the model was trained on',
      count,
      usualSampling.steps
    )
    .option('--seed <n>', 'all randomness comes from it', seed, 0)
    .addOption(samplerOption())
    .addOption(spacingOption())
    .addOption(varianceOption())
    .addOption(clipOption())
    .addOption(guidanceOption())
    .option('--out <dir>', 'folder for samples.png and denoising.gif', 'out/samples')
    .addOption(deviceOption())

type Flags = Omit<DrawSettings, 'count' | 'model'> & Partial<Pick<DrawSettings, 'count' | 'model'>>

const readSettings = (args: readonly string[]): E.Either<Failure, DrawSettings> =>
  pipe(
    parseFlags<Flags>(command(), args),
    E.map(({ digits: asked, count: n = asked?.length ?? 36, model: file, ...flags }) => {
      const model = file ?? (asked === undefined ? shippedModel : shippedClassModel)
      return { ...flags, count: n, model, ...(asked && { digits: asked }) }
    })
  )

void runProgram(pipe(TE.fromEither(readSettings(process.argv.slice(2))), TE.flatMap(drawFrom)))
