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

/** How samples are drawn; see `samplers` and `SampleOptions`. */
export interface SamplingSettings extends t.DdpmOptions {
  readonly sampler?: t.SamplerName
  /** Steps to take at most, instead of all of the schedule. */
  readonly steps?: number
  readonly spacing?: t.Spacing
  /** Keeps the picture that a step predicts within ± this; 0 leaves it as it is. 1 by default. */
  readonly clip?: number
}

/** The sampler that the settings ask for. */
const samplerNamed = ({ sampler = 'ddpm', variance = 'beta' }: SamplingSettings): t.AnySampler =>
  sampler === 'ddpm' ? t.ddpm({ variance }) : t.samplers[sampler]()

/** The timesteps that the settings ask for, and a function that samples through them. */
export const samplerOf = <P>(device: t.Device, schedule: t.Schedule, model: t.Model<P>, settings: SamplingSettings) => {
  const { steps = schedule.steps, spacing, clip = usualClip } = settings
  const timesteps = t.timestepsOf(schedule, Math.min(steps, schedule.steps), spacing)
  const options = { timesteps, ...(clip > 0 && { clip }) }
  return { timesteps, run: t.sample(device, samplerNamed(settings), schedule, model, options) }
}

const imagesIn = async (device: t.Device, x: t.Tensor): Promise<t.Images> => ({
  data: Float32Array.from(await device.read(x)),
  shape: x.shape
})

const filmed = async (
  device: t.Device,
  timesteps: readonly number[],
  run: AsyncIterable<t.Sampled>,
  { progress, interrupt }: UserIO
): Promise<Film | undefined> => {
  const steps = timesteps.length
  const wanted = new Set(t.denoisingFrames(steps).map((left) => timesteps[steps - 1 - left]!))
  const frames: t.Images[] = []
  const bar = progress.bar('sampling', steps)
  const began = performance.now()
  let done = 0
  for await (const { t: at, x } of run) {
    if (wanted.has(at)) frames.push(await imagesIn(device, x))
    const rate = (1000 * ++done) / (performance.now() - began)
    bar.at(done, `${rate.toFixed(1)} steps/s`)
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
  const { timesteps, run } = samplerOf(device, schedule, model, settings)
  return (params, key, count) => filmed(device, timesteps, run(params, { key, count, shape }), user)
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
