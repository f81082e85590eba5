import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/Either'
import type { Ahead, Job, Platform } from './types.ts'

/** Set for helpers, which have none of their own. */
const mark = 'TESSERA_HELPER'

const program = fileURLToPath(new URL('compiler.node.ts', import.meta.url))

/** Flags of Node that say how modules are found and read; each takes a value. */
const loading = new Set(['--import', '--require', '-r', '--loader', '--experimental-loader', '--conditions', '-C'])

/** Those of this process's flags without which a helper could not read this library either. */
export const loaders = (flags: readonly string[]): readonly string[] =>
  flags.flatMap((flag, i) => {
    if (loading.has(flag)) return flags.slice(i, i + 2)
    const [name] = flag.split('=')
    return flag.includes('=') && loading.has(name!) ? [flag] : []
  })

/** Calls something with a file that has no name any more, so that nobody need remove it. */
const withUnnamed = <A>(content: string, use: (file: number) => A): A => {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-'))
  try {
    const path = join(folder, 'jobs')
    writeFileSync(path, content)
    const file = openSync(path, 'r')
    try {
      return use(file)
    } finally {
      closeSync(file)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Away from the terminal's process group: Ctrl-C is for the program, with which a helper ends anyhow. */
const spawnHelper = (jobs: readonly Job[]): (() => void) => {
  const child = withUnnamed(JSON.stringify(jobs), (file) =>
    spawn(process.execPath, [...loaders(process.execArgv), program], {
      stdio: [file, 'ignore', 'ignore'],
      detached: true,
      env: { ...process.env, [mark]: '1' }
    })
  )
  // help is welcome and not needed
  child.on('error', () => undefined)
  child.unref()
  return () => void child.kill('SIGKILL')
}

const ahead: Ahead = (lists) => {
  const ends = lists
    .filter((jobs) => jobs.length > 0)
    .map((jobs) => E.tryCatch(() => spawnHelper(jobs), E.toError))
    .flatMap((spawned) => (E.isRight(spawned) ? [spawned.right] : []))
  return () => ends.forEach((end) => end())
}

/** The driver compiles on the thread that draws: more helpers than this get in each other's way at its end of the work. */
const most = 3

/**
 * Mesa, which headless-gl draws with on Linux, keeps what it compiled on disk, where other processes find it. Not for
 * what only calls itself Node, nor where a bundler left the helper's program behind.
 */
export const helpers = (): Platform['helpers'] => {
  const idle = Math.min(most, availableParallelism() - 1)
  const can = process.platform === 'linux' && basename(process.execPath).startsWith('node') && existsSync(program)
  return can && idle > 0 && process.env[mark] === undefined ? { most: idle, ahead } : undefined
}
