import type { Estimate } from 'tessera/metrics'
import { percent, short, table } from '../lib/table.ts'
import type { Losses, QuarterLoss } from './losses.ts'
import type { Score, Scores } from './scores.ts'

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

const featuresOf = ({ features }: Score): readonly string[] =>
  features === undefined
    ? ['', '', '']
    : [short(features.kernel), percent(features.precision, 1), percent(features.recall, 1)]

/** How far images are from those of the data set. */
export const scoreTable = (scores: Scores, reference: number): string => {
  // how many show what they shall is only known of a model of classes
  const known = Object.values(scores).some(({ right }) => right !== undefined)
  const rightOf = ({ right }: Score): readonly string[] => {
    if (!known) return []
    return [right === undefined ? '' : percent(right, 1)]
  }
  const rows = Object.entries(scores).map(([name, score]) => {
    const { images, frechet, variation, confidence } = score
    const classes = [percent(variation, 1), percent(confidence, 1), ...rightOf(score)]
    return [name, images, short(frechet), ...featuresOf(score), ...classes]
  })
  const distances = ['Fréchet', 'kernel', 'precision', 'recall']
  const head = ['', 'images', ...distances, 'classes differ by', 'confidence', ...(known ? ['as asked for'] : [])]
  return [`Distance from ${reference} test images`, table(head, rows)].join('\n')
}

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
