import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const say = (line) => process.stdout.write(`${line}\n`)

/** A frame nobody overlooks, on stderr. */
export const shout = (lines) =>
  process.stderr.write(`\n${'!'.repeat(78)}\n${lines.map((line) => `!! ${line}\n`).join('')}${'!'.repeat(78)}\n\n`)

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(0)} s`

/**
 * Runs a command quietly: its output goes to a file, and where it goes wrong is shown when it fails.
 * Says what it is for, and how long it took; gives whether it succeeded. A dry run only says it.
 */
export const quietly = (what, [command, ...args], { env = {}, dryRun = false, cwd = undefined } = {}) => {
  if (dryRun) {
    say(`would run: ${[command, ...args].join(' ')}`)
    return true
  }
  const folder = mkdtempSync(join(tmpdir(), 'tessera-setup-'))
  const log = join(folder, 'log.txt')
  const file = openSync(log, 'w')
  const since = performance.now()
  process.stdout.write(`${what} ... `)
  const { status } = spawnSync(command, args, { stdio: ['ignore', file, file], env: { ...process.env, ...env }, cwd })
  closeSync(file)
  say(status === 0 ? seconds(since) : `failed after ${seconds(since)}`)
  if (status === 0) rmSync(folder, { recursive: true, force: true })
  else {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    const first = lines.findIndex((line) => /\b(error|ERR!)|^E: /.test(line))
    const end = first < 0 ? lines.slice(-20) : lines.slice(first, first + 20)
    process.stderr.write(`${end.map((line) => `    ${line}`).join('\n')}\n    (all of it: ${log})\n`)
  }
  return status === 0
}
