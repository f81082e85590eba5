import { open } from 'node:fs/promises'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type * as t from 'tessera'
import * as node from 'tessera/node'
import { failure, reason } from 'tessera'
import type { Failure } from 'tessera'
import { imagesInStep } from 'tessera/train'
import type { RunPlace, TrainOptions, TrainRecord } from 'tessera/train'

/** A file that grows by a line of JSON at a time, so that it can be watched while a program runs. */
export interface Journal {
  add(line: object): TE.TaskEither<Failure, void>
}

const cannotWrite =
  (path: string) =>
  (thrown: unknown): Failure =>
    failure('write', `cannot write ${path}: ${reason(thrown)}`)

const opened = (path: string, flags: 'w' | 'a'): TE.TaskEither<Failure, Journal> =>
  pipe(
    TE.tryCatch(() => open(path, flags), cannotWrite(path)),
    TE.map((file) => ({
      add: (line) => TE.tryCatch(() => file.appendFile(`${JSON.stringify(line)}\n`), cannotWrite(path))
    }))
  )

/** Starts a journal; an older one of that name is overwritten. */
export const openJournal = (path: string): TE.TaskEither<Failure, Journal> => opened(path, 'w')

/** A line of `log.jsonl`: what a resumed run needs of it. */
interface Line {
  readonly text: string
  readonly step?: number
  readonly epoch: number
  readonly loss?: number
}

const lineOf = (text: string): readonly Line[] => {
  try {
    return [{ ...(JSON.parse(text) as Omit<Line, 'text'>), text }]
  } catch {
    // a run that was killed may have left half a line
    return []
  }
}

const textOf = (path: string): TE.TaskEither<Failure, string> =>
  pipe(
    node.readBytes(path),
    TE.match(
      () => '',
      (bytes) => new TextDecoder().decode(bytes)
    ),
    TE.fromTask
  )

type Size = Pick<TrainOptions<readonly unknown[]>, 'dataset' | 'batchSize'>

const lossOf =
  (size: Size) =>
  ({ step, epoch, loss }: Line): readonly t.LossPoint[] =>
    step === undefined || loss === undefined ? [] : [{ step, epoch, loss, images: imagesInStep(size, step) }]

/** Reopens the journal of a resumed run: lines about later steps, which are done again, are removed. */
export const reopenJournal = (
  path: string,
  size: Size,
  place: RunPlace
): TE.TaskEither<Failure, { readonly journal: Journal; readonly losses: readonly t.LossPoint[] }> =>
  pipe(
    textOf(path),
    TE.map((text) =>
      text
        .split('\n')
        .flatMap(lineOf)
        .filter(({ step, epoch }) => (step === undefined ? epoch < place.epoch : step <= place.step))
    ),
    TE.tap((lines) => node.writeAtomic(path, new TextEncoder().encode(lines.map(({ text }) => `${text}\n`).join('')))),
    TE.bindTo('lines'),
    TE.bind('journal', () => opened(path, 'a')),
    TE.map(({ lines, journal }) => ({ journal, losses: lines.flatMap(lossOf(size)) }))
  )

/** A record as a line of `log.jsonl`. */
export const logLine = (record: TrainRecord<unknown>): object => {
  const { kind, epoch } = record
  if (kind === 'step') return { step: record.step, epoch, loss: record.loss, ms: Math.round(record.ms) }
  const { meanLoss, seconds, best } = record
  return { epoch, meanLoss, seconds: Math.round(seconds * 1000) / 1000, best }
}
