import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { quietly } from './say.mjs'

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return {}
  }
}

/**
 * Does node_modules hold what the lock file says? npm notes what it installed in a lock file of its own, written
 * last, so that an installation cut short has none. Optional packages may be missing.
 */
export const isInstalled = (root) => {
  const { packages: wanted = {} } = readJson(join(root, 'package-lock.json'))
  const { packages: present = {} } = readJson(join(root, 'node_modules', '.package-lock.json'))
  return Object.entries(wanted)
    .filter(([path, { optional }]) => path !== '' && !(optional && present[path] === undefined))
    .every(([path, { version }]) => present[path]?.version === version)
}

/** Where this Node brought its headers along, addons are compiled with them and nothing is downloaded. */
const headers = () => {
  const folder = join(dirname(process.execPath), '..')
  const file = join(folder, 'include', 'node', 'node_version.h')
  const [major] = process.versions.node.split('.')
  return existsSync(file) && readFileSync(file, 'utf8').includes(`NODE_MAJOR_VERSION ${major}\n`)
    ? { npm_config_nodedir: folder }
    : {}
}

/** npm is the script that started us, where one did; on Windows npm alone is a batch file, which needs a shell. */
const npm = () => {
  const { npm_execpath: script } = process.env
  if (script?.endsWith('npm-cli.js')) return [process.execPath, script]
  return process.platform === 'win32' ? ['cmd', '/c', 'npm'] : ['npm']
}

export const npmCi = (root, { dryRun }) =>
  quietly('Installing the npm packages (npm ci)', [...npm(), 'ci', '--include=dev', '--include=optional'], {
    env: headers(),
    cwd: root,
    dryRun
  })

const loader = `
const faults = {}
for (const name of process.argv.slice(1)) {
  try { require(name) } catch (error) { faults[name] = error.message.split('\\n')[0] }
}
process.stdout.write(JSON.stringify(faults))`

/** Which of the optional packages do not load, and why: tried in a process of its own, for they are native code. */
export const faults = (root, names) => {
  const { stdout } = spawnSync(process.execPath, ['-e', loader, ...names], { cwd: root, encoding: 'utf8' })
  return stdout === '' ? Object.fromEntries(names.map((name) => [name, 'it crashes'])) : JSON.parse(stdout)
}

const note = (root) => join(root, 'node_modules', '.tessera-setup')

/** What the last attempt to build them had to do without: the same attempt is not made twice. */
export const lastAttempt = (root) => readJson(note(root)).attempt
export const noteAttempt = (root, attempt) => writeFileSync(note(root), JSON.stringify({ attempt }))
