import * as t from 'tessera'
import type { UNetParams } from 'tessera/models'
import { breathe } from '../lib/interrupt.ts'
import type { Trained } from '../lib/model-file.ts'
import { pixels } from '../lib/reading.ts'
import type { Attention } from '../lib/sampling.ts'
import { estimate } from './statistics.ts'
import type { Estimate } from './statistics.ts'

/** The timesteps from … to - 1. */
export interface Quarter {
  readonly from: number
  readonly to: number
}

/** The loss at some timesteps. */
export interface QuarterLoss extends Quarter {
  /** Of the model, over the images. */
  readonly model: Estimate
  /** What is left where each pixel is looked at by itself, with its mean and its variance known. */
  readonly pixelwise: number
}

export interface Losses {
  readonly quarters: readonly QuarterLoss[]
  readonly overall: QuarterLoss
  readonly images: number
}

/** Four parts of the timesteps, as equal as they can be; fewer where there are fewer timesteps. */
export const quartersOf = (steps: number): readonly Quarter[] =>
  [0, 1, 2, 3]
    .map((i) => ({ from: Math.floor((i * steps) / 4), to: Math.floor(((i + 1) * steps) / 4) }))
    .filter(({ from, to }) => to > from)

const lengthOf = ({ from, to }: Quarter): number => to - from

/** The variance of each pixel over some images, one after the other. */
export const pixelVariances = (images: Float32Array): readonly number[] => {
  const count = images.length / pixels
  return Array.from({ length: pixels }, (_, p) => {
    const values = Array.from({ length: count }, (__, n) => images[n * pixels + p]!)
    const mean = values.reduce((sum, x) => sum + x, 0) / count
    return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count
  })
}

/**
 * The loss of the best linear guess of the noise in a pixel from that pixel alone, mean over pixels and timesteps:
 * of x = √ā x₀ + √(1-ā) eta, where x₀ has the variance v, it leaves ā v / (ā v + 1 - ā).
 */
export const pixelwiseLoss = (schedule: t.Schedule, { from, to }: Quarter, variances: readonly number[]): number => {
  const left = schedule.alphaBar.slice(from, to).map((bar) => {
    const each = variances.map((v) => (bar * v) / (bar * v + 1 - bar))
    return each.reduce((sum, x) => sum + x, 0) / each.length
  })
  return left.reduce((sum, x) => sum + x, 0) / left.length
}

/** The loss of each image of a batch, as a plan. */
const lossesBy = (device: t.Device, { model, schedule }: Trained) =>
  device.compile((params: UNetParams, x0: t.Tensor, ts: t.Tensor, eta: t.Tensor) => {
    const off = t.sub(model.apply(params, t.noise(schedule)(x0, ts, eta), ts), eta)
    return t.mean(t.square(off), { axes: [1, 2, 3] })
  })

type Each = readonly (readonly number[])[]

/** The loss of each image at a timestep of each quarter, [quarter][image]; nothing where the user asks to stop. */
const lossesOfEach = async (
  device: t.Device,
  trained: Trained,
  images: Float32Array,
  { batch, key }: { readonly batch: number; readonly key: t.Key },
  { progress, interrupt }: Attention
): Promise<Each | undefined> => {
  const [quarters, count] = [quartersOf(trained.schedule.steps), images.length / pixels]
  const lossOf = lossesBy(device, trained)
  const bar = progress.bar('losses', count)
  const all = quarters.map((): number[] => [])
  for (let from = 0; from < count && !interrupt.asked; from += batch) {
    const n = Math.min(batch, count - from)
    const x0 = t.tensor(images.subarray(from * pixels, (from + n) * pixels), [n, 1, 28, 28])
    for (const [i, quarter] of quarters.entries()) {
      const [time, noise] = t.split(t.foldIn(t.foldIn(key, from), i))
      const ts = t.randint(time!, [n], { low: quarter.from, high: quarter.to })
      all[i]!.push(...(await device.read(lossOf(trained.params, x0, ts, t.normal(noise!, x0.shape)))))
      await breathe()
    }
    bar.at(from + n, '')
  }
  bar.end()
  return interrupt.asked ? undefined : all
}

/** Over all timesteps: each quarter counts as much as it has timesteps. */
const overallOf = (quarters: readonly QuarterLoss[], each: Each, steps: number): QuarterLoss => {
  const parts = quarters.map((quarter) => lengthOf(quarter) / steps)
  const ofImage = each[0]!.map((_, n) => parts.reduce((sum, part, i) => sum + part * each[i]![n]!, 0))
  const pixelwise = parts.reduce((sum, part, i) => sum + part * quarters[i]!.pixelwise, 0)
  return { from: 0, to: steps, model: estimate(ofImage), pixelwise }
}

/** The loss of a model on images that it was not trained on, by quarter of t. */
export const measureLosses = async (
  device: t.Device,
  trained: Trained,
  images: Float32Array,
  how: { readonly batch: number; readonly key: t.Key },
  user: Attention
): Promise<Losses | undefined> => {
  const each = await lossesOfEach(device, trained, images, how, user)
  if (each === undefined) return undefined
  const { schedule } = trained
  const variances = pixelVariances(images)
  const quarters = quartersOf(schedule.steps).map((quarter, i) => ({
    ...quarter,
    model: estimate(each[i]!),
    pixelwise: pixelwiseLoss(schedule, quarter, variances)
  }))
  return { quarters, overall: overallOf(quarters, each, schedule.steps), images: each[0]!.length }
}
