import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import type { Failure } from 'tessera'
import { usualClip } from './options.ts'
import type { Album } from './pictures.ts'
import type { UserIO } from './user.ts'

/** Samples, and some of the stages in which they came out of noise. */
export interface Film {
  readonly frames: readonly t.Images[]
  readonly last: t.Images
}

/** Draws samples of a model with some parameters; undefined if the user asks to stop. */
export type DrawSamples<P> = (params: P, key: t.Key, count: number) => Promise<Film | undefined>

/** How samples are drawn; see `samplers` and `Denoising`. */
export interface SamplingSettings extends Pick<t.Denoising, 'variance'> {
  readonly sampler?: t.SamplerName
  /** Keeps the picture that a step predicts within ± this; 0 leaves it as it is. 1 by default. */
  readonly clip?: number
}

/** The sampler that the settings ask for. */
export const samplerOf = <P>(
  device: t.Device,
  schedule: t.Schedule,
  model: t.Model<P>,
  { sampler = 'ddpm', variance = 'beta', clip = usualClip }: SamplingSettings
) => t.samplers[sampler](device, schedule, model, { variance, ...(clip > 0 && { clip }) })

const imagesIn = async (device: t.Device, x: t.Tensor): Promise<t.Images> => ({
  data: Float32Array.from(await device.read(x)),
  shape: x.shape
})

const filmed = async (
  device: t.Device,
  steps: number,
  run: AsyncIterable<t.Sampled>,
  { progress, interrupt }: UserIO
): Promise<Film | undefined> => {
  const wanted = new Set(t.denoisingFrames(steps))
  const frames: t.Images[] = []
  const bar = progress.bar('sampling', steps)
  const began = performance.now()
  for await (const { t: at, x } of run) {
    if (wanted.has(at)) frames.push(await imagesIn(device, x))
    const rate = (1000 * (steps - at)) / (performance.now() - began)
    bar.at(steps - at, `${rate.toFixed(1)} steps/s`)
    if (interrupt.asked) break
  }
  bar.end()
  return interrupt.asked ? undefined : { frames, last: frames.at(-1)! }
}

/** A function that draws samples and shows its progress. Its step is compiled once for each number of samples. */
export const filmSamples = <P>(
  device: t.Device,
  schedule: t.Schedule,
  model: t.Model<P>,
  settings: SamplingSettings & { readonly shape: t.Shape },
  user: UserIO
): DrawSamples<P> => {
  const { shape } = settings
  const run = samplerOf(device, schedule, model, settings)
  return (params, key, count) => filmed(device, schedule.steps, run(params, { key, count, shape }), user)
}

/** The files that samples are drawn into: a grid, and a film too if asked for. */
export interface SamplePictures {
  readonly name: string
  readonly title: string
  readonly film?: boolean
}

/**
 * Draws samples and writes them. Each image is stretched to its own darkest and brightest pixel: the network normalises
 * its input, so it does not know how bright an image is as a whole, and samples differ in that.
 */
export const writeSamples = (
  album: Album,
  { name, title, film = false }: SamplePictures,
  draw: () => Promise<Film | undefined>
): TE.TaskEither<Failure, void> =>
  pipe(
    TE.fromTask(draw),
    TE.flatMap((drawn) =>
      drawn === undefined
        ? TE.right(undefined)
        : pipe(
            album.png(name, drawn.last, title, { range: 'each' }),
            TE.flatMap(() => (film ? album.gif(drawn.frames) : TE.right(undefined)))
          )
    )
  )
