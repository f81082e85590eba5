import { join } from 'node:path'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type * as t from 'tessera'
import { toNamed } from 'tessera/models'
import type { UNet, UNetParams } from 'tessera/models'
import { failure } from '../../lib/core/failure.ts'
import type { Failure } from '../../lib/core/failure.ts'
import { saveModel } from './model-file.ts'
import type { Settings } from './settings.ts'
import type { EpochRecord, State, StepRecord } from './training.ts'

type AnyState = State<UNetParams, unknown>

/** What is known of a training run so far. */
export interface Sofar {
  readonly losses: readonly t.LossPoint[]
  readonly last?: StepRecord<AnyState>
  /** Whether `model.safetensors` holds the best model of this run. */
  readonly stored: boolean
}

export const nothingYet: Sofar = { losses: [], stored: false }

export const after = (sofar: Sofar, record: StepRecord<AnyState> | EpochRecord<AnyState>): Sofar => {
  if (record.kind === 'epoch') return { ...sofar, stored: sofar.stored || record.best }
  const { step, epoch, loss, images } = record
  return { ...sofar, losses: [...sofar.losses, { step, epoch, loss, images }], last: record }
}

/** A run whose loss is no number any more learns nothing more. */
export const finite = ({ step, loss }: StepRecord<unknown>): TE.TaskEither<Failure, void> =>
  Number.isFinite(loss)
    ? TE.right(undefined)
    : TE.left(failure('mismatch', `the loss is not a number any more at step ${step}: train with a smaller --lr`))

export const modelFile = (out: string): string => join(out, 'model.safetensors')

/** Stores models of a run under names of their own. */
export const keeperIn = ({ out, dataset, steps, betaMin, betaMax }: Settings, model: UNet) => {
  const save = (path: string, { params }: AnyState, epoch: number, loss: number) =>
    saveModel(path, toNamed(model, params), { dataset, steps, betaMin, betaMax, epoch, loss })
  return {
    best: ({ best, state, epoch, meanLoss }: EpochRecord<AnyState>): TE.TaskEither<Failure, void> =>
      best ? save(modelFile(out), state, epoch, meanLoss) : TE.right(undefined),

    /** What there is of a run that was stopped; the best model, where there is one, stays. Gives the file's path. */
    unfinished: ({ last, stored }: Sofar): TE.TaskEither<Failure, string | undefined> => {
      if (last === undefined) return TE.right(undefined)
      const path = stored ? join(out, 'unfinished.safetensors') : modelFile(out)
      return pipe(
        save(path, last.state, last.epoch, last.loss),
        TE.map(() => path)
      )
    }
  }
}
