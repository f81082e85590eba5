import { open } from 'node:fs/promises'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { failure, reason } from '../../lib/core/failure.ts'
import type { Failure } from '../../lib/core/failure.ts'
import type { EpochRecord, StepRecord } from './training.ts'

/** A file that grows by a line of JSON at a time, so that it can be followed while a program runs. */
export interface Journal {
  add(line: object): TE.TaskEither<Failure, void>
}

const cannotWrite =
  (path: string) =>
  (thrown: unknown): Failure =>
    failure('write', `cannot write ${path}: ${reason(thrown)}`)

/** Starts a journal; an older one of that name is gone. */
export const openJournal = (path: string): TE.TaskEither<Failure, Journal> =>
  pipe(
    TE.tryCatch(() => open(path, 'w'), cannotWrite(path)),
    TE.map((file) => ({
      add: (line) => TE.tryCatch(() => file.appendFile(`${JSON.stringify(line)}\n`), cannotWrite(path))
    }))
  )

/** What of a record goes into `log.jsonl`. */
export const logged = (record: StepRecord<unknown> | EpochRecord<unknown>): object => {
  const { kind, epoch } = record
  if (kind === 'step') return { step: record.step, epoch, loss: record.loss, ms: Math.round(record.ms) }
  const { meanLoss, seconds, best } = record
  return { epoch, meanLoss, seconds: Math.round(seconds * 1000) / 1000, best }
}
