import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pipe } from 'fp-ts/function'
import type * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import * as node from 'tessera/node'
import { failure } from 'tessera'
import type { Failure } from 'tessera'
import { bench } from './bench/bench.ts'
import type { Report } from './bench/bench.ts'
import { jsonOf } from './bench/figures.ts'
import { reportText } from './bench/report.ts'
import { isFull, readSettings } from './bench/settings.ts'
import type { Settings } from './bench/settings.ts'
import { cellsOf, faultLines, tableText } from './bench/table.ts'
import { print } from './lib/output.ts'
import { runProgram } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'

const document = fileURLToPath(new URL('../BENCHMARKS.md', import.meta.url))

const measured =
  (settings: Settings): T.Task<Report> =>
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tessera-bench-'))
    return bench(settings, folder, print).finally(() => rm(folder, { recursive: true, force: true }))
  }

const shown = ({ figures, missing }: Report): void => {
  print(`\n${tableText(cellsOf(figures, 'tessera'))}\n`)
  faultLines(figures).forEach((line) => print(`error: ${line}`))
  missing.forEach(({ name, message }) => print(`missing: ${name}: ${message}`))
}

const write = (path: string, text: string): TE.TaskEither<Failure, void> => node.writeAtomic(path, Buffer.from(text))

const nothing: TE.TaskEither<Failure, void> = TE.right(undefined)

/** What the user asked for and, of a full run, the document. */
const written = (report: Report): TE.TaskEither<Failure, void> => {
  const { settings, figures } = report
  return pipe(
    settings.json === undefined ? nothing : write(settings.json, jsonOf(figures)),
    TE.flatMap(() => (isFull(settings) ? write(document, reportText(report)) : nothing))
  )
}

/** Nobody waits for figures that can't be written. */
const writable = ({ json }: Settings): TE.TaskEither<Failure, void> =>
  json === undefined ? nothing : TE.asUnit(node.ensureFolder(dirname(json)))

const exitCode = ({ figures }: Report): TE.TaskEither<Failure, ExitCode> =>
  figures.some(({ rounds }) => rounds.length === 0)
    ? TE.left(failure('unavailable', 'some figures could not be measured: see the table'))
    : TE.right(0)

void runProgram(
  pipe(
    TE.fromEither(readSettings(process.argv.slice(2))),
    TE.tap(writable),
    TE.flatMap((settings) => TE.fromTask(measured(settings))),
    TE.tapIO((report) => () => shown(report)),
    TE.tap(written),
    TE.flatMap(exitCode)
  )
)
