import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, open, readFile, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { failure, reason } from '../../base/failure.ts'
import type { Failure } from '../../base/failure.ts'
import { isRunning } from './processes.ts'

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

// in the folder of the file that it becomes: a rename is atomic only within one file system
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

/**
 * Removes the temporary files that `writeAtomic` left in a folder because its process was killed. The failure is of
 * kind `write`.
 *
 * @example
 * ```ts
 * import * as node from 'tessera/node'
 * const removed = await node.removeLeftovers('no-such-folder')()
 * assert.ok(removed._tag === 'Left' && removed.left.kind === 'write')
 * ```
 */
export const removeLeftovers = (folder: string): TE.TaskEither<Failure, void> =>
  TE.tryCatch(async () => {
    const left = (await readdir(folder)).filter(isLeftover)
    // another process may remove them at the same time
    for (const name of left) await unlink(join(folder, name)).catch(() => undefined)
  }, cannotWrite(folder))

// makes the rename survive a power failure; not every system can do it, and the file is whole in any case
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
 * Writes a file so that anyone who opens it, at any moment, finds either all of the old content or all of the new: it
 * writes a temporary file in the same folder, syncs it, and renames it. If it fails, nothing is left behind. The
 * failure is of kind `write`.
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
    // not a second name of the same file: damage to one would be damage to the other
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
 * Copies a file over another one, with no moment at which either is missing or half there. The copy has its own
 * content, so that later damage to one does not reach the other. The failure is of kind `write`.
 *
 * @example
 * ```ts
 * import * as node from 'tessera/node'
 * const copied = await node.copyAtomic('no-such-file', 'no-such-folder/copy')()
 * assert.ok(copied._tag === 'Left' && copied.left.kind === 'write')
 * ```
 */
export const copyAtomic = (from: string, to: string): TE.TaskEither<Failure, void> =>
  TE.tryCatch(() => copy(from, to), cannotWrite(to))

/**
 * Removes a file, if it exists. The failure is of kind `write`.
 *
 * @example
 * ```ts
 * import * as node from 'tessera/node'
 * assert.equal((await node.removeFile('no-such-file')())._tag, 'Right')
 * ```
 */
export const removeFile = (path: string): TE.TaskEither<Failure, void> =>
  TE.tryCatch(() => rm(path, { force: true }), cannotWrite(path))

/**
 * The content of a file. The failure is of kind `missing`.
 *
 * @example
 * ```ts
 * import * as node from 'tessera/node'
 * const bytes = await node.readBytes('no-such-file')()
 * assert.deepStrictEqual(bytes, { _tag: 'Left', left: { kind: 'missing', message: 'no such file: no-such-file' } })
 * ```
 */
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

// not the option `recursive` of mkdir: it never returns if the system denies that a folder exists, as in /proc
const makeFolder = async (path: string): Promise<void> => {
  if (await isFolder(path)) return
  if (dirname(path) !== path) await makeFolder(dirname(path))
  try {
    await mkdir(path)
  } catch (thrown) {
    // another process may have made it
    if (!(await isFolder(path))) throw thrown
  }
}

// checking permissions is not enough: some folders grant a permission and refuse the write
const probe = async (folder: string): Promise<void> => {
  const temporary = temporaryIn(folder)
  await fill(temporary, new Uint8Array())
  await unlink(temporary)
}

/**
 * Makes sure that a folder exists, with its parents, and that files can be written there. The failure is of kind
 * `write`.
 *
 * @example
 * ```ts
 * import * as node from 'tessera/node'
 * const made = await node.ensureFolder('package.json/folder')() // a file is in the way
 * assert.ok(made._tag === 'Left' && made.left.kind === 'write')
 * ```
 */
export const ensureFolder = (folder: string): TE.TaskEither<Failure, void> =>
  TE.tryCatch(async () => {
    await makeFolder(folder)
    await probe(folder)
  }, cannotWrite(folder))
