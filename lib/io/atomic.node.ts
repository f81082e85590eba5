import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, open, readFile, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { failure, reason } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'
import { isRunning } from './processes.node.ts'

const because: Readonly<Record<string, string>> = {
  EACCES: 'permission denied: name a place that is yours',
  EPERM: 'not permitted: name a place that is yours',
  EROFS: 'the file system is read-only: name another place',
  ENOSPC: 'the disk is full: make room or name another place',
  ENOENT: 'its folder does not exist: create it or name another',
  EEXIST: 'a file stands in its way: name another folder',
  ENOTDIR: 'a part of its path is a file, not a folder: name another',
  EISDIR: 'it is a folder: name a file',
  ENOTEMPTY: 'it is a folder: name a file',
  ENAMETOOLONG: 'the name is too long: name a shorter one'
}

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''

const why = (thrown: unknown): string => because[codeOf(thrown)] ?? reason(thrown)

const cannotWrite =
  (path: string) =>
  (thrown: unknown): Failure =>
    failure('write', `cannot write ${path}: ${why(thrown)}`)

const cannotRead =
  (path: string) =>
  (thrown: unknown): Failure =>
    failure('missing', codeOf(thrown) === 'ENOENT' ? `no such file: ${path}` : `cannot read ${path}: ${why(thrown)}`)

// beside the file that it becomes: a rename is atomic only within one file system
const temporaryIn = (folder: string): string =>
  join(folder, `.tessera-${process.pid}-${randomBytes(8).toString('hex')}.tmp`)

const fill = async (path: string, bytes: Uint8Array): Promise<void> => {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

const isLeftover = (name: string): boolean => {
  const [, pid] = /^\.tessera-(?:(\d+)-)?[0-9a-f]{16}\.tmp$/.exec(name) ?? [undefined, 'none']
  return pid !== 'none' && (pid === undefined || !isRunning(Number(pid)))
}

/** Removes what `writeAtomic` was about to write into a folder when its process was killed. */
export const removeLeftovers = (folder: string): TE.TaskEither<Failure, void> =>
  TE.tryCatch(async () => {
    const left = (await readdir(folder)).filter(isLeftover)
    // another process may be tidying up, too
    for (const name of left) await unlink(join(folder, name)).catch(() => undefined)
  }, cannotWrite(folder))

// makes the rename itself outlast a loss of power; not every system can do it, and the file is whole anyway
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

const sync = async (path: string): Promise<void> => {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

const replace = async (path: string, bytes: Uint8Array): Promise<void> => {
  const temporary = temporaryIn(dirname(path))
  try {
    await fill(temporary, bytes)
    await rename(temporary, path)
  } catch (thrown) {
    await unlink(temporary).catch(() => undefined)
    throw thrown
  }
  await syncFolder(dirname(path))
}

/**
 * Writes a file so that whoever opens it, at whatever moment, finds the whole of the old content or
 * the whole of the new: a temporary file in the same folder, fsync, rename. Where it fails nothing is
 * left behind. The failure is of kind `write`.
 *
 * @example
 * ```ts
 * import * as node from 'tessera/node'
 * const save = (text: string) => node.writeAtomic('notes.txt', new TextEncoder().encode(text))
 * ```
 */
export const writeAtomic = (path: string, bytes: Uint8Array): TE.TaskEither<Failure, void> =>
  TE.tryCatch(() => replace(path, bytes), cannotWrite(path))

const copy = async (from: string, to: string): Promise<void> => {
  const temporary = temporaryIn(dirname(to))
  try {
    // not a second name of the same file: what damages one would damage the other
    await copyFile(from, temporary)
    await sync(temporary)
    await rename(temporary, to)
  } catch (thrown) {
    await unlink(temporary).catch(() => undefined)
    throw thrown
  }
  await syncFolder(dirname(to))
}

/**
 * Copies a file into the place of another, without a moment at which either is missing. Damage to one leaves the other
 * as it is. The failure is of kind `write`.
 */
export const copyAtomic = (from: string, to: string): TE.TaskEither<Failure, void> =>
  TE.tryCatch(() => copy(from, to), cannotWrite(to))

/** Removes a file, if there is one of that name. The failure is of kind `write`. */
export const removeFile = (path: string): TE.TaskEither<Failure, void> =>
  TE.tryCatch(() => rm(path, { force: true }), cannotWrite(path))

/** The content of a file; the failure is of kind `missing`. */
export const readBytes = (path: string): TE.TaskEither<Failure, Uint8Array> =>
  TE.tryCatch(async () => {
    const { buffer, byteOffset, byteLength } = await readFile(path)
    return new Uint8Array(buffer, byteOffset, byteLength)
  }, cannotRead(path))

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false
  )

// not mkdir's own `recursive`: it never returns where the system denies that a folder exists, as in /proc
const makeFolder = async (path: string): Promise<void> => {
  if (await isFolder(path)) return
  if (dirname(path) !== path) await makeFolder(dirname(path))
  try {
    await mkdir(path)
  } catch (thrown) {
    // another may have been faster
    if (!(await isFolder(path))) throw thrown
  }
}

// asking for permissions is not enough: some folders deny what they promise
const probe = async (folder: string): Promise<void> => {
  const temporary = temporaryIn(folder)
  await fill(temporary, new Uint8Array())
  await unlink(temporary)
}

/**
 * Makes sure that a folder exists, with all above it, and that files can be written there. The failure
 * is of kind `write`.
 */
export const ensureFolder = (folder: string): TE.TaskEither<Failure, void> =>
  TE.tryCatch(async () => {
    await makeFolder(folder)
    await probe(folder)
  }, cannotWrite(folder))
