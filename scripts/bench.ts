import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipe } from 'fp-ts/function'
import type * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import * as node from 'tessera/node'
import type { Failure } from '../lib/core/failure.ts'
import { failure } from '../lib/core/failure.ts'
import { bench } from './bench/bench.ts'
import type { Report } from './bench/bench.ts'
import { jsonOf } from './bench/figures.ts'
import { readSettings } from './bench/settings.ts'
import type { Settings } from './bench/settings.ts'
import { cellsOf, faultLines, tableText } from './bench/table.ts'
import { runProgram } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const inFolder =
  (settings: Settings): T.Task<Report> =>
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tessera-bench-'))
    return bench(settings, folder, say).finally(() => rm(folder, { recursive: true, force: true }))
  }

const shown = ({ figures, missing }: Report): void => {
  say(`\n${tableText(cellsOf(figures, 'tessera'))}\n`)
  faultLines(figures).forEach((line) => say(`error: ${line}`))
  missing.forEach(({ name, message }) => say(`missing: ${name}: ${message}`))
}

const write = (path: string, text: string): TE.TaskEither<Failure, void> => node.writeAtomic(path, Buffer.from(text))

const written = ({ json }: Settings, { figures }: Report): TE.TaskEither<Failure, void> =>
  json === undefined ? TE.right(undefined) : write(json, jsonOf(figures))

/** Nobody waits for figures that can't be written. */
const writable = ({ json }: Settings): TE.TaskEither<Failure, void> =>
  json === undefined
    ? TE.right(undefined)
    : pipe(
        node.ensureFolder(dirname(json)),
        TE.map(() => undefined)
      )

const exitCode = ({ figures }: Report): TE.TaskEither<Failure, ExitCode> =>
  figures.some(({ rounds }) => rounds.length === 0)
    ? TE.left(failure('unavailable', 'some figures could not be measured: see the table'))
    : TE.right(0)

void runProgram(
  pipe(
    TE.fromEither(readSettings(process.argv.slice(2))),
    TE.tap(writable),
    TE.bindTo('settings'),
    TE.bind('report', ({ settings }) => TE.fromTask(inFolder(settings))),
    TE.tapIO(
      ({ report }) =>
        () =>
          shown(report)
    ),
    TE.tap(({ settings, report }) => written(settings, report)),
    TE.flatMap(({ report }) => exitCode(report))
  )
)
