import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import * as node from 'tessera/node'
import type { Failure } from '../../lib/core/failure.ts'
import type { Bar, Progress } from './progress.ts'
import type { Settings } from './settings.ts'

/** As many digits as are drawn where no limit is given. */
const digitsDrawn = 6000

/** The digits are the same whatever the seed: a data set, not a part of the run. */
const hand = { hi: 0, lo: 0 }

/** Digits drawn on a canvas, or in plain arithmetic where there is none: hardly another picture. */
const drawn = (n: number): t.Dataset =>
  pipe(
    node.loadCanvas(),
    E.match(
      () => undefined,
      ({ createCanvas }) => createCanvas
    ),
    (create) => t.drawDigits(create, hand, n)
  )

/** A bar for each file that arrives, in kilobytes. */
const arrivals = (progress: Progress) => {
  let current: { readonly file: string; readonly bar: Bar } | undefined
  return {
    onProgress: (file: string, received: number, total = received): void => {
      if (current?.file !== file) {
        current?.bar.end()
        progress.say(`Downloading ${file}`)
        current = { file, bar: progress.bar('download', Math.ceil(total / 1000)) }
      }
      current.bar.at(Math.ceil(received / 1000), 'kB')
    },
    end: (): void => current?.bar.end()
  }
}

const downloaded = (name: t.SourceName, progress: Progress): TE.TaskEither<Failure, t.Dataset> => {
  const { onProgress, end } = arrivals(progress)
  return pipe(
    node.download(name, { onProgress }),
    T.tapIO(() => end)
  )
}

/** The data set that the settings name: drawn, read from a folder, or downloaded. */
export const loadData = (settings: Settings, progress: Progress): TE.TaskEither<Failure, t.Dataset> => {
  const { dataset, data, limit: most } = settings
  if (dataset === 'digits') return TE.fromIO(() => drawn(most ?? digitsDrawn))
  return pipe(
    data === undefined ? downloaded(dataset, progress) : node.fromFolder(data, dataset),
    TE.map(most === undefined ? (all) => all : t.limit(most))
  )
}
