// npm run sizes: how large the files and functions are, and what breaks a rule of the project. With --files it lists
// every file, with --quiet only what breaks a rule. It exits with 1 if something does.
import { readFileSync, readdirSync } from 'node:fs'
import { posix } from 'node:path'
import { table, total } from './lib/table.ts'
import type { Cells } from './lib/table.ts'
import { findCycles, importGraph } from './sizes/cycles.ts'
import { arrowsUpwards, doubleNames } from './sizes/layers.ts'
import { measureFile } from './sizes/measure.ts'
import type { MeasuredFile, MeasuredFunction } from './sizes/measure.ts'

const folders = ['lib', 'models', 'scripts', 'spec']
const limits = { file: 300, function: 40 }

const quantile = (xs: readonly number[], q: number): number =>
  xs.toSorted((a, b) => a - b)[Math.floor(q * (xs.length - 1))] ?? 0

const row = (name: string, files: readonly MeasuredFile[]): Cells => {
  const lengths = files.flatMap((file) => file.functions.map((f) => f.lines))
  const [lines, code] = [files.map((file) => file.lines), files.map((file) => file.code)]
  const counts = [files.length, total(lines), total(code), quantile(lines, 0.5), Math.max(...lines)]
  return [name, ...counts, lengths.length, quantile(lengths, 0.5), Math.max(0, ...lengths)]
}

const head = ['', 'files', 'lines', 'code', 'median', 'max', 'functions', 'median', 'max']

const byFolder = (files: readonly MeasuredFile[]): readonly Cells[] => {
  const names = [...new Set(files.map(({ path }) => posix.dirname(path)))]
  return names.map((folder) =>
    row(
      `${folder}/`,
      files.filter(({ path }) => posix.dirname(path) === folder)
    )
  )
}

const tops = (files: readonly MeasuredFile[]): readonly Cells[] =>
  folders.flatMap((top) => {
    const within = files.filter(({ path }) => path.startsWith(`${top}/`))
    return within.length === 0 ? [] : [row(top, within)]
  })

const where = ({ file, line, name }: MeasuredFunction): string => `${file}:${line} ${name}`

const largest = (files: readonly MeasuredFile[]): readonly Cells[] =>
  files
    .flatMap((file) => file.functions)
    .toSorted((a, b) => b.lines - a.lines)
    .slice(0, 10)
    .map((f) => [where(f), f.lines])

/** What breaks a rule, a line each. */
const faults = (files: readonly MeasuredFile[]): readonly string[] => {
  const library = files.filter(({ path }) => path.startsWith('lib/'))
  const long = library.flatMap((file) => file.functions).filter((f) => f.lines > limits.function)
  return [
    ...library
      .filter(({ lines }) => lines > limits.file)
      .map(({ path, lines }) => `${path}: ${lines} lines, at most ${limits.file}`),
    ...long.map((f) => `${where(f)}: ${f.lines} lines, at most ${limits.function}`),
    ...files.flatMap(({ path, anys }) => anys.map((line) => `${path}:${line}: any`)),
    ...files
      .filter(({ path }) => path.startsWith('lib/compile/'))
      .flatMap(({ path, byName }) =>
        byName.map((line) => `${path}:${line}: a row told apart by its name; name the row`)
      ),
    ...arrowsUpwards(files.filter(({ path }) => !path.startsWith('spec/'))),
    ...doubleNames(files.filter(({ path }) => path.startsWith('lib/') || path.startsWith('models/'))),
    ...findCycles(importGraph(files)).map((cycle) => `import cycle: ${cycle.join(' -> ')}`)
  ]
}

const report = (files: readonly MeasuredFile[], every: boolean): string => {
  const library = files.filter(({ path }) => !path.startsWith('spec/'))
  return [
    table(head, [...tops(files), ...byFolder(library)]),
    ...(every
      ? [
          table(
            head,
            library.map((file) => row(file.path, [file]))
          )
        ]
      : []),
    table(['the 10 largest functions', 'lines'], largest(library))
  ].join('\n\n')
}

const measureAll = (): readonly MeasuredFile[] =>
  folders
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`))
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !path.includes('/node_modules/'))
    .toSorted()
    .map((path) => measureFile(path, readFileSync(path, 'utf8')))

const main = (args: readonly string[]): void => {
  const files = measureAll()
  const broken = faults(files)
  if (!args.includes('--quiet')) console.log(`${report(files, args.includes('--files'))}\n`)
  console.log(broken.length === 0 ? 'No cycle, no any, nothing too long.' : broken.join('\n'))
  process.exitCode = broken.length === 0 ? 0 : 1
}

main(process.argv.slice(2))
