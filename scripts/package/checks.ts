import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dist, root } from '../build/paths.ts'
import * as sample from './sources.ts'
import { node, tool, write } from './project.ts'
import type { Packed } from './project.ts'

/** What a check looks at: the tarball, and a project into which it is installed. */
export interface Installed {
  readonly packed: Packed
  readonly project: string
}

/** A check gives what is worth printing, and throws what is wrong. */
export type Check = (installed: Installed) => string | Promise<string>

const expectText = (printed: string, wanted: string): string => {
  if (printed.trim() !== wanted) throw new Error(`it printed\n${printed}\ninstead of\n${wanted}`)
  return ''
}

/** A module for Node prints what it should. */
const prints =
  (name: string, source: string, wanted: string): Check =>
  ({ project }) =>
    expectText(node([write(project, name, source)], project), wanted)

/** `import` in a project of modules, with no optional package: every module, and a gradient. */
export const imported = prints('use.mjs', sample.imports, sample.importsPrint)

/** `require` in a CommonJS file. Node 20.19 and newer load modules so. */
export const required = prints('use.cjs', sample.requires, sample.requiresPrint)

/** What opens no GL and draws no picture says which package is missing, and how to get it. */
export const withoutPeers = prints('peers.mjs', sample.peers, sample.peersPrint)

/** Strict TypeScript, which checks our declarations too. */
export const typed =
  (moduleResolution: 'NodeNext' | 'Bundler'): Check =>
  ({ project }) => {
    const module = moduleResolution === 'Bundler' ? 'ESNext' : moduleResolution
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true }
    const compilerOptions = { ...strict, noEmit: true, target: 'ES2022', module, moduleResolution, types: [] }
    const name = `tsconfig.${moduleResolution}.json`
    write(project, 'use.ts', sample.types)
    write(project, name, JSON.stringify({ compilerOptions, include: ['use.ts'] }))
    node([tool('typescript/bin/tsc'), '-p', name], project)
    return ''
  }

/** The programs run from the package, and draw with the model that it brings along. */
export const programs: Check = ({ project }) => {
  const run = (...args: readonly string[]): string => node([join(project, 'node_modules/tessera/dist/bin/tessera.js'), ...args], project) // prettier-ignore
  const names = [...run('--help').matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name!)
  for (const name of names)
    if (!run(name, '--help').includes(`npx tessera ${name}`)) throw new Error(`${name} --help calls it something else`)
  run('convert', 'node_modules/tessera/models/mnist.safetensors', 'model.pt')
  if (!existsSync(join(project, 'model.pt'))) throw new Error('convert wrote no file')
  return names.join(', ')
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'))

/** Nothing that a browser loads is of Node, and every module names files that are there. */
export const whole: Check = ({ project }) => {
  const folder = join(project, 'node_modules/tessera', dist)
  const files = filesBelow(folder)
  const present = new Set(files)
  const modules = files.filter((path) => /^(lib|models)\/.*(\.js|\.d\.ts)$/.test(path))
  for (const path of modules) {
    const text = readFileSync(join(folder, path), 'utf8')
    const isOfNode = path.startsWith('lib/platform/node/') || /^lib\/node\./.test(path)
    if (!isOfNode && /(from|import\() ?["']node:/.test(text)) throw new Error(`${path} imports a module of Node`)
    for (const [, name] of text.matchAll(/^(?:import|export|\}).* from ["'](\.[^"']+)["']/gm)) {
      const target = join(path, '..', name!).replaceAll('\\', '/')
      if (!present.has(target)) throw new Error(`${path} imports ${name!}, which is not there`)
    }
  }
  return `${modules.length} modules and declarations`
}

/** Some specs, against the code in dist instead of the sources. */
export const specs: Check = () => {
  const args = ['run', '--config', 'vitest.package.config.ts', '--no-color']
  const printed = node([tool('vitest/vitest.mjs'), ...args], root)
  return printed.split('\n').filter((line) => /^ *(Test Files|Tests) /.test(line)).join('\n') // prettier-ignore
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-3).join('\n')

/** publint: is package.json right, for all who read it? */
export const linted: Check = ({ packed }) => {
  const printed = node([tool('publint/src/cli.js'), 'run', packed.tarball, '--strict'], root)
  if (!printed.includes('All good!')) throw new Error(printed)
  return lastLines(printed)
}

interface Problem {
  readonly kind: string
  readonly entrypoint?: string
  readonly resolutionKind?: string
  readonly resolutionOption?: string
}

interface Report {
  readonly analysis: { readonly problems: readonly Problem[] }
}

/** How modules are found by Node up to version 11 and by `require` of older versions than the package runs on. */
const old = ['node10', 'node16-cjs']

/** Are the types wrong? It reports on old kinds of resolution too, by which an ES module is never found. */
export const wrongTypes: Check = ({ packed, project }) => {
  const attw = tool('@arethetypeswrong/cli/dist/index.js')
  // it exits before a pipe is emptied: a file holds all that it writes
  const report = join(project, 'attw.json')
  const file = openSync(report, 'w')
  spawnSync(process.execPath, [attw, packed.tarball, '-f', 'json'], { cwd: root, stdio: ['ignore', file, 'inherit'] })
  closeSync(file)
  const { analysis } = JSON.parse(readFileSync(report, 'utf8')) as Report
  const wrong = analysis.problems.filter(
    ({ resolutionKind, resolutionOption }) => !old.includes(resolutionKind ?? resolutionOption ?? '')
  )
  if (wrong.length > 0) throw new Error(JSON.stringify(wrong, undefined, 1))
  return 'no problems, by ES modules and by bundlers'
}
