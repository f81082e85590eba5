import { Command } from 'commander'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { DrawSettings } from './lib/draw.ts'
import { drawFrom } from './lib/draw.ts'
import { count, parseFlags, runProgram, seed } from './lib/program.ts'
import { clipOption, deviceOption, modelOption, samplerOption, spacingOption, varianceOption } from './lib/options.ts'

const command = (): Command =>
  new Command('npm run sample --')
    .description('Draws samples from a model file: a grid of them, and a film of how they come out of noise.')
    .addOption(modelOption())
    .option('--count <n>', 'how many', count, 36)
    .option('--steps <n>', 'steps of denoising, at most as many as the model was trained on', count, 250)
    .option('--seed <n>', 'all randomness comes from it', seed, 0)
    .addOption(samplerOption('ddpm'))
    .addOption(spacingOption())
    .addOption(varianceOption())
    .addOption(clipOption())
    .option('--out <dir>', 'folder for samples.png and denoising.gif', 'out/samples')
    .addOption(deviceOption())

void runProgram(pipe(TE.fromEither(parseFlags<DrawSettings>(command(), process.argv.slice(2))), TE.flatMap(drawFrom)))
