import { Legend, LinearScale, LineController, LineElement, LogarithmicScale, PointElement, Title } from 'chart.js'
import type { ChartDataset, ChartOptions, Scale } from 'chart.js'
import type { CanvasLike } from 'tessera'
import { axis, drawChart, heading, ink, still } from '../../lib/render/chart.ts'

/** The errors of a sampler, by the number of its steps or of evaluations of the model. */
export interface Curve {
  readonly name: string
  readonly points: readonly { readonly steps: number; readonly error: number }[]
}

const colours = ['#1d4ed8', '#ea580c', '#0d9488', '#9333ea', '#ca8a04', '#be185d', '#374151', '#0ea5e9', '#65a30d', '#b45309', '#111827'] // prettier-ignore

const lineOf = ({ name, points }: Curve, i: number): ChartDataset<'line', { x: number; y: number }[]> => ({
  label: name,
  data: points.map(({ steps, error }) => ({ x: steps, y: error })),
  borderColor: colours[i % colours.length]!,
  backgroundColor: colours[i % colours.length]!,
  borderWidth: 1.5,
  pointRadius: 3
})

const logarithmic = (text: string, ticks: readonly number[], label: (value: number) => string) => {
  const common = axis(text)
  return {
    ...common,
    type: 'logarithmic' as const,
    min: Math.min(...ticks),
    max: Math.max(...ticks),
    ticks: { ...common.ticks, autoSkip: false, callback: (value: number | string) => label(Number(value)) },
    afterBuildTicks: (scale: Scale): void => {
      scale.ticks = ticks.map((value) => ({ value }))
    }
  }
}

/** The powers of ten around some numbers. */
const decades = (numbers: readonly number[]): readonly number[] => {
  const [low, high] = [Math.floor(Math.log10(Math.min(...numbers))), Math.ceil(Math.log10(Math.max(...numbers)))]
  return Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i))
}

const percentText = (value: number): string => `${Number((100 * value).toPrecision(1))} %`

/** What a chart says beside its curves. */
export interface Words {
  readonly title: string
  readonly steps: string
  readonly error: string
}

/** The words of the two charts. */
export const words = {
  orders: {
    title: 'Samplers of a normal law, with its exact model',
    steps: 'steps',
    error: 'error of the standard deviation'
  },
  drawn: {
    title: 'Samples of the model in the box',
    steps: 'evaluations of the model',
    error: 'Fréchet distance from test images'
  }
} as const satisfies Readonly<Record<string, Words>>

/** A part in percent, a distance as it is. */
const labelOf = (value: number): string => (value <= 1 ? percentText(value) : String(value))

const options = (said: Words, curves: readonly Curve[]): ChartOptions<'line'> => {
  const points = curves.flatMap((curve) => curve.points)
  const steps = [...new Set(points.map((point) => point.steps))]
  const errors = decades(points.map(({ error }) => error))
  return {
    ...still(2),
    parsing: false,
    scales: {
      x: logarithmic(said.steps, steps, String),
      y: logarithmic(said.error, errors, labelOf)
    },
    plugins: {
      title: heading(said.title),
      legend: { position: 'right', labels: { color: ink, font: { size: 12 }, boxWidth: 16, boxHeight: 2 } }
    }
  }
}

/** Draws the errors of samplers over their steps, both logarithmic, so that a line's slope is minus the order. */
export const curvesChart = (curves: readonly Curve[], canvas: CanvasLike, said: Words): void => {
  canvas.width = 800
  canvas.height = 500
  drawChart(canvas, [LineController, LineElement, PointElement, LinearScale, LogarithmicScale, Title, Legend], {
    type: 'line',
    data: { datasets: curves.map(lineOf) },
    options: options(said, curves)
  })
}
