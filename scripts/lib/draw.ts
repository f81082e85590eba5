import { basename } from 'node:path'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import type { Failure } from 'tessera'
import { loadModel } from './model-file.ts'
import type { ExitCode } from './program.ts'
import { exitCode, prepared } from './run.ts'
import { drawSamples, samplerOf } from './sampling.ts'

/** What is to be drawn from a model file. */
export interface Drawing extends Pick<t.Denoising, 'variance' | 'clip'> {
  readonly model: string
  readonly count: number
  /** Steps to take at most, instead of all that the model was trained on. */
  readonly steps?: number
  readonly seed: number
  readonly out: string
  readonly device?: t.DeviceName
}

/** Draws samples of the model in a file: `samples.png` and `denoising.gif`. */
export const drawFrom = (drawing: Drawing): TE.TaskEither<Failure, ExitCode> => {
  const { model: file, count, steps = Infinity, seed, out, variance = 'beta', clip, device } = drawing
  return pipe(
    prepared(() => loadModel(file), out, device),
    TE.tap(({ given: { model, params, schedule }, ...studio }) => {
      const [few, predict] = t.respace(schedule, model.apply, Math.min(steps, schedule.steps))
      const sampler = samplerOf(studio.device, few, predict, studio, { variance, clip })
      const title = `Samples of ${basename(file)}, seed ${seed}`
      const show = { name: 'samples.png', title, film: true }
      return drawSamples(studio.album, show, () => sampler(params, t.key(seed), count))
    }),
    TE.map(({ progress, interrupt }) => {
      progress.say(interrupt.asked ? 'Stopped: nothing was drawn.' : `Drew samples.png and denoising.gif in ${out}`)
      return exitCode({ interrupt })
    })
  )
}
