import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/Either'
import type { Ahead, Job, Platform } from '../../device/platform.ts'

/** An environment variable that is set for helpers, which start no helpers themselves. */
const mark = 'TESSERA_HELPER'

// the build has .js where the sources have .ts
const program = fileURLToPath(new URL(`compiler${extname(import.meta.url)}`, import.meta.url))

/** Flags of Node that affect how modules are loaded; each takes a value. */
const loading = new Set(['--import', '--require', '-r', '--loader', '--experimental-loader', '--conditions', '-C'])

/** The flags of this process that a helper needs to load this library. */
export const loaders = (flags: readonly string[]): readonly string[] =>
  flags.flatMap((flag, i) => {
    if (loading.has(flag)) return flags.slice(i, i + 2)
    const [name] = flag.split('=')
    return flag.includes('=') && loading.has(name!) ? [flag] : []
  })

/** Calls `use` with an open file that is already unlinked, so that it need not be removed. */
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

/** Outside the terminal's process group: Ctrl-C is for the program, and a helper ends with it. */
const spawnHelper = (jobs: readonly Job[]): (() => void) => {
  const child = withUnnamed(JSON.stringify(jobs), (file) =>
    spawn(process.execPath, [...loaders(process.execArgv), program], {
      stdio: [file, 'ignore', 'ignore'],
      detached: true,
      env: { ...process.env, [mark]: '1' }
    })
  )
  // a missing helper only costs time
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

/**
 * The most helpers. The driver compiles on the thread that draws, and more helpers than this get in each other's way at the
 * end of the list.
 */
const most = 3

/**
 * On Linux, headless-gl uses Mesa, which caches compiled programs on disk for all processes. Undefined in runtimes that only
 * call themselves Node, and if a bundler did not include the helper's program.
 */
export const helpers = (): Platform['helpers'] => {
  const idle = Math.min(most, availableParallelism() - 1)
  const can = process.platform === 'linux' && basename(process.execPath).startsWith('node') && existsSync(program)
  return can && idle > 0 && process.env[mark] === undefined ? { most: idle, ahead } : undefined
}
