import * as TE from 'fp-ts/TaskEither'
import { failure } from 'tessera'
import type { Failure, LossPoint } from 'tessera'
import type { StepRecord, TrainRecord } from 'tessera/train'

/** What is known of a training run so far. */
export interface History<T> {
  readonly losses: readonly LossPoint[]
  /** The last record; none in a run that was only just started or resumed. */
  readonly last?: TrainRecord<T>
}

export const withRecord = <T>({ losses }: History<T>, record: TrainRecord<T>): History<T> => {
  if (record.kind === 'epoch') return { losses, last: record }
  const { step, epoch, loss, images } = record
  return { losses: [...losses, { step, epoch, loss, images }], last: record }
}

/** Stops a run whose loss became NaN or infinite. */
export const finiteLoss = ({ step, loss }: Pick<StepRecord<unknown>, 'step' | 'loss'>): TE.TaskEither<Failure, void> =>
  Number.isFinite(loss)
    ? TE.right(undefined)
    : TE.left(failure('mismatch', `the loss is not a number any more at step ${step}: train with a smaller --lr`))
