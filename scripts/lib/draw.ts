import { basename } from 'node:path'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import type { Failure } from 'tessera'
import { loadModel } from './model-file.ts'
import type { ExitCode } from './program.ts'
import { filmSamples, writeSamples } from './sampling.ts'
import type { SamplingSettings } from './sampling.ts'
import { exitCode } from './user.ts'
import { openWorkspace } from './workspace.ts'

/** What to draw from a model file. */
export interface DrawSettings extends SamplingSettings {
  readonly model: string
  readonly count: number
  readonly seed: number
  readonly out: string
  readonly device?: t.DeviceName
}

/** Draws samples of the model in a file: `samples.png` and `denoising.gif`. */
export const drawFrom = (settings: DrawSettings): TE.TaskEither<Failure, ExitCode> => {
  const { model: file, count, seed, out, device: name } = settings
  return pipe(
    openWorkspace(() => loadModel(file), out, name),
    TE.tap(({ inputs: { model, params, schedule }, device, album, ...user }) => {
      const { size } = model.config
      const draw = filmSamples(device, schedule, model.apply, { ...settings, shape: [1, size, size] }, user)
      const pictures = { name: 'samples.png', title: `Samples of ${basename(file)}, seed ${seed}`, film: true }
      return writeSamples(album, pictures, () => draw(params, t.key(seed), count))
    }),
    TE.map(({ progress, interrupt }) => {
      progress.say(interrupt.asked ? 'Stopped: nothing was drawn.' : `Drew samples.png and denoising.gif in ${out}`)
      return exitCode({ interrupt })
    })
  )
}
