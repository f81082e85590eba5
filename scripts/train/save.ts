import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import type { Failure } from 'tessera'
import { toNamed } from 'tessera/models'
import * as node from 'tessera/node'
import type { Checkpoint, EpochRecord, TrainPoint, TrainRecord } from 'tessera/train'
import { modelMetadata, saveModel } from '../lib/model-file.ts'
import type { Run, UNetState } from './run.ts'
import { flagsOf } from './settings.ts'

/** The file of the best model of a run. */
export const modelFile = (out: string): string => join(out, 'model.safetensors')

export const keyText = ({ words }: t.Key): string => `${words?.hi},${words?.lo}`

/** A point of a run as a checkpoint. Samples can be drawn from its file, too: it is a model file with more in it. */
const checkpointOf = (run: Run, { state, place }: TrainPoint<UNetState>, loss?: number): Checkpoint => ({
  params: toNamed(run.model, state.params),
  optState: t.storeTree(state.optState),
  place,
  flags: flagsOf(run.settings),
  images: run.images,
  key: keyText(run.key),
  metadata: modelMetadata({ ...run.settings, epoch: place.epoch, loss })
})

/** Stores where a run starts: from now on it can be resumed. */
export const saveStart = (run: Run): TE.TaskEither<Failure, void> =>
  node.startCheckpoints(run.settings.out, checkpointOf(run, run.from))

/** Stores where a run is. */
export const save = (run: Run, record: TrainRecord<UNetState>): TE.TaskEither<Failure, void> =>
  node.saveCheckpoint(
    run.settings.out,
    checkpointOf(run, record, record.kind === 'step' ? record.loss : record.meanLoss)
  )

/** Stores a run after each epoch, and every `saveEvery` steps. */
export const saveIfDue = (run: Run, record: TrainRecord<UNetState>): TE.TaskEither<Failure, void> =>
  record.kind === 'epoch' || record.step % run.settings.saveEvery === 0 ? save(run, record) : TE.right(undefined)

/** Stores the model after the best epoch so far. */
export const saveIfBest = (
  { settings, model, recipe }: Run,
  { best, state, epoch, meanLoss }: EpochRecord<UNetState>
): TE.TaskEither<Failure, void> =>
  best
    ? saveModel(modelFile(settings.out), toNamed(model, recipe.drawnWith(state)), {
        ...settings,
        epoch,
        loss: meanLoss
      })
    : TE.right(undefined)
