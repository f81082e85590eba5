/** The loss of one training step. */
export interface LossPoint {
  /** The number of the step. */
  readonly step: number
  /** The number of its epoch. */
  readonly epoch: number
  /** The loss of its batch. */
  readonly loss: number
  /** The images in its batch, which are its weight in the mean of the epoch; 1 by default. */
  readonly images?: number
}

export interface ChartPoint {
  readonly x: number
  readonly y: number
}

const runningSums = (values: readonly number[]): readonly number[] => {
  let sum = 0
  return [0, ...values.map((v) => (sum += v))]
}

/**
 * The moving average of each value with up to `reach` neighbours on either side, and never more after it than before
 * it, so that the steep start of a run keeps its shape. It does not lag behind. A value that is not finite is left out
 * of the averages of its neighbours, and has none itself (NaN).
 */
export const smooth = (values: readonly number[], reach: number): readonly number[] => {
  const sums = runningSums(values.map((v) => (Number.isFinite(v) ? v : 0)))
  const counts = runningSums(values.map((v) => (Number.isFinite(v) ? 1 : 0)))
  const within = (totals: readonly number[], from: number, to: number) => (totals[to] ?? 0) - (totals[from] ?? 0)
  return values.map((v, i) => {
    const side = Math.min(reach, i)
    const [from, to] = [i - side, Math.min(values.length, i + side + 1)]
    return Number.isFinite(v) ? within(sums, from, to) / within(counts, from, to) : NaN
  })
}

/** The smoothed loss: a moving average over a hundredth of the run to either side, at least two steps. */
export const smoothed = (points: readonly LossPoint[]): readonly ChartPoint[] => {
  const losses = points.map(({ loss }) => loss)
  return smooth(losses, Math.max(2, Math.floor(points.length / 100))).map((y, i) => ({ x: points[i]?.step ?? 0, y }))
}

const epochMean = (points: readonly LossPoint[]): ChartPoint => {
  const images = points.reduce((sum, p) => sum + (p.images ?? 1), 0)
  const total = points.reduce((sum, p) => sum + p.loss * (p.images ?? 1), 0)
  const [first = 0, last = 0] = [points[0]?.step, points.at(-1)?.step]
  return { x: (first + last) / 2, y: total / images }
}

/** The mean loss of each epoch over its images, at the middle of its steps. */
export const epochMeans = (points: readonly LossPoint[]): readonly ChartPoint[] => {
  const epochs = new Map<number, LossPoint[]>()
  for (const point of points) {
    const epoch = epochs.get(point.epoch)
    if (epoch === undefined) epochs.set(point.epoch, [point])
    else epoch.push(point)
  }
  return Array.from(epochs.values(), epochMean)
}

/** Whether losses need a logarithmic axis: they span a factor of ten, and all are above 0. */
export const wantsLog = (points: readonly LossPoint[]): boolean => {
  let [least, most] = [Infinity, 0]
  for (const { loss } of points) {
    if (!Number.isFinite(loss)) continue
    least = Math.min(least, loss)
    most = Math.max(most, loss)
  }
  return least > 0 && most >= 10 * least
}

/** 1, 2 and 5 times every power of ten from `least` to `most`, both above 0. */
export const roundTicks = (least: number, most: number): readonly number[] => {
  const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))]
  const powers = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)
  // parsed from text, because 5 * 10 ** -2 is not exactly 0.05
  const all = powers.flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)))
  return all.filter((tick) => tick >= least && tick <= most)
}
