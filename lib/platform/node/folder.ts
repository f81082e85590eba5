import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { failure, reason } from '../../base/failure.ts'
import type { Failure } from '../../base/failure.ts'
import { readBytes } from './atomic.ts'
import { choice, options } from '../../core/options.ts'
import { fileName, fileNames, sources } from '../../data/catalogue.ts'
import type { Part, SourceName, Split } from '../../data/catalogue.ts'
import type { Dataset } from '../../data/dataset.ts'
import { parseIdx } from '../../data/idx.ts'
import type { Idx } from '../../data/idx.ts'
import { labelled } from '../../data/labelled.ts'
import { unpack } from './unpack.ts'

const listing = (dir: string): TE.TaskEither<Failure, readonly string[]> =>
  TE.tryCatch(
    () => readdir(dir),
    (thrown) =>
      failure('missing', `${dir}: no folder that can be read (${reason(thrown)}): name one that holds the IDX files`)
  )

const find = (dir: string, split: Split, part: Part): TE.TaskEither<Failure, string> =>
  pipe(
    listing(dir),
    TE.chain((present) => {
      const name = fileNames(split, part).find((candidate) => present.includes(candidate))
      return name === undefined
        ? TE.left(
            failure(
              'missing',
              `${dir}: no ${fileName(split, part)} in it, gzipped or not: name the folder that holds it`
            )
          )
        : TE.right(join(dir, name))
    })
  )

const readIdx = (dir: string, split: Split, part: Part): TE.TaskEither<Failure, Idx> =>
  pipe(
    find(dir, split, part),
    TE.chain((path) =>
      pipe(
        readBytes(path),
        TE.chain((bytes) => unpack(bytes, path)),
        TE.chainEitherK((bytes) => parseIdx(bytes, { name: path }))
      )
    )
  )

/** The options of `fromFolder`. */
export interface FolderOptions {
  /** The images to load: `train` (the default) or `t10k`. */
  readonly split?: Split
}

/**
 * Loads MNIST, Fashion-MNIST, or other labelled images in their format and of their size from a folder. It must hold the IDX files
 * `train-images-idx3-ubyte` and `train-labels-idx1-ubyte` (or `t10k-…`), gzipped or not; `.idx3` in place of `-idx3` is
 * found, too. Checksums are not checked.
 *
 * The failure is of kind `missing` if there is no such folder or file, and `format` if a file is damaged, of another
 * format, or has another count than the other one.
 *
 * @throws TesseraError for an unknown option
 *
 * @example
 * ```ts
 * import * as node from 'tessera/node'
 * const loaded = await node.fromFolder('no-such-folder', 'mnist', { split: 't10k' })()
 * assert.ok(loaded._tag === 'Left' && loaded.left.kind === 'missing')
 * ```
 */
export const fromFolder = (
  dir: string,
  which: SourceName,
  given: FolderOptions = {}
): TE.TaskEither<Failure, Dataset> => {
  const { split = 'train' } = options('fromFolder', given, { split: true })
  choice('fromFolder', 'split', split, ['train', 't10k'])
  return pipe(
    TE.Do,
    TE.bind('images', () => readIdx(dir, split, 'images')),
    TE.bind('labels', () => readIdx(dir, split, 'labels')),
    TE.chainEitherK(({ images, labels }) => labelled(sources[which], dir, images, labels))
  )
}
