import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { childrenOf, gone, lives, read } from '../support/processes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A program that prints what `ensureDisplay` gave it, and then does as `after` says. */
const program = (after: string): string => `
  import { ensureDisplay } from './lib/platform/node/display.ts'
  const [result, again] = await Promise.all([ensureDisplay(), ensureDisplay()])
  if (result !== again) throw new Error('two answers')
  process.stdout.write(JSON.stringify({ ...result, set: process.env.DISPLAY }) + '\\n')
  ${after}`

const children = new Set<ChildProcessWithoutNullStreams>()
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
})

const run = (after: string, env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams => {
  const { DISPLAY: _, ...rest } = process.env
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program(after)]
  const child = spawn(process.execPath, args, { cwd: root, env: { ...rest, ...env } })
  children.add(child)
  return child
}

interface Answer {
  readonly right?: { readonly name: string; readonly started: boolean }
  readonly left?: { readonly kind: string; readonly message: string }
  readonly set?: string
}

const answer = async ({ stdout }: ChildProcessWithoutNullStreams): Promise<Answer> => {
  for await (const line of createInterface({ input: stdout })) return JSON.parse(line) as Answer
  throw new Error('the program ended without an answer')
}

/** The process id of the server that a program started, behind a shell. (Its display's number may be taken anew.) */
const serverOf = (child: ChildProcessWithoutNullStreams): number => childrenOf(child.pid!).flatMap(childrenOf)[0]!

/** Goes on until its standard input ends. */
const waits = 'process.stdin.resume()'

/** How a process may end (by its own doing, or by a signal), and with which code. */
const ends: readonly (readonly [how: string, after: string, kill: NodeJS.Signals | null, code: number | null])[] = [
  ['runs out of work', waits, null, 0],
  ['calls process.exit', `${waits}.on('end', () => process.exit(3)); setInterval(() => {}, 1e6)`, null, 3],
  ['throws', `${waits}.on('end', () => { throw new Error('oops') }); setInterval(() => {}, 1e6)`, null, 1],
  ['is interrupted', waits, 'SIGINT', null],
  ['is terminated', waits, 'SIGTERM', null],
  ['is killed', waits, 'SIGKILL', null]
]

describe.runIf(process.platform === 'linux')('display', () => {
  it.each(ends)('ends its server when the process %s', async (_how, after, kill, code) => {
    const child = run(after)
    const exit = once(child, 'exit')
    const { right, set = '' } = await answer(child)
    expect(set).toMatch(/^:\d+$/)
    expect(right).toEqual({ name: set, started: true })
    const server = serverOf(child)
    expect(read(String(server), 'cmdline')).toMatch(/Xvfb/)
    if (kill === null) child.stdin.end()
    else child.kill(kill)
    expect(await exit).toEqual([code, kill])
    expect(await gone(server)).toBe(true)
  })

  it('gives each process a server of its own, alive while the process is', async () => {
    const several = [1, 2, 3].map(() => run(waits))
    const names = (await Promise.all(several.map(answer))).map(({ set = '' }) => set)
    expect(new Set(names).size).toBe(3)
    const servers = several.map(serverOf)
    several[0]!.kill()
    expect(await gone(servers[0]!)).toBe(true)
    expect(servers.map(lives)).toEqual([false, true, true])
    for (const child of several) child.kill()
    expect(await Promise.all(servers.map(gone))).toEqual([true, true, true])
  })

  it('takes the display that is there', async () => {
    const { right, set } = await answer(run('', { DISPLAY: ':4242' }))
    expect({ right, set }).toEqual({ right: { name: ':4242', started: false }, set: ':4242' })
  })

  it('names the command that installs a missing server', async () => {
    const { left, set } = await answer(run('', { PATH: '/nowhere' }))
    expect(set).toBeUndefined()
    expect(left).toEqual({
      kind: 'unavailable',
      message: 'GL needs a display: DISPLAY is not set and Xvfb is not installed: sudo apt-get install -y xvfb'
    })
  })
})
