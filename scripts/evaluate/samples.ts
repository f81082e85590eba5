import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import type { Failure } from 'tessera'
import type { Trained } from '../lib/model-file.ts'
import { duration } from '../lib/progress.ts'
import type { Bar } from '../lib/progress.ts'
import { pixels } from '../lib/reading.ts'
import type { Attention } from '../lib/sampling.ts'
import { foldUntil } from '../lib/training.ts'
import { keepSamples } from './kept.ts'
import type { Kept } from './kept.ts'
import type { Settings } from './settings.ts'

type Settled = Pick<Settings, 'samples' | 'steps' | 'batch' | 'keep' | 'variance' | 'clip'>

/** A step of a batch of samples is done; the images are there after the last one. */
interface Progressed {
  /** Samples that were there before, those of the batch, and how much of it is done. */
  readonly before: number
  readonly count: number
  readonly part: number
  readonly images?: t.Numbers
}

/** Draws batch after batch, step by step: it does the next step when it is asked for it. */
async function* drawing(
  device: t.Device,
  { model, params, schedule }: Trained,
  { samples, steps = schedule.steps, batch, variance = 'beta', clip }: Settled,
  key: t.Key,
  first: number
): AsyncGenerator<Progressed> {
  const [few, predict] = t.respace(schedule, model.apply, Math.min(steps, schedule.steps))
  const run = t.sample(device, few, predict, { variance, clip })
  for (let before = first; before < samples; before += batch) {
    const count = Math.min(batch, samples - before)
    for await (const { t: step, x } of run(params, { key: t.foldIn(key, before / batch), count })) {
      const done = { before, count, part: (few.steps - step) / few.steps }
      yield step > 0 ? done : { ...done, images: await device.read(x) }
    }
  }
}

/** Shows how many samples there are, and how long the others will take. */
const shownOn = (bar: Bar, first: number, samples: number) => {
  const began = performance.now()
  return ({ before, count, part }: Progressed): void => {
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
 * Draws the samples that are missing, a batch at a time, each from a key of its own: what is there already stays, but
 * for a last batch that was a short one. Gives what there is where the user asks to stop.
 */
export const drawMissing = (
  device: t.Device,
  trained: Trained,
  settings: Settled,
  { sofar, key }: { readonly sofar: Kept; readonly key: t.Key },
  { progress, interrupt }: Attention
): TE.TaskEither<Failure, Kept> => {
  const { samples, batch, keep } = settings
  const have = sofar.images.length / pixels
  if (have >= samples) return TE.right(sofar)
  const first = have - (have % batch)
  const bar = progress.bar('samples', samples)
  const show = shownOn(bar, first, samples)
  const next = (kept: Kept, now: Progressed): TE.TaskEither<Failure, Kept> => {
    show(now)
    if (now.images === undefined) return TE.right(kept)
    const more = { ...kept, images: joined(kept.images, now.images) }
    return pipe(
      keep === undefined ? TE.right(undefined) : keepSamples(keep, more),
      TE.map(() => more)
    )
  }
  const whole = { ...sofar, images: sofar.images.subarray(0, first * pixels) }
  return pipe(
    foldUntil(drawing(device, trained, settings, key, first), whole, next, () => interrupt.asked),
    TE.tapIO(() => () => bar.end())
  )
}
