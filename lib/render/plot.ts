import { Legend, LinearScale, LineController, LineElement, LogarithmicScale, PointElement, Title } from 'chart.js'
import type { ChartDataset, ChartOptions, Scale } from 'chart.js'
import { options, whole } from '../core/options.ts'
import { raise } from '../base/raise.ts'
import { resize, type CanvasLike } from './canvas.ts'
import { axis, drawChart, heading, ink, still } from './chart.ts'
import { epochMeans, roundTicks, smoothed, wantsLog } from './series.ts'
import type { LossPoint, ChartPoint } from './series.ts'

/** The options of `lossChart`. */
export interface LossChartOptions {
  /** The title; 'Training loss' by default. */
  readonly title?: string
  /** In CSS pixels; 800 by default. */
  readonly width?: number
  /** In CSS pixels; 450 by default. */
  readonly height?: number
  /** Pixels of the canvas for each CSS pixel; 2 by default. */
  readonly scale?: number
}

type Line = ChartDataset<'line', ChartPoint[]>

const line = (label: string, data: readonly ChartPoint[], colour: string, width: number, dots: number): Line => ({
  label,
  data: [...data],
  borderColor: colour,
  backgroundColor: colour,
  borderWidth: width,
  borderJoinStyle: 'round',
  // a line through a single point would be invisible
  pointRadius: data.length === 1 ? 4 : dots
})

// the first is drawn last, on top of the others
const lines = (points: readonly LossPoint[]): Line[] => [
  line('epoch mean', epochMeans(points), '#ea580c', 1.5, 4),
  line('smoothed', smoothed(points), '#1d4ed8', 2, 0),
  line(
    'each step',
    points.map(({ step, loss }) => ({ x: step, y: loss })),
    '#bfdbfe',
    1,
    0
  )
]

const logAxis = () => {
  const common = axis('mean squared error (log scale)')
  return {
    ...common,
    type: 'logarithmic' as const,
    ticks: { ...common.ticks, autoSkip: false, callback: String },
    afterBuildTicks: (scale: Scale): void => {
      scale.ticks = roundTicks(scale.min, scale.max).map((value) => ({ value }))
    }
  }
}

const stepAxis = () => {
  const common = axis('training step')
  return { ...common, type: 'linear' as const, min: 0, suggestedMax: 5, ticks: { ...common.ticks, precision: 0 } }
}

const linearAxis = () => ({ ...axis('mean squared error'), type: 'linear' as const, beginAtZero: true })

const chartOptions = (points: readonly LossPoint[], title: string, scale: number): ChartOptions<'line'> => ({
  ...still(scale),
  parsing: false,
  scales: { x: stepAxis(), y: wantsLog(points) ? logAxis() : linearAxis() },
  plugins: {
    title: heading(title),
    legend: { align: 'end', labels: { color: ink, font: { size: 12 }, boxWidth: 24, boxHeight: 1 } }
  }
})

/** Returns the options of a chart, and raises if they are wrong. */
export const checkChart = (op: string, given: LossChartOptions): LossChartOptions => {
  const {
    width = 1,
    height = 1,
    scale = 1
  } = options(op, given, { title: true, width: true, height: true, scale: true })
  whole(op, 'width', width, 1)
  whole(op, 'height', height, 1)
  if (!(scale > 0 && Number.isFinite(scale))) raise(op, `scale is a positive number, not ${scale}`)
  return given
}

/**
 * Plots the loss of a training run on a canvas: every step, a moving average, and the mean of each epoch. The axis is
 * logarithmic if the losses span a factor of ten. The canvas becomes `width * scale` by `height * scale` pixels. The
 * result is a still picture, without listeners. Losses that are not finite leave a gap; a run without steps leaves
 * empty axes.
 *
 * @throws TesseraError if an option is wrong, or the canvas can't be as large
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const losses = [0.9, 0.5, 0.3].map((loss, i) => ({ step: i + 1, epoch: 1, loss }))
 * const show = (canvas: HTMLCanvasElement): void => t.lossChart(losses, canvas, { title: 'Digits' })
 * ```
 */
export const lossChart = (points: readonly LossPoint[], canvas: CanvasLike, given: LossChartOptions = {}): void => {
  const { title = 'Training loss', width = 800, height = 450, scale = 2 } = checkChart('lossChart', given)
  // chart.js sets the size in pixels; this finds out before whether the canvas can have it
  resize('lossChart', canvas, Math.floor(width * scale), Math.floor(height * scale))
  resize('lossChart', canvas, width, height)
  drawChart(canvas, [LineController, LineElement, PointElement, LinearScale, LogarithmicScale, Title, Legend], {
    type: 'line',
    data: { datasets: lines(points) },
    options: chartOptions(points, title, scale)
  })
}
