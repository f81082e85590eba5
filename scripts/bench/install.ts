import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('./peers', import.meta.url))

/** Seconds that installing may take. */
const patience = 300

interface Lock {
  readonly packages?: Readonly<Record<string, { readonly version?: string }>>
}

const lockIn = (path: string): Lock => {
  try {
    return JSON.parse(readFileSync(`${folder}/${path}`, 'utf8')) as Lock
  } catch {
    return {}
  }
}

/** Whether all packages are there in the versions of the lock file: npm notes what it installed in one of its own. */
const isInstalled = (): boolean => {
  const present = lockIn('node_modules/.package-lock.json').packages ?? {}
  return Object.entries(lockIn('package-lock.json').packages ?? {})
    .filter(([path]) => path !== '')
    .every(([path, { version }]) => present[path]?.version === version)
}

/** npm is the script that started us, where one did; on Windows npm alone is a batch file, which needs a shell. */
const npm = (): readonly [string, ...string[]] => {
  const { npm_execpath: script } = process.env
  if (script?.endsWith('npm-cli.js') === true) return [process.execPath, script]
  return process.platform === 'win32' ? ['cmd', '/c', 'npm'] : ['npm']
}

/** Installs the packages of the other libraries where they are missing; gives what is wrong where that fails. */
export const installPeers = (say: (line: string) => void): string | undefined => {
  if (isInstalled()) return undefined
  say('installing the libraries to compare with (npm ci --prefix scripts/bench/peers) ...')
  const [program, ...first] = npm()
  const args = [...first, 'ci', '--prefix', folder, '--ignore-scripts']
  const { status, error, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8', timeout: 1e3 * patience })
  if (status === 0) return undefined
  const line = error?.message ?? stderr.split('\n').find((text) => /\berror\b/i.test(text)) ?? 'npm ci failed'
  return `not installed: ${line}`
}

/** The versions that the lock file says. */
export const versionOf = (name: string): string =>
  lockIn('package-lock.json').packages?.[`node_modules/${name}`]?.version ?? 'unknown'
