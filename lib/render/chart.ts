import { BasicPlatform, Chart } from 'chart.js'
import type { ChartComponentLike, ChartConfiguration, ChartType, Plugin } from 'chart.js'
import { context2d } from './canvas.ts'
import type { CanvasLike } from './canvas.ts'

export const ink = '#374151'
export const faint = '#e5e7eb'

const white = <Type extends ChartType>(): Plugin<Type> => ({
  id: 'white',
  beforeDraw: ({ ctx, width, height }) => {
    ctx.fillStyle = '#ffffff'
    ctx.fillRect(0, 0, width, height)
  }
})

/** An axis with a title. */
export const axis = (text: string) => ({
  title: { display: true, text, color: ink, font: { size: 13 } },
  ticks: { color: ink, font: { size: 12 } },
  grid: { color: faint },
  border: { color: ink }
})

/** Options of a still picture, `scale` pixels of the canvas for one CSS pixel. */
export const still = (scale: number) => ({
  animation: false as const,
  responsive: false,
  devicePixelRatio: scale,
  events: [],
  layout: { padding: { top: 8, right: 24, bottom: 8, left: 8 } },
  locale: 'en-US'
})

export const heading = (text: string) => ({
  display: true,
  text,
  color: ink,
  font: { size: 16 },
  padding: { top: 4, bottom: 0 }
})

// chart.js accepts anything that works like a canvas, but its types only accept the class of browsers
const asChartItem = (canvas: CanvasLike): HTMLCanvasElement => canvas as unknown as HTMLCanvasElement

/** Draws a still picture on white, with the given parts of chart.js. */
export const drawChart = <Type extends ChartType, Data>(
  canvas: CanvasLike,
  parts: readonly ChartComponentLike[],
  config: ChartConfiguration<Type, Data>
): void => {
  Chart.register(...parts)
  const chart = new Chart(asChartItem(canvas), { ...config, plugins: [white<Type>()], platform: BasicPlatform })
  const pixels = context2d(canvas).getImageData(0, 0, canvas.width, canvas.height)
  // chart.js keeps a chart that is not destroyed forever; destroying it clears the canvas
  chart.destroy()
  context2d(canvas).putImageData(pixels, 0, 0)
}
