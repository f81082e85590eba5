import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from '../build/paths.ts'

/** A package of this repository, for tools that a project of a user would install. */
export const tool = (path: string): string => join(root, 'node_modules', path)

/** Runs Node; gives what it printed on both streams, and throws that if it fails. */
export const node = (args: readonly string[], cwd: string, expected = 0): string => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
  if (status !== expected) throw new Error(`node ${args.join(' ')} ended with ${String(status)}:\n${stdout}${stderr}`)
  return `${stdout}${stderr}`
}

const npmScript = process.env.npm_execpath

/** Runs npm: the one that runs this script, if one does. */
export const npm = (args: readonly string[], cwd: string): string => {
  if (npmScript?.endsWith('npm-cli.js')) return node([npmScript, ...args], cwd)
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' }) // prettier-ignore
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${String(status)}:\n${stdout}${stderr}`)
  return stdout
}

/** A new empty folder, as it is called without links. */
export const emptyFolder = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'tessera-package-')))

/** A file of a project, with what is in it. */
export const write = (folder: string, name: string, text: string): string => {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

/** The package as `npm publish` would pack it: the tarball, and the size and the paths of what is in it. */
export interface Packed {
  readonly tarball: string
  readonly size: number
  readonly files: readonly { readonly path: string; readonly size: number }[]
}

interface PackAnswer {
  readonly filename: string
  readonly size: number
  readonly files: Packed['files']
}

/** Packs what `npm run build` made. */
export const pack = (to: string): Packed => {
  const answer = npm(['pack', '--ignore-scripts', '--json', '--pack-destination', to], root)
  const given = JSON.parse(answer) as readonly PackAnswer[] | Readonly<Record<string, PackAnswer>>
  const [{ filename, size, files }] = Object.values(given) as [PackAnswer]
  return { tarball: join(to, filename), size, files }
}

/**
 * A project of ES modules that has nothing but the package: its optional peers are left out, as on a machine where they
 * cannot be built.
 */
export const projectWith = (tarball: string): string => {
  const folder = emptyFolder()
  write(folder, 'package.json', JSON.stringify({ name: 'user', private: true, type: 'module' }))
  npm(
    ['install', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', tarball],
    folder
  )
  return folder
}
