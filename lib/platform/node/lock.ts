import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { open, readdir, rename, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { failure, reason } from '../../base/failure.ts'
import type { Failure } from '../../base/failure.ts'
import { isRunning, startOf } from './processes.ts'

/**
 * A process that holds a folder, or wants to. The name of its file says everything, so that no file is half written.
 */
interface Claim {
  readonly name: string
  readonly host: string
  readonly pid: number
  readonly start: string
  readonly held: boolean
}

const here = hostname().replaceAll(/[^\w-]/g, '_')
const pattern = /^\.tessera-lock\.([\w-]+)\.(\d+)\.(\d*)\.[0-9a-f]{8}\.(held|wanted)$/

const claimOf = (name: string): readonly Claim[] => {
  const [, host, pid, start, state] = pattern.exec(name) ?? []
  return host === undefined ? [] : [{ name, host, pid: Number(pid), start: start!, held: state === 'held' }]
}

const claimsIn = async (folder: string): Promise<readonly Claim[]> => (await readdir(folder)).flatMap(claimOf)

// whether a process of another machine runs can't be known here
const isAlive = ({ host, pid, start }: Claim): boolean => host !== here || isRunning(pid, start)

const remove = (path: string): Promise<void> => unlink(path).catch(() => undefined)

/**
 * The claims of other running processes. A name is used only once, so the claim of a running process is never removed.
 */
const others = async (folder: string, own: string): Promise<readonly Claim[]> => {
  const claims = (await claimsIn(folder)).filter(({ name }) => name !== own)
  const dead = claims.filter((claim) => !isAlive(claim))
  await Promise.all(dead.map(({ name }) => remove(join(folder, name))))
  return claims.filter(isAlive)
}

const taken = (folder: string, { host, pid, name }: Claim): Failure =>
  failure(
    'write',
    host === here
      ? `${folder}: process ${pid} writes there: wait for it, stop it, or name another folder`
      : `${folder}: process ${pid} of ${host} writes there: wait for it, or delete ${name} if it runs no more`
  )

/**
 * Waits until every claim is either held or gone. Of several claims at the same time, the first by name wins. A claim
 * that was made after a process looked for others sees that process's claim.
 */
const rival = async (folder: string, own: string): Promise<Claim | undefined> => {
  for (;;) {
    const rivals = await others(folder, own)
    const first = rivals.find(({ held, name }) => held || name < own)
    if (first !== undefined || rivals.length === 0) return first
    await wait(5)
  }
}

const claim = async (folder: string): Promise<Failure | (() => void)> => {
  const base = `.tessera-lock.${here}.${process.pid}.${startOf(process.pid)}.${randomBytes(4).toString('hex')}`
  const [wanted, held] = [`${base}.wanted`, `${base}.held`]
  await (await open(join(folder, wanted), 'wx')).close()
  const other = await rival(folder, wanted)
  if (other !== undefined) {
    await remove(join(folder, wanted))
    return taken(folder, other)
  }
  await rename(join(folder, wanted), join(folder, held))
  const release = (): void => rmSync(join(folder, held), { force: true })
  process.once('exit', release)
  return () => {
    process.off('exit', release)
    release()
  }
}

/**
 * Makes this process the only writer of a folder, until it ends or calls the function that this returns. The lock of a
 * killed process is void. The failure is of kind `write`, and names the process that holds the folder.
 *
 * @example
 * ```ts
 * import * as node from 'tessera/node'
 * const locked = await node.lockFolder('no-such-folder')()
 * assert.ok(locked._tag === 'Left' && locked.left.kind === 'write')
 * ```
 */
export const lockFolder = (folder: string): TE.TaskEither<Failure, () => void> =>
  pipe(
    TE.tryCatch(
      () => claim(folder),
      (thrown) => failure('write', `cannot lock ${folder}: ${reason(thrown)}`)
    ),
    TE.flatMap((got) => (typeof got === 'function' ? TE.right(got) : TE.left(got)))
  )
