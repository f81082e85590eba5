import * as t from 'tessera'
import { estimate } from 'tessera/metrics'
import type { Estimate } from 'tessera/metrics'
import type { MaybeLabels, UNetParams } from 'tessera/models'
import type { LoadedModel } from '../lib/model-file.ts'
import { picture, pixels } from '../lib/reading.ts'
import type { UserIO } from '../lib/user.ts'

/** The timesteps from … to - 1. */
export interface Quarter {
  readonly from: number
  readonly to: number
}

/** The loss at some timesteps. */
export interface QuarterLoss extends Quarter {
  /** Of the model, over the images. */
  readonly model: Estimate
  /** Of the best guess from each pixel alone, knowing its mean and variance. */
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
const lossesBy = (device: t.Device, { model, schedule }: LoadedModel) =>
  device.compile((params: UNetParams, x0: t.Tensor, ts: t.Tensor, eta: t.Tensor, labels: MaybeLabels) => {
    const off = t.sub(model.apply(params, t.noise(schedule)(x0, ts, eta), ts, labels), eta)
    return t.mean(t.square(off), { axes: [1, 2, 3] })
  })

type Each = readonly (readonly number[])[]

/** How many images are computed at a time, where the randomness comes from, and the classes for a model that is told them. */
export interface HowToMeasure {
  readonly labels: Uint8Array
  readonly batch: number
  readonly key: t.Key
}

/** The loss of each image at a timestep of each quarter, [quarter][image]; undefined if the user asks to stop. */
const lossesOfEach = async (
  device: t.Device,
  loaded: LoadedModel,
  images: Float32Array,
  { labels, batch, key }: HowToMeasure,
  { progress, interrupt }: UserIO
): Promise<Each | undefined> => {
  const [quarters, count] = [quartersOf(loaded.schedule.steps), images.length / pixels]
  const lossOf = lossesBy(device, loaded)
  const bar = progress.bar('losses', count)
  const all = quarters.map((): number[] => [])
  for (let from = 0; from < count && !interrupt.asked; from += batch) {
    const n = Math.min(batch, count - from)
    const told = loaded.model.config.classes === 0 ? undefined : t.tensor([...labels.subarray(from, from + n)])
    const x0 = t.tensor(images.subarray(from * pixels, (from + n) * pixels), [n, ...picture])
    for (const [i, quarter] of quarters.entries()) {
      const [time, noise] = t.split(t.foldIn(t.foldIn(key, from), i))
      const ts = t.randint(time!, [n], { low: quarter.from, high: quarter.to })
      all[i]!.push(...(await device.read(lossOf(loaded.params, x0, ts, t.normal(noise!, x0.shape), told))))
      await t.breathe()
    }
    bar.at(from + n, '')
  }
  bar.end()
  return interrupt.asked ? undefined : all
}

/** Over all timesteps: quarters weighted by how many they have. */
const overallOf = (quarters: readonly QuarterLoss[], each: Each, steps: number): QuarterLoss => {
  const parts = quarters.map((quarter) => lengthOf(quarter) / steps)
  const ofImage = each[0]!.map((_, n) => parts.reduce((sum, part, i) => sum + part * each[i]![n]!, 0))
  const pixelwise = parts.reduce((sum, part, i) => sum + part * quarters[i]!.pixelwise, 0)
  return { from: 0, to: steps, model: estimate(ofImage), pixelwise }
}

/** The loss of a model on some images, by quarter of t; undefined if the user asks to stop. */
export const measureLosses = async (
  device: t.Device,
  loaded: LoadedModel,
  images: Float32Array,
  how: HowToMeasure,
  user: UserIO
): Promise<Losses | undefined> => {
  const each = await lossesOfEach(device, loaded, images, how, user)
  if (each === undefined) return undefined
  const { schedule } = loaded
  const variances = pixelVariances(images)
  const quarters = quartersOf(schedule.steps).map((quarter, i) => ({
    ...quarter,
    model: estimate(each[i]!),
    pixelwise: pixelwiseLoss(schedule, quarter, variances)
  }))
  return { quarters, overall: overallOf(quarters, each, schedule.steps), images: each[0]!.length }
}
