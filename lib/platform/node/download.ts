import { dirname, join } from 'node:path'
import envPaths from 'env-paths'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import { failure } from '../../base/failure.ts'
import type { Failure } from '../../base/failure.ts'
import { choice, options, type OptionNames } from '../../core/options.ts'
import { ensureFolder, readBytes, removeLeftovers, writeAtomic } from './atomic.ts'
import { quote } from '../../io/quote.ts'
import { fileName, sourceNames, sources } from '../../data/catalogue.ts'
import type { Part, Source, SourceName, Split } from '../../data/catalogue.ts'
import type { Dataset } from '../../data/dataset.ts'
import { parseIdx } from '../../data/idx.ts'
import type { Idx } from '../../data/idx.ts'
import { labelled } from '../../data/labelled.ts'
import { transfer } from './transfer.ts'
import type { Fetch } from './transfer.ts'
import { sha256, unpack } from './unpack.ts'

/** The options of `download`. */
export interface DownloadOptions {
  /** The images to load: `train` (the default) or `t10k`. */
  readonly split?: Split
  /** The folder in which files are kept; `data` in the user's cache folder by default. */
  readonly cache?: string
  /** Called as a file arrives, with bytes. `total` is undefined if the server does not tell it. */
  readonly onProgress?: (file: string, received: number, total: number | undefined) => void
  /** Used in place of the global `fetch`. */
  readonly fetch?: Fetch
  /** How long a mirror may send nothing, in milliseconds; 20 s by default. */
  readonly stallMs?: number
  /** How long a mirror may take for a file, in milliseconds; 10 min by default. */
  readonly limitMs?: number
  /** The pause before a mirror that was not reached is tried once more, in milliseconds; 1 s by default. */
  readonly retryMs?: number
}

type Settings = Required<DownloadOptions>

const optionNames: OptionNames<DownloadOptions> = {
  split: true,
  cache: true,
  onProgress: true,
  fetch: true,
  stallMs: true,
  limitMs: true,
  retryMs: true
}

const settings = (given: DownloadOptions): Settings => ({
  split: 'train',
  cache: join(envPaths('tessera', { suffix: '' }).cache, 'data'),
  onProgress: () => undefined,
  fetch: (url, init) => fetch(url, init),
  stallMs: 20_000,
  limitMs: 600_000,
  retryMs: 1000,
  ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as DownloadOptions)
})

/** One file to download. */
interface Wanted {
  readonly source: Source
  readonly name: string
  readonly sha256: string
  readonly cached: string
}

const checked = (wanted: Wanted, bytes: Uint8Array): TE.TaskEither<Failure, Uint8Array> =>
  sha256(bytes) === wanted.sha256
    ? TE.right(bytes)
    : TE.left(failure('checksum', `its SHA-256 is not the known one, ${wanted.sha256.slice(0, 12)}…`))

/** The bytes that a mirror sends, unpacked and checked. Any damage is a failure of kind `checksum`. */
const fromMirror = (wanted: Wanted, mirror: string, to: Settings): TE.TaskEither<Failure, Uint8Array> => {
  const attempt = transfer(to.fetch, `${mirror}${wanted.name}.gz`, to, (received, total) =>
    to.onProgress(wanted.name, received, total)
  )
  return pipe(
    attempt,
    TE.orElse(() => T.delay(to.retryMs)(attempt)),
    TE.chain((bytes) =>
      pipe(
        unpack(bytes, wanted.name),
        TE.mapLeft(({ message }) => failure('checksum', message))
      )
    ),
    TE.chain((bytes) => checked(wanted, bytes))
  )
}

const told = (wanted: Wanted, tried: readonly (readonly [mirror: string, Failure])[]): Failure => {
  const kind = tried.some(([, { kind }]) => kind === 'checksum') ? 'checksum' : 'network'
  const each = tried.map(([mirror, { message }]) => `${new URL(mirror).host}: ${message}`).join('; ')
  const what = `${wanted.source.title}: ${wanted.name} could not be downloaded (${each})`
  return failure(kind, `${what}: try again later, or name a folder that holds the files with --data DIR`)
}

/** The file from the first mirror that has it. */
const fromMirrors =
  (wanted: Wanted, to: Settings): TE.TaskEither<Failure, Uint8Array> =>
  async () => {
    const tried: (readonly [string, Failure])[] = []
    for (const mirror of wanted.source.mirrors) {
      const got = await fromMirror(wanted, mirror, to)()
      if (E.isRight(got)) return got
      tried.push([mirror, got.left])
    }
    return E.left(told(wanted, tried))
  }

/** The file, from the cache if it is there undamaged, else from a mirror. */
const obtain = (wanted: Wanted, to: Settings): TE.TaskEither<Failure, Uint8Array> =>
  pipe(
    readBytes(wanted.cached),
    TE.chain((bytes) => checked(wanted, bytes)),
    TE.orElse(() =>
      pipe(
        ensureFolder(dirname(wanted.cached)),
        TE.tap(() => removeLeftovers(dirname(wanted.cached))),
        TE.chain(() => fromMirrors(wanted, to)),
        TE.tap((bytes) => writeAtomic(wanted.cached, bytes))
      )
    )
  )

const part = (source: Source, which: Part, to: Settings): TE.TaskEither<Failure, Idx> => {
  const name = fileName(to.split, which)
  const cached = join(to.cache, source.name, name)
  return pipe(
    obtain({ source, name, cached, sha256: source.checksums[to.split][which] }, to),
    TE.chainEitherK((bytes) => parseIdx(bytes, { name: cached }))
  )
}

const noMirror = ({ title }: Source, mirror: string): Failure =>
  failure('usage', `${title}: the mirror ${quote(mirror)} is no URL: name it in full, with https:// in front`)

/**
 * Downloads a data set of IDX files from your own mirrors, with your own checksums. Otherwise it is `download`.
 *
 * @throws TesseraError for an unknown option
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import * as node from 'tessera/node'
 * const mine = { ...t.sources.mnist, mirrors: ['https://example.org/mnist/'] }
 * assert.equal(typeof node.downloadFrom(mine, { split: 't10k' }), 'function') // a TaskEither: it runs when called
 * ```
 */
export const downloadFrom = (source: Source, given: DownloadOptions = {}): TE.TaskEither<Failure, Dataset> => {
  const to = settings(options('download', given, optionNames))
  choice('download', 'split', to.split, ['train', 't10k'])
  const wrong = source.mirrors.find((mirror) => !URL.canParse(mirror))
  if (wrong !== undefined) return TE.left(noMirror(source, wrong))
  return pipe(
    TE.Do,
    TE.bind('labels', () => part(source, 'labels', to)),
    TE.bind('images', () => part(source, 'images', to)),
    TE.chainEitherK(({ images, labels }) => labelled(source, join(to.cache, source.name), images, labels))
  )
}

/**
 * Loads MNIST or Fashion-MNIST: from the cache, or else from the first mirror whose file has the known SHA-256. Files
 * are kept unpacked in the cache, which `fromFolder` can read, too. A damaged one is replaced, and a file is never half
 * written. A mirror that does not answer is tried twice.
 *
 * The failure is of kind `network` if no mirror answers, `checksum` if one sent another file and none the right one,
 * and `write` if the cache can't be written.
 *
 * @throws TesseraError for an unknown data set or option
 *
 * @example
 * ```ts
 * import * as node from 'tessera/node'
 *
 * const mnist = node.download('mnist', { onProgress: (file, received) => console.log(file, received) })
 * assert.deepStrictEqual(typeof mnist, 'function') // a TaskEither: nothing happens until it is called
 * ```
 */
export const download = (which: SourceName, given: DownloadOptions = {}): TE.TaskEither<Failure, Dataset> =>
  downloadFrom(sources[choice('download', 'the data set', which, sourceNames)], given)
