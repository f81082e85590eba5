import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export type ProgramName =
  'train' | 'sample' | 'convert' | 'classify' | 'evaluate' | 'doctor' | 'profile' | 'tune' | 'bench' | 'samplers'
type Child = ChildProcessByStdio<null, Readable, Readable>

/** How a program ended, and what it printed. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Options {
  /** A module that runs before the program. */
  readonly before?: string
  readonly env?: NodeJS.ProcessEnv
  /** Called with the program's output so far whenever there is more of it. */
  readonly watch?: (child: Child, stdout: string) => void
  readonly started?: (child: Child) => void
}

const preload = (source: string): readonly string[] => [
  '--import',
  `data:text/javascript,${encodeURIComponent(source)}`
]

/** Runs a program to its end, without a terminal. */
export const program = async (
  name: ProgramName,
  args: readonly string[],
  { before, env = {}, watch, started }: Options = {}
): Promise<Ended> => {
  const first = before === undefined ? [] : preload(before)
  const command = [...first, '--import', 'tsx', join(root, 'scripts', `${name}.ts`), ...args]
  const child = spawn(process.execPath, command, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  started?.(child)
  const texts = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.stdout += text
    watch?.(child, texts.stdout)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...texts }
}

/** Makes a package impossible to load. */
export const without = (name: string): string => `
  import Module from 'node:module'
  const load = Module._load
  Module._load = function (asked, ...rest) {
    if (asked === ${JSON.stringify(name)}) throw new Error('no such package here')
    return load.call(this, asked, ...rest)
  }`

/** Answers every download as told, in the words of a module. */
export const answering = (response: string): string => `
  import { gzipSync } from 'node:zlib'
  globalThis.fetch = async () => { ${response} }`

/** The file names in a folder, in order; none where there is no folder. */
export const namesIn = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted() : []

/** A line of `log.jsonl`, of a step or of an epoch. */
export interface LogLine {
  readonly epoch: number
  readonly step?: number
  readonly loss?: number
  readonly ms?: number
  readonly meanLoss?: number
  readonly seconds?: number
  readonly best?: boolean
}

/** The lines of `log.jsonl`. */
export const logIn = (folder: string): readonly LogLine[] =>
  readFileSync(join(folder, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine)

/** The losses of the steps in `log.jsonl`. */
export const lossesIn = (folder: string): readonly number[] =>
  logIn(folder).flatMap(({ loss }) => (loss === undefined ? [] : [loss]))
