import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import type { Failure } from 'tessera'
import type { MaybeLabels, UNet, UNetParams } from 'tessera/models'
import { clipOf, usualGuidance, usualSampling } from './options.ts'
import type { ClipSetting } from './options.ts'
import type { Album } from './pictures.ts'
import type { UserIO } from './user.ts'

/** Samples, and some of the stages in which they came out of noise. */
export interface Film {
  readonly frames: readonly t.Images[]
  readonly last: t.Images
}

/** Draws samples of a model with some parameters; undefined if the user asks to stop. */
export type DrawSamples = (params: UNetParams, key: t.Key, count: number) => Promise<Film | undefined>

/** How samples are drawn, other than `usualSampling`; see `samplers` and `SampleOptions`. */
export interface SamplingSettings extends t.DdpmOptions {
  readonly sampler?: t.SamplerName
  /** Steps to take, at most all of the schedule. */
  readonly steps?: number
  readonly spacing?: t.Spacing
  /** How strongly a model of classes is guided to them: 1 is the model itself; see `guided`. */
  readonly guidance?: number
  /** The classes to draw, in turn; all that the model knows by default. */
  readonly digits?: readonly number[]
  /** How the picture that a step predicts is kept within its range. */
  readonly clip?: ClipSetting
}

/** The sampler that the settings ask for. */
const samplerNamed = ({ sampler, variance }: Required<Pick<SamplingSettings, 'sampler' | 'variance'>>): t.AnySampler =>
  sampler === 'ddpm' ? t.ddpm({ variance }) : t.samplers[sampler]()

/** A network that is told the classes of pictures if it knows any. */
export type Told = Pick<UNet<MaybeLabels>, 'apply' | 'config'>

/** The label of each of `count` pictures: the classes in turn, from the place of the first picture on. */
const labelsOf = (classes: readonly number[], count: number, first: number): t.Tensor =>
  t.tensor(Array.from({ length: count }, (_, i) => classes[(first + i) % classes.length]!))

/** The classes of pictures in turn: those that the settings name, or all that the network knows. */
const classesOf = ({ config: { classes } }: Told, { digits }: SamplingSettings): readonly number[] =>
  digits ?? Array.from({ length: classes }, (_, k) => k)

/** What to sample: noise from the key for so many pictures, of which the first is the n-th of all; 0 by default. */
export interface Lot {
  readonly key: t.Key
  readonly count: number
  readonly shape: t.Shape
  readonly first?: number
}

/** The timesteps that the settings ask for, and a function that samples through them. */
export const samplerOf = (device: t.Device, schedule: t.Schedule, model: Told, settings: SamplingSettings) => {
  const { sampler, variance, steps, spacing, clip } = { ...usualSampling, ...settings }
  // all timesteps are all, however fewer would be spread
  const timesteps = t.timestepsOf(
    schedule,
    Math.min(steps, schedule.steps),
    steps < schedule.steps ? spacing : 'trailing'
  )
  const options = { timesteps, ...clipOf(clip) }
  const classes = classesOf(model, settings)
  const { guidance = usualGuidance } = settings
  const network = classes.length === 0 || guidance === 1 ? model.apply : t.guided(model.apply, guidance)
  const run = t.sample(device, samplerNamed({ sampler, variance }), schedule, network, options)
  return {
    timesteps,
    run: (params: UNetParams, { first = 0, ...lot }: Lot): AsyncIterable<t.Sampled> =>
      run(params, { ...lot, ...(classes.length > 0 && { condition: labelsOf(classes, lot.count, first) }) })
  }
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
export const filmSamples = (
  device: t.Device,
  schedule: t.Schedule,
  model: Told,
  settings: SamplingSettings,
  user: UserIO
): DrawSamples => {
  const { channels, size } = model.config
  const { timesteps, run } = samplerOf(device, schedule, model, settings)
  return (params, key, count) =>
    filmed(device, timesteps, run(params, { key, count, shape: [channels, size, size] }), user)
}

/** The files that samples are drawn into: a grid, and a film too if it has a name. */
export interface SamplePictures {
  readonly name: string
  readonly title: string
  readonly film?: string
  /** Pictures in a row, if it is not for the grid to choose. */
  readonly cols?: number | undefined
}

/**
 * Draws samples and writes them. Each image is stretched to its own darkest and brightest pixel: the network normalises
 * its input, so it does not know how bright an image is as a whole, and samples differ in that.
 */
export const writeSamples = (
  album: Album,
  { name, title, film, cols }: SamplePictures,
  draw: () => Promise<Film | undefined>
): TE.TaskEither<Failure, void> => {
  const grid = cols === undefined ? {} : { cols }
  return pipe(
    TE.fromTask(draw),
    TE.flatMap((drawn) =>
      drawn === undefined
        ? TE.right(undefined)
        : pipe(
            album.png(name, drawn.last, title, { range: 'each', ...grid }),
            TE.flatMap(() => (film === undefined ? TE.right(undefined) : album.gif(film, drawn.frames, grid)))
          )
    )
  )
}
