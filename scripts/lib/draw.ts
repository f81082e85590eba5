import { basename } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import { fail } from 'tessera'
import type { Failure } from 'tessera'
import { loadModel } from './model-file.ts'
import type { LoadedModel } from './model-file.ts'
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

/** A model, or a failure if it does not know the classes that are asked for. */
const knowing =
  (file: string, { digits }: DrawSettings) =>
  (loaded: LoadedModel): E.Either<Failure, LoadedModel> => {
    const { classes } = loaded.model.config
    const unknown = digits?.find((digit) => digit >= classes)
    if (unknown === undefined) return E.right(loaded)
    return fail('mismatch', `${file}: its model knows ${classes === 0 ? 'no classes' : `0 to ${classes - 1}`}, and cannot be asked for a ${unknown}`) // prettier-ignore
  }

/** Draws samples of the model in a file: `samples.png` and `denoising.gif`. */
export const drawFrom = (settings: DrawSettings): TE.TaskEither<Failure, ExitCode> => {
  const { model: file, count, seed, out, device: name } = settings
  return pipe(
    openWorkspace(() => pipe(loadModel(file), TE.flatMapEither(knowing(file, settings))), out, name),
    TE.tap(({ inputs: { model, params, schedule }, device, album, ...user }) => {
      const draw = filmSamples(device, schedule, model, settings, user)
      const title = `Samples of ${basename(file)}, seed ${seed}`
      // a column for each digit
      const pictures = { name: 'samples.png', title, film: 'denoising.gif', cols: settings.digits?.length }
      return writeSamples(album, pictures, () => draw(params, t.key(seed), count))
    }),
    TE.map(({ progress, interrupt }) => {
      progress.say(interrupt.asked ? 'Stopped: nothing was drawn.' : `Drew samples.png and denoising.gif in ${out}`)
      return exitCode({ interrupt })
    })
  )
}
