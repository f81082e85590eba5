import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import * as node from 'tessera/node'
import { fail } from 'tessera'
import type { Failure } from 'tessera'
import type { Bar, Progress } from './progress.ts'

/** Which images to load. */
export interface DataSettings {
  readonly dataset: t.DatasetName
  /** The folder with the files of the data set; without one they are downloaded. */
  readonly data?: string
  /** Images to take, from the first. */
  readonly limit?: number
  /** `train` by default. */
  readonly split?: t.Split
}

/** Digits that are drawn if there is no limit. */
const digitsDrawn = { train: 6000, t10k: 2000 } as const

/** The digits are the same for every seed: they are a data set, not a part of the run. */
const hands = { train: t.key(0), t10k: t.key(1) } as const

/** Digits drawn on a canvas, or in plain arithmetic if there is none: the pictures hardly differ. */
const drawn = (split: t.Split, n: number): t.Dataset =>
  pipe(
    node.loadCanvas(),
    E.match(
      () => undefined,
      ({ createCanvas }) => createCanvas
    ),
    (create) => t.drawDigits(hands[split], n, { createCanvas: create })
  )

/** A bar for each file that is downloaded, in kilobytes. */
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
export const loadData = (settings: DataSettings, progress: Progress): TE.TaskEither<Failure, t.Dataset> => {
  const { dataset, data, limit: most, split = 'train' } = settings
  if (dataset === 'digits') return TE.fromIO(() => drawn(split, most ?? digitsDrawn[split]))
  return pipe(
    data === undefined ? downloaded(dataset, split, progress) : node.fromFolder(data, dataset, { split }),
    TE.map(most === undefined ? (all) => all : t.limit(most))
  )
}

/** A folder needs the name of the data set in it; the digits that the program draws have no folder. */
export const folderIsNamed = <S extends DataSettings>(settings: S): E.Either<Failure, S> => {
  const named = Object.keys(t.sources).map((name) => `--dataset ${name}`)
  return settings.data !== undefined && settings.dataset === 'digits'
    ? fail('usage', `--data wants to know what is in the folder: ${named.join(' or ')}`)
    : E.right(settings)
}

/** A data set, or a failure if a model takes pictures of another size. */
export const fitting =
  ({ config: { size } }: { readonly config: { readonly size: number } }) =>
  (dataset: t.Dataset): E.Either<Failure, t.Dataset> => {
    const { height, width, source } = dataset
    return height === size && width === size
      ? E.right(dataset)
      : fail('mismatch', `${source}: its images are ${height}×${width}, the model takes ${size}×${size}: name another --dataset`) // prettier-ignore
  }
