import type { Estimate } from 'tessera/metrics'
import { percent, short, table } from '../lib/table.ts'
import type { Losses, QuarterLoss } from './losses.ts'
import type { Scores } from './scores.ts'

const shownEstimate = ({ mean, error }: Estimate): string =>
  Number.isFinite(error) ? `${mean.toFixed(4)} ± ${error.toFixed(4)}` : mean.toFixed(4)

/** The loss by quarter of t, beside what knowing nothing or only pixels would give. */
export const lossTable = ({ quarters, overall, images }: Losses): string => {
  const row = (name: string, { model, pixelwise }: QuarterLoss) => [name, shownEstimate(model), pixelwise.toFixed(4), '1.0000'] // prettier-ignore
  const rows = quarters.map((quarter) => row(`t = ${quarter.from} … ${quarter.to - 1}`, quarter))
  return [
    `Loss on ${images} test images, ± its standard error`,
    table(['', 'model', 'pixel by pixel', 'no guess'], [...rows, row('all', overall)])
  ].join('\n')
}

/** How far images are from those of the data set. */
export const scoreTable = (scores: Scores, reference: number): string =>
  [
    `Distance from ${reference} test images`,
    table(
      ['', 'images', 'Fréchet', 'classes differ by', 'confidence'],
      Object.entries(scores).map(([name, { images, frechet, variation, confidence }]) => [
        name,
        images,
        short(frechet),
        percent(variation, 1),
        percent(confidence, 1)
      ])
    )
  ].join('\n')

/** Of how many images each class is, beside how many of the data set. */
export const classTable = (classes: readonly string[], dataset: readonly number[], scores: Scores): string => {
  const columns = [dataset, ...Object.values(scores).map(({ shares }) => shares)]
  return [
    'Classes, as they are read',
    table(
      ['', 'test images', ...Object.keys(scores)],
      classes.map((name, k) => [name, ...columns.map((shares) => percent(shares[k]!, 1))])
    )
  ].join('\n')
}
