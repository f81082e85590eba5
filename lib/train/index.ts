/**
 * Training: one pure step, a loop that can be resumed anywhere, and checkpoints.
 *
 * @packageDocumentation
 */
export { initTrainState, trainStep, type TrainState } from './step.ts'
export {
  batchesOf,
  imagesInStep,
  startPlace,
  stepsPerEpoch,
  trainLoop,
  type EpochRecord,
  type EpochSize,
  type RunPlace,
  type StepNumber,
  type StepRecord,
  type TrainOptions,
  type TrainPoint,
  type TrainRecord
} from './loop.ts'
export {
  diffusionTraining,
  imagesOf,
  type DiffusionInputs,
  type DiffusionTraining,
  type MakeDiffusionTraining,
  type ToldInputs,
  type ToldLabels
} from './diffusion.ts'
export {
  decodeCheckpoint,
  encodeCheckpoint,
  splitTensors,
  type Checkpoint,
  type NamedTensors,
  type RunIdentity
} from './checkpoint.ts'
export { checkVersion, fileVersion } from './version.ts'
export { foldUntil } from './fold.ts'
