import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import type { Failure } from 'tessera'
import { foldUntil } from 'tessera/train'
import type { LoadedModel } from '../lib/model-file.ts'
import { duration } from '../lib/progress.ts'
import type { Bar } from '../lib/progress.ts'
import { picture, pixels } from '../lib/reading.ts'
import { samplerOf } from '../lib/sampling.ts'
import type { SamplingSettings } from '../lib/sampling.ts'
import type { UserIO } from '../lib/user.ts'
import { keepSamples } from './kept.ts'
import type { Kept } from './kept.ts'
import type { Settings } from './settings.ts'

type DrawingSettings = Pick<Settings, 'samples' | 'batch' | 'keep'> & SamplingSettings

/** After a step of a batch of samples; the last one has the images. */
interface DrawRecord {
  /** Samples before the batch, samples in it, and the part of its steps that is done. */
  readonly before: number
  readonly count: number
  readonly part: number
  readonly images?: t.Numbers
}

/** Draws batch after batch, step by step: it takes the next step when the next record is asked for. */
async function* drawing(
  device: t.Device,
  { model, params, schedule }: LoadedModel,
  settings: DrawingSettings,
  key: t.Key,
  first: number
): AsyncGenerator<DrawRecord> {
  const { samples, batch } = settings
  const { timesteps, run } = samplerOf(device, schedule, model, settings)
  for (let before = first; before < samples; before += batch) {
    const count = Math.min(batch, samples - before)
    let step = 0
    for await (const { x } of run(params, {
      key: t.foldIn(key, before / batch),
      count,
      shape: picture,
      first: before
    })) {
      const done = { before, count, part: ++step / timesteps.length }
      yield step < timesteps.length ? done : { ...done, images: await device.read(x) }
    }
  }
}

/** Shows how many samples there are, and how long the rest will take. */
const shownOn = (bar: Bar, first: number, samples: number) => {
  const began = performance.now()
  return ({ before, count, part }: DrawRecord): void => {
    const done = before + part * count - first
    const left = ((performance.now() - began) * (samples - first - done)) / done
    bar.at(before, `${Math.floor(100 * part)} % of the next ${count}, ${duration(left)} left`)
  }
}

const joined = (a: Float32Array, b: ArrayLike<number>): Float32Array => {
  const both = new Float32Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

/**
 * Draws the samples that are missing, a batch at a time, each batch from its own key. Kept samples stay, except for a
 * last batch that is not full. If the user asks to stop, the result is what there is.
 */
export const drawMissing = (
  device: t.Device,
  model: LoadedModel,
  settings: DrawingSettings,
  { kept, key }: { readonly kept: Kept; readonly key: t.Key },
  { progress, interrupt }: UserIO
): TE.TaskEither<Failure, Kept> => {
  const { samples, batch, keep } = settings
  const have = kept.images.length / pixels
  if (have >= samples) return TE.right(kept)
  const first = have - (have % batch)
  const bar = progress.bar('samples', samples)
  const show = shownOn(bar, first, samples)
  const next = (drawn: Kept, now: DrawRecord): TE.TaskEither<Failure, Kept> => {
    show(now)
    if (now.images === undefined) return TE.right(drawn)
    const more = { ...drawn, images: joined(drawn.images, now.images) }
    return pipe(
      keep === undefined ? TE.right(undefined) : keepSamples(keep, more),
      TE.map(() => more)
    )
  }
  const whole = { ...kept, images: kept.images.subarray(0, first * pixels) }
  return pipe(
    foldUntil(drawing(device, model, settings, key, first), whole, next, () => interrupt.asked),
    TE.tapIO(() => () => bar.end())
  )
}
