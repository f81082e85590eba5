/** The loss of one training step. */
export interface LossPoint {
  readonly step: number
  readonly epoch: number
  readonly loss: number
  /** Images in the step's batch, which weigh it in the mean of its epoch; 1. */
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
 * Moving average of each value with up to `reach` neighbours on either side: no more after it than
 * before it, so that the steep start of a run keeps its shape, and what is left at the end. It does not
 * lag behind. A value that is not finite is left out of its neighbours' averages and has none (NaN).
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

/** The smoothed loss: a hundredth of the run to either side, two steps at least. */
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

/** Each epoch's mean loss over its images, at the middle of its steps. */
export const epochMeans = (points: readonly LossPoint[]): readonly ChartPoint[] => {
  const epochs = new Map<number, LossPoint[]>()
  for (const point of points) {
    const epoch = epochs.get(point.epoch)
    if (epoch === undefined) epochs.set(point.epoch, [point])
    else epoch.push(point)
  }
  return Array.from(epochs.values(), epochMean)
}

/** Whether losses spread so far that only a logarithmic axis shows them all: tenfold, all above 0. */
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
  // written out and read back: 5 * 10 ** -2 has other last digits than 0.05
  const all = powers.flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)))
  return all.filter((tick) => tick >= least && tick <= most)
}
