import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { mark } from './protocol.ts'
import type { Answer, Request } from './protocol.ts'

/** A program and its arguments. */
export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** A program of this project, as a command. */
export const script = (path: string, ...args: readonly string[]): Command => ({
  program: process.execPath,
  args: ['--import', 'tsx', fileURLToPath(new URL(path, import.meta.url)), ...args]
})

/** A process that answers requests, one at a time. */
export interface Channel {
  readonly facts: Readonly<Record<string, string>>
  /** Answers with an error where the process fails, ends, or takes too long, which ends it. */
  ask(request: Request, seconds: number): Promise<Answer>
  isOpen(): boolean
  close(): void
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

const root = fileURLToPath(new URL('../..', import.meta.url))

const spawned = ({ program, args, env }: Command): Child =>
  spawn(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })

/** The last thing that a process complained about. */
const complaints = (child: Child): (() => string) => {
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text = (text + part).slice(-4000)))
  return () =>
    text
      .trimEnd()
      .split('\n')
      .findLast((line) => /error/i.test(line)) ??
    text.trimEnd().split('\n').at(-1) ??
    ''
}

/** The answers of a process: each call waits for the next one. */
const answersOf = (child: Child): ((seconds: number) => Promise<Answer>) => {
  const complaint = complaints(child)
  let [waiting, ended]: [((answer: Answer) => void) | undefined, Answer | undefined] = [undefined, undefined]
  const settle = (answer: Answer): void => {
    waiting?.(answer)
    waiting = undefined
  }
  const end = (why: string): void => {
    ended ??= { error: why }
    settle(ended)
  }
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith(mark)) settle(JSON.parse(line.slice(mark.length)) as Answer)
  })
  child.on('error', ({ message }) => end(message))
  child.on('close', (code) => end(`its process ended (${code ?? 'killed'}) ${complaint()}`.trimEnd()))
  child.stdin.on('error', () => undefined)
  return (seconds) =>
    new Promise((resolve) => {
      if (ended) {
        resolve(ended)
        return
      }
      const late = setTimeout(() => {
        end(`took longer than ${seconds} s`)
        child.kill('SIGKILL')
      }, seconds * 1e3)
      waiting = (answer) => {
        clearTimeout(late)
        resolve(answer)
      }
    })
}

const isOpen = (child: Child): boolean => child.exitCode === null && !child.killed && child.signalCode === null

/** Starts a process and waits until it is ready; gives what is wrong where it is not. */
export const openChannel = async (command: Command, seconds: number): Promise<Channel | string> => {
  const child = spawned(command)
  const answer = answersOf(child)
  const { error, facts = {} } = await answer(seconds)
  if (error !== undefined) return error
  return {
    facts,
    ask: (request, patience) => {
      const answered = answer(patience)
      child.stdin.write(`${JSON.stringify(request)}\n`)
      return answered
    },
    isOpen: () => isOpen(child),
    close: () => child.stdin.end()
  }
}

/** What a process answers that does one thing and ends. */
export const answerOf = (command: Command, seconds: number): Promise<Answer> => answersOf(spawned(command))(seconds)
