import { readFileSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import envPaths from 'env-paths'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { defaultCosts, type Costs } from '../../compile/kernel/costs.ts'
import { fail, failure, reason, type Failure } from '../../base/failure.ts'
import { ensureFolder, writeAtomic } from './atomic.ts'
import type { Device } from '../../device/api/device.ts'

/** The key of stored costs: a backend, and the name of its driver. */
export type GLDevice = Pick<Device, 'name' | 'renderer'>

/** The folder for settings: the user's, or the one in TESSERA_CONFIG; none if that is empty. */
const settings = (): E.Either<Failure, string> => {
  const { TESSERA_CONFIG: told } = process.env
  return told === ''
    ? fail('unavailable', 'TESSERA_CONFIG is empty, so there are no stored costs')
    : E.right(told ?? envPaths('tessera', { suffix: '' }).config)
}

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 100)

/** The file for the costs of a device; a failure if costs are not to be stored. */
export const costsFile = ({ name, renderer }: GLDevice): E.Either<Failure, string> =>
  pipe(
    settings(),
    E.map((folder) => join(folder, 'costs', `${plain(name)}-${plain(renderer)}.json`))
  )

const names = Object.keys(defaultCosts) as readonly (keyof Costs)[]
const least: Partial<Costs> = { cores: 1, block: 1 }

const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> => typeof x === 'object' && x !== null

const isCosts = (x: unknown): x is Costs =>
  isRecord(x) &&
  names.every((name) => {
    const value = x[name]
    return typeof value === 'number' && Number.isFinite(value) && value >= (least[name] ?? 0)
  })

/** Parses a file of costs; its path is for the failure. */
const parsed = (path: string, text: string): E.Either<Failure, Costs> =>
  pipe(
    E.tryCatch(
      () => JSON.parse(text) as unknown,
      (thrown) => failure('format', `${path} is damaged (${reason(thrown)}): run npm run tune`)
    ),
    E.filterOrElse(
      (content) => isRecord(content) && isCosts(content.costs),
      () =>
        failure(
          'format',
          `${path} is damaged (it wants finite numbers, 0 or more: ${names.join(', ')}): run npm run tune`
        )
    ),
    E.map((content) => (content as { readonly costs: Costs }).costs)
  )

const isMissing = (thrown: unknown): boolean => thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT'

const textOf = (path: string): E.Either<Failure, string | undefined> => {
  try {
    return E.right(readFileSync(path, 'utf8'))
  } catch (thrown) {
    return isMissing(thrown) ? E.right(undefined) : fail('missing', `cannot read ${path}: ${reason(thrown)}`)
  }
}

/** The costs stored for a device, if there are any. Fails with kind `format` if the file is damaged. */
export const storedCosts = (device: GLDevice): E.Either<Failure, Costs | undefined> =>
  pipe(
    costsFile(device),
    E.match(
      () => E.right(undefined),
      (path) =>
        pipe(
          textOf(path),
          E.flatMap((text) => (text === undefined ? E.right(undefined) : parsed(path, text)))
        )
    )
  )

/** Stores the costs of a device for later programs; returns the file. Fails with kind `write`. */
export const storeCosts = ({ name, renderer }: GLDevice, costs: Costs): TE.TaskEither<Failure, string> =>
  pipe(
    TE.fromEither(costsFile({ name, renderer })),
    TE.tap((path) => ensureFolder(dirname(path))),
    TE.tap((path) =>
      writeAtomic(path, new TextEncoder().encode(`${JSON.stringify({ name, renderer, costs }, null, 2)}\n`))
    )
  )

/** Removes the stored costs of a device; returns the file, or undefined if there was none. */
export const forgetCosts = (device: GLDevice): TE.TaskEither<Failure, string | undefined> =>
  pipe(
    TE.fromEither(costsFile(device)),
    TE.flatMap((path) =>
      pipe(
        TE.tryCatch(
          () => unlink(path),
          (thrown) => thrown
        ),
        TE.matchE(
          (thrown) =>
            isMissing(thrown)
              ? TE.right<Failure, string | undefined>(undefined)
              : TE.left(failure('write', `cannot remove ${path}: ${reason(thrown)}`)),
          () => TE.right(path)
        )
      )
    )
  )
