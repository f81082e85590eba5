import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import * as node from 'tessera/node'
import { failure } from 'tessera'
import type { Failure } from 'tessera'
import type { Bar, Progress } from './progress.ts'

export type DatasetName = 'digits' | t.SourceName

/** Which images are wanted. */
export interface Wanted {
  readonly dataset: DatasetName
  /** The folder that holds the files of the data set; without one they are downloaded. */
  readonly data?: string
  /** How many images of the data set, from its first. */
  readonly limit?: number
  /** Those to train on, unless told. */
  readonly split?: t.Split
}

/** As many digits as are drawn where no limit is given. */
const digitsDrawn = { train: 6000, t10k: 2000 } as const

/** The digits are the same whatever the seed: a data set, not a part of the run. */
const hands = { train: t.key(0), t10k: t.key(1) } as const

/** Digits drawn on a canvas, or in plain arithmetic where there is none: hardly another picture. */
const drawn = (split: t.Split, n: number): t.Dataset =>
  pipe(
    node.loadCanvas(),
    E.match(
      () => undefined,
      ({ createCanvas }) => createCanvas
    ),
    (create) => t.drawDigits(hands[split], n, { createCanvas: create })
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

const downloaded = (name: t.SourceName, split: t.Split, progress: Progress): TE.TaskEither<Failure, t.Dataset> => {
  const { onProgress, end } = arrivals(progress)
  return pipe(
    node.download(name, { split, onProgress }),
    T.tapIO(() => end)
  )
}

/** The data set that the settings name: drawn, read from a folder, or downloaded. */
export const loadData = (wanted: Wanted, progress: Progress): TE.TaskEither<Failure, t.Dataset> => {
  const { dataset, data, limit: most, split = 'train' } = wanted
  if (dataset === 'digits') return TE.fromIO(() => drawn(split, most ?? digitsDrawn[split]))
  return pipe(
    data === undefined ? downloaded(dataset, split, progress) : node.fromFolder(data, dataset, { split }),
    TE.map(most === undefined ? (all) => all : t.limit(most))
  )
}

/** A folder wants to be told what is in it; the digits that the program draws have none. */
export const folderIsNamed = <W extends Wanted>(wanted: W): E.Either<Failure, W> =>
  wanted.data !== undefined && wanted.dataset === 'digits'
    ? E.left(failure('usage', '--data wants to know what is in the folder: --dataset mnist or --dataset fashion-mnist'))
    : E.right(wanted)
