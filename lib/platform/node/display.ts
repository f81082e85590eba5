import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { fail } from '../../base/failure.ts'
import type { Failure } from '../../base/failure.ts'

/** The X display that GL contexts of this process draw to; the name is empty if GL needs none. */
export interface Display {
  /** The name, as in DISPLAY; empty if GL needs none. */
  readonly name: string
  /** Whether this process started it. */
  readonly started: boolean
}

/**
 * Xvfb behind a shell that waits for the end of its standard input. A pipe closes when its process ends, even by SIGKILL, so
 * this needs no signal handlers and no clean-up. -displayfd picks a free number, so that several processes can start a
 * server at the same time.
 */
const script = `
Xvfb -displayfd 3 -screen 0 64x64x24 -nolisten tcp -noreset </dev/null &
server=$!
exec 3>&-
read -r forever
kill $server 2>/dev/null
wait $server`

const patience = 20_000

const missing = 'GL needs a display: DISPLAY is not set and Xvfb is not installed: sudo apt-get install -y xvfb'
const broken = 'GL needs a display: Xvfb did not start; see why with: Xvfb -displayfd 1'

/** Outside the terminal's process group: Ctrl-C is for the program, which may have to finish its step. */
const spawnServer = (): ChildProcess =>
  spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore', 'pipe'], detached: true })

/** The display number that the server writes when it is ready; nothing if it ends before that. */
const firstLine = (pipe: Readable): Promise<string> =>
  new Promise((resolve) => {
    const late = setTimeout(() => pipe.destroy(), patience)
    let text = ''
    pipe.setEncoding('utf8').on('data', (part: string) => {
      text += part
      if (text.includes('\n')) pipe.destroy()
    })
    pipe.on('close', () => {
      clearTimeout(late)
      resolve(text.trim())
    })
  })

const exitCode = (server: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    server.once('exit', resolve)
    server.stdin?.end()
  })

const start = async (): Promise<E.Either<Failure, Display>> => {
  const server = spawnServer()
  const number = await firstLine(server.stdio[3] as Readable)
  if (!/^\d+$/.test(number)) return fail('unavailable', (await exitCode(server)) === 127 ? missing : broken)
  server.unref()
  process.env.DISPLAY = `:${number}`
  return E.right({ name: `:${number}`, started: true })
}

const find = (): Promise<E.Either<Failure, Display>> => {
  const { DISPLAY: name = '' } = process.env
  if (name !== '' || process.platform !== 'linux') return Promise.resolve(E.right({ name, started: false }))
  return start()
}

/** A process has one environment, and so one display. */
let found: Promise<E.Either<Failure, Display>> | undefined

/**
 * Provides an X display for GL contexts: uses the one that DISPLAY names, else (on Linux) starts Xvfb for this process and
 * sets DISPLAY. Call it before the first GL context. The server ends with the process and does not keep it alive. Fails
 * with kind `unavailable` if Xvfb is missing.
 *
 * @example
 * ```ts
 * import * as node from 'tessera/node'
 *
 * const display = await node.ensureDisplay()
 * assert.deepStrictEqual(await node.ensureDisplay(), display)
 * ```
 */
export const ensureDisplay: TaskEither<Failure, Display> = () => (found ??= find())
