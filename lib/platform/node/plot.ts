import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { failure, reason, type Failure } from '../../base/failure.ts'
import { checkChart, lossChart } from '../../render/plot.ts'
import type { LossChartOptions } from '../../render/plot.ts'
import { loadCanvas, writePng } from './png.ts'
import type { PngCanvas } from './png.ts'
import type { LossPoint } from '../../render/series.ts'

const plot = (points: readonly LossPoint[], options: LossChartOptions): E.Either<Failure, PngCanvas> =>
  pipe(
    loadCanvas(),
    E.flatMap(({ createCanvas }) =>
      E.tryCatch(
        () => {
          const canvas = createCanvas(1, 1)
          lossChart(points, canvas, options)
          return canvas
        },
        (thrown) => failure('write', `the chart cannot be drawn: ${reason(thrown)}`)
      )
    )
  )

/**
 * Writes the chart of `lossChart` to a PNG file. The failure is of kind `unavailable` without the package `canvas`,
 * else `write`.
 *
 * @throws TesseraError if an option is wrong
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import * as node from 'tessera/node'
 * const save = (points: readonly t.LossPoint[]) => node.writeLossChart('loss.png', points, { title: 'Digits' })
 * ```
 */
export const writeLossChart = (
  path: string,
  points: readonly LossPoint[],
  options: LossChartOptions = {}
): TE.TaskEither<Failure, void> => {
  checkChart('writeLossChart', options)
  return pipe(
    TE.fromIOEither(() => plot(points, options)),
    TE.flatMap((canvas) => writePng(path, canvas))
  )
}
