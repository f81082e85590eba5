import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import type { Failure } from 'tessera'
import type { Interrupt } from './interrupt.ts'
import type { Album } from './pictures.ts'
import type { Progress } from './progress.ts'

/** What long work needs to be seen and to be stopped. */
export interface Attention {
  readonly progress: Progress
  readonly interrupt: Interrupt
}

/** Samples as they come out of noise. */
export interface Film {
  readonly frames: readonly t.Images[]
  readonly last: t.Images
}

/** Draws a number of samples of a model with some parameters; gives none where the user asks to stop. */
export type Sampler<P> = (params: P, key: t.Key, count: number) => Promise<Film | undefined>

const seen = async (device: t.Device, x: t.Tensor): Promise<t.Images> => ({
  data: Float32Array.from(await device.read(x)),
  shape: x.shape
})

const filmed = async (
  device: t.Device,
  steps: number,
  run: AsyncIterable<t.Sampled>,
  { progress, interrupt }: Attention
): Promise<Film | undefined> => {
  const wanted = new Set(t.denoisingFrames(steps))
  const frames: t.Images[] = []
  const bar = progress.bar('sampling', steps)
  const began = performance.now()
  for await (const { t: at, x } of run) {
    if (wanted.has(at)) frames.push(await seen(device, x))
    const rate = (1000 * (steps - at)) / (performance.now() - began)
    bar.at(steps - at, `${rate.toFixed(1)} steps/s`)
    if (interrupt.asked) break
  }
  bar.end()
  return interrupt.asked ? undefined : { frames, last: frames.at(-1)! }
}

/** A sampler, whose step is compiled once for each number of samples. */
export const samplerOf = <P>(
  device: t.Device,
  schedule: t.Schedule,
  model: t.Model<P>,
  attention: Attention,
  options: t.Denoising = {}
): Sampler<P> => {
  const run = t.sample(device, schedule, model, options)
  return (params, key, count) => filmed(device, schedule.steps, run(params, { key, count }), attention)
}

/** What samples are drawn as: always a grid, and a film too where that is wanted. */
export interface Show {
  readonly name: string
  readonly title: string
  readonly film?: boolean
}

/**
 * Draws samples and writes them. Each image is stretched to its own darkest and brightest pixel: the network
 * normalises what it sees, so it cannot know how bright an image is as a whole, and samples differ in that.
 */
export const drawSamples = (
  album: Album,
  { name, title, film = false }: Show,
  samples: () => Promise<Film | undefined>
): TE.TaskEither<Failure, void> =>
  pipe(
    TE.fromTask(samples),
    TE.flatMap((drawn) =>
      drawn === undefined
        ? TE.right(undefined)
        : pipe(
            album.png(name, drawn.last, title, { range: 'each' }),
            TE.flatMap(() => (film ? album.gif(drawn.frames) : TE.right(undefined)))
          )
    )
  )
