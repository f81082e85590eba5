import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import { fail, failure } from 'tessera'
import type { Failure } from 'tessera'
import { fromNamed } from 'tessera/models'
import * as node from 'tessera/node'
import { openJournal, reopenJournal } from '../lib/journal.ts'
import type { Journal } from '../lib/journal.ts'
import { onlyWriter } from '../lib/workspace.ts'
import type { Run } from './run.ts'
import { keyText, saveStart } from './save.ts'
import { resumedSettings } from './settings.ts'
import type { Settings } from './settings.ts'

/** A run that is stored in a folder. */
export interface SavedRun {
  readonly saved: node.LoadedCheckpoint
  readonly settings: Settings
}

/** The run in a folder; its settings, but for the changes. */
export const savedRun = (out: string, changes: readonly string[] = []): TE.TaskEither<Failure, SavedRun> =>
  pipe(
    onlyWriter(out),
    TE.flatMap(() => node.loadCheckpoint(out)),
    TE.bindTo('saved'),
    TE.bind('settings', ({ saved }) => TE.fromEither(resumedSettings(saved.flags, changes, out)))
  )

/** Fails if another run would be lost by starting one in this folder. */
export const noRunToLose = ({ out, overwrite }: Settings): TE.TaskEither<Failure, void> =>
  overwrite
    ? TE.right(undefined)
    : pipe(
        TE.fromTask(savedRun(out)),
        TE.filterOrElse(
          (found) =>
            E.isLeft(found) ||
            found.right.saved.place.step === 0 ||
            found.right.saved.place.epoch > found.right.settings.epochs,
          () =>
            failure(
              'usage',
              `${node.checkpointFile(out)} is of a run that is not over: --resume ${out} goes on with it, --overwrite starts anew, --out names another folder`
            )
        ),
        TE.map(() => undefined)
      )

/** A run at the point of a checkpoint, if there is one; a failure if the checkpoint is of another run. */
export const resumedFrom =
  (saved?: node.LoadedCheckpoint) =>
  (run: Run): E.Either<Failure, Run> => {
    if (saved === undefined) return E.right(run)
    const { images, key, place, params, optState } = saved
    const { options, settings, from } = run
    if (images !== run.images)
      return fail('mismatch', `${options.dataset.source}: these are not the images that the run was started with`)
    if (key !== keyText(run.key))
      return fail('mismatch', 'the run was started by a version that draws other random numbers: start again')
    return pipe(
      E.Do,
      E.apS('model', fromNamed(params)),
      E.apS('optState', t.restoreTree(optState, from.state.optState)),
      E.bimap(
        ({ kind, message }) => failure(kind, `${node.checkpointFile(settings.out)}: ${message}`),
        (read) => ({ ...run, from: { state: { params: read.model.params, optState: read.optState }, place } })
      )
    )
  }

/** The log of a run, and the losses in it so far. */
export interface Log {
  readonly journal: Journal
  readonly losses: readonly t.LossPoint[]
}

/** Opens the log of a run: a new one, or that of the run that is resumed. From then on the run can be resumed. */
export const openLog = (run: Run, saved?: node.LoadedCheckpoint): TE.TaskEither<Failure, Log> => {
  const { settings: { out }, options, from } = run // prettier-ignore
  const file = join(out, 'log.jsonl')
  return saved === undefined
    ? pipe(
        saveStart(run),
        TE.flatMap(() => openJournal(file)),
        TE.map((journal) => ({ journal, losses: [] }))
      )
    : pipe(
        node.restoreCheckpoint(out, saved),
        TE.flatMap(() => reopenJournal(file, options, from.place))
      )
}
