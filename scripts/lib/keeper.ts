import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import type * as t from 'tessera'
import { toNamed } from 'tessera/models'
import { failure } from 'tessera'
import type { Failure } from 'tessera'
import { beginCheckpoints, saveCheckpoint } from './checkpoint.ts'
import type { Run, TrainingState } from './course.ts'
import { saveModel } from './model-file.ts'
import type { EpochRecord, StepRecord } from './training.ts'

type Record = StepRecord<TrainingState> | EpochRecord<TrainingState>

/** What is known of a training run so far. */
export interface Sofar {
  readonly losses: readonly t.LossPoint[]
  /** The last that was done; nothing yet where a run was only just started or taken up again. */
  readonly last?: Record
}

export const after = ({ losses }: Sofar, record: Record): Sofar => {
  if (record.kind === 'epoch') return { losses, last: record }
  const { step, epoch, loss, images } = record
  return { losses: [...losses, { step, epoch, loss, images }], last: record }
}

/** A run whose loss is no number any more learns nothing more. */
export const finite = ({ step, loss }: Pick<StepRecord<unknown>, 'step' | 'loss'>): TE.TaskEither<Failure, void> =>
  Number.isFinite(loss)
    ? TE.right(undefined)
    : TE.left(failure('mismatch', `the loss is not a number any more at step ${step}: train with a smaller --lr`))

export const modelFile = (out: string): string => join(out, 'model.safetensors')

/** Stores the best model of a run, and where the run stands. */
export const keeperOf = (run: Run) => {
  const { settings, model } = run
  const keep = (record: Record): TE.TaskEither<Failure, void> =>
    saveCheckpoint(run, record, record.kind === 'step' ? record.loss : record.meanLoss)
  return {
    best: ({ best, state, epoch, meanLoss }: EpochRecord<TrainingState>): TE.TaskEither<Failure, void> =>
      best
        ? saveModel(modelFile(settings.out), toNamed(model, state.params), { ...settings, epoch, loss: meanLoss })
        : TE.right(undefined),

    beginning: (): TE.TaskEither<Failure, void> => beginCheckpoints(run),
    now: keep,
    /** Where it is time to: after each epoch, and every so many steps. */
    due: (record: Record): TE.TaskEither<Failure, void> =>
      record.kind === 'epoch' || record.step % settings.saveEvery === 0 ? keep(record) : TE.right(undefined)
  }
}
