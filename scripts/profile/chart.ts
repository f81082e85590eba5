import { BarController, BarElement, CategoryScale, Legend, LinearScale, SubTitle, Title } from 'chart.js'
import type { ChartDataset, ChartOptions } from 'chart.js'
import type { CanvasLike } from 'tessera'
import { axis, drawChart, heading, ink, still } from '../../lib/render/chart.ts'
import { percent, short } from '../lib/table.ts'
import { families } from './families.ts'
import type { Family } from './families.ts'
import { byFamily, byProgram, summed, together } from './group.ts'
import type { Kernel, Kind } from './group.ts'
import { shapeText } from './report.ts'

/** Kinds of kernels that have bars. */
const most = 30

const colours: Readonly<Record<Family, string>> = {
  convolutions: '#1d4ed8',
  'weight gradients': '#ea580c',
  'merges, pointwise': '#0d9488',
  'statistics, sums': '#9333ea',
  Adam: '#ca8a04',
  'layout changes': '#be185d',
  other: '#6b7280'
}

const labelOf = ({ name, shape, calls }: Kind): string => `${name} ${shapeText(shape)}${calls > 1 ? ` x ${calls}` : ''}`

/** The bars of each family, at their places among all bars. */
const datasets = (kernels: readonly Kernel[], kinds: readonly Kind[]): ChartDataset<'bar', (number | null)[]>[] => {
  const whole = together(kernels).ms
  const sums = new Map(byFamily(kernels))
  return families.flatMap((family) => {
    const sum = sums.get(family)
    if (sum === undefined) return []
    const label = `${family} ${percent(sum.ms, whole)}`
    return [
      { label, backgroundColor: colours[family], data: kinds.map((kind) => (kind.family === family ? kind.ms : null)) }
    ]
  })
}

const options = (title: string, subtitle: string): ChartOptions<'bar'> => ({
  ...still(2),
  indexAxis: 'y',
  scales: {
    x: { ...axis('milliseconds'), stacked: true },
    y: { stacked: true, grid: { display: false }, border: { color: ink }, ticks: { color: ink, autoSkip: false } }
  },
  plugins: {
    title: heading(title),
    subtitle: { display: true, text: subtitle, color: ink, font: { size: 12 }, padding: { bottom: 8 } },
    legend: { position: 'bottom', labels: { color: ink, font: { size: 12 }, boxWidth: 12, boxHeight: 12 } }
  }
})

/** Draws where the time goes: a bar for each of the heaviest kinds of kernels, coloured by family. */
export const profileChart = (kernels: readonly Kernel[], canvas: CanvasLike, title: string): void => {
  const all = byProgram(kernels)
  const kinds = all.slice(0, most)
  const { ms, calls } = together(kernels)
  const share = percent(summed(kinds).ms, ms)
  canvas.width = 1000
  canvas.height = 140 + 22 * kinds.length
  drawChart(canvas, [BarController, BarElement, CategoryScale, LinearScale, Title, SubTitle, Legend], {
    type: 'bar',
    data: { labels: kinds.map(labelOf), datasets: datasets(kernels, kinds) },
    options: options(
      `${title}: ${short(ms)} ms in ${calls} calls`,
      `the ${kinds.length} heaviest of ${all.length} programs, which take ${share} of the time; below, what the families take of all`
    )
  })
}
