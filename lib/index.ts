/**
 * tessera: immutable tensors and pure functions, computed by WebGL.
 *
 * @packageDocumentation
 */

// tensors
export { raise, TesseraError } from './base/raise.ts'
export { fail, failure, reason, type Failure } from './base/failure.ts'
export type { Broadcast, Fits, Shape } from './core/shape.ts'
export { isTensor, type HasRow, type Row, type Scalar, type Tensor } from './core/tensor.ts'
export { ones, scalar, tensor, zeros, type Nested } from './core/create.ts'
export { full, iota, type IotaOptions } from './core/primitives.ts'
export {
  flattenTree,
  mapTree,
  tensorsOf,
  zipTree,
  type MapTree,
  type TensorMap,
  type TensorPairing,
  type Tree,
  type ZipTree
} from './core/tree.ts'
export { setDebug } from './base/debug.ts'
export { breathe } from './base/breathe.ts'
export { showGraph } from './core/show.ts'

// operations
export {
  add,
  atan,
  cos,
  div,
  equal,
  erf,
  exp,
  expand,
  flip,
  floor,
  less,
  lessEqual,
  log,
  maximum,
  mul,
  neg,
  permute,
  reshape,
  select,
  sigmoid,
  sin,
  sqrt,
  sub,
  take,
  tanh,
  type Binary,
  type BinaryCalls,
  type Expansion,
  type Flip,
  type FlipOptions,
  type Permutation,
  type Reshaping,
  type Selection,
  type Take,
  type Unary
} from './core/primitives.ts'
export * from './ops/pointwise.ts'
export * from './ops/reduce.ts'
export type { Over, Reduction } from './ops/reduction.ts'
export * from './ops/movement.ts'
export * from './ops/linear.ts'
export * from './ops/conv.ts'
export * from './ops/norm.ts'

// randomness
export { bits, foldIn, Key, key, split, type Bits, type FoldingIn, type Splitting } from './core/key.ts'
export * from './ops/random.ts'

// gradients
export { stopGradient } from './core/primitives.ts'
export { addTrees, grad, valueAndGrad, vjp, type AddTrees } from './grad/grad.ts'

// devices
export type { CompileOptions, Device, Numbers, Stats, Timing } from './device/api/device.ts'
export { DeviceLostError, type Holdings, type OnLost } from './device/api/lost.ts'
export { device, openDevice, type DeviceName, type DeviceOptions, type Limits } from './device/open.ts'
export type { EngineName } from './device/engine.ts'
export type { OnCompile } from './device/compiling.ts'
export type { Costs } from './compile/kernel/costs.ts'
export { reference } from './reference/device.ts'

// data: IDX files, data sets and their batches, digits that the program draws
export { parseIdx, writeIdx, type Idx, type IdxOptions } from './data/idx.ts'
export {
  batchAt,
  epochBatches,
  limit,
  normalise,
  type Batch,
  type BatchAt,
  type Dataset,
  type EpochBatches,
  type EpochOptions,
  type Limit
} from './data/dataset.ts'
export {
  drawDigits,
  type CreateDigitCanvas,
  type DigitCanvas,
  type DigitContext,
  type DigitOptions,
  type DigitPixels,
  type DrawDigits
} from './data/digits.ts'
export {
  datasetNames,
  sources,
  type DatasetName,
  type Part,
  type Source,
  type SourceName,
  type Split
} from './data/catalogue.ts'

// optimisers
export { adam, type AdamOptions, type AdamState } from './optim/adam.ts'
export { withAverage, type AveragedState, type WithAverage } from './optim/average.ts'
export { clipNorm, globalNorm, type ClipNorm, type ClipNormOptions } from './optim/clip-norm.ts'
export { ema, type Ema, type EmaOptions } from './optim/ema.ts'
export {
  together,
  uniformFan,
  type FanOptions,
  type Init,
  type Initialised,
  type Inits,
  type UniformFan
} from './optim/initialise.ts'
export type { Optimiser } from './optim/optimiser.ts'
export {
  warmupCosine,
  withRate,
  type RatedState,
  type RateSchedule,
  type WarmupCosineOptions,
  type WithRate
} from './optim/rate.ts'
export { sgd, type SgdOptions, type SgdState } from './optim/sgd.ts'
export { optimisers, type OptimiserOptions, type MakeOptimiser, type OptimiserName } from './optim/table.ts'

// diffusion
export {
  inpaint,
  measured,
  resampled,
  type Known,
  type Measurement,
  type ResampledOptions
} from './diffusion/combinators.ts'
export type { DynamicClip, LevelClip, SampleClip } from './diffusion/clip.ts'
export { denoiseStep, posteriorMean, type Denoising } from './diffusion/denoise.ts'
export {
  classifierGuided,
  dropLabels,
  guided,
  type ClassifierGuidance,
  type DropLabels,
  type DropOptions,
  type GuidedOptions,
  type LogLikelihood
} from './diffusion/guidance.ts'
export {
  importance,
  type Importance,
  type ImportanceOptions,
  type LossHistory,
  type WeightedTimesteps
} from './diffusion/importance.ts'
export { invert, type Inversion } from './diffusion/invert.ts'
export {
  hybridLoss,
  hybridTerms,
  learnedLogVariance,
  type HybridOptions,
  type HybridOptionsFor,
  type HybridTerms,
  type HybridTermsOptions
} from './diffusion/learned.ts'
export { levelsOf, type Level } from './diffusion/levels.ts'
export * from './diffusion/likelihood/index.ts'
export { loss, lossStep, type Loss, type LossOptions, type LossOptionsFor, type Model } from './diffusion/loss.ts'
export { cleanFrom, noise } from './diffusion/noise.ts'
export {
  predictionNames,
  predictions,
  type Conversion,
  type Factors,
  type FromNoise,
  type OptionsFor,
  type Parts,
  type Prediction
} from './diffusion/prediction.ts'
export { respace } from './diffusion/respace.ts'
export { sample, type Sampled, type SampleOptions, type SampleOptionsFor, type Sampling } from './diffusion/sample.ts'
export { consistency } from './diffusion/samplers/consistency.ts'
export { ddim, euler, eulerAncestral, type DdimOptions } from './diffusion/samplers/ddim.ts'
export { ddpm, type DdpmOptions } from './diffusion/samplers/ddpm.ts'
export { dpmpp2m, dpmpp2mSde, dpmpp3mSde, type SdeOptions } from './diffusion/samplers/dpmpp.ts'
export { heun } from './diffusion/samplers/heun.ts'
export { lms, pndm, type LmsOptions } from './diffusion/samplers/multistep.ts'
export type { AnySampler, StepPlace, Sampler, StepInput, StepOutput } from './diffusion/samplers/sampler.ts'
export { samplers, type SamplerName } from './diffusion/samplers/table.ts'
export { unipc } from './diffusion/samplers/unipc.ts'
export { slerp, type Slerp, type SlerpOptions } from './diffusion/slerp.ts'
export {
  linearSchedule,
  scheduleOf,
  type AnySchedule,
  type LinearSchedule,
  type NoiseSchedule,
  type Schedule,
  type Tables
} from './diffusion/schedule.ts'
export {
  cosineSchedule,
  exponentialSchedule,
  laplaceSchedule,
  scaledLinearSchedule,
  scheduleBy,
  schedules,
  sigmoidBetaSchedule,
  sigmoidSchedule,
  zeroTerminal,
  type MakeSchedule,
  type ScheduleLength,
  type ScheduleName
} from './diffusion/schedules.ts'
export { spacingNames, timestepsOf, type Spacing } from './diffusion/spacing.ts'
export {
  edmWeight,
  minSnr,
  p2,
  truncatedSnr,
  type EdmOptions,
  type LossWeight,
  type MinSnrOptions,
  type P2Options
} from './diffusion/weights.ts'

// pictures: from numbers to pixels, canvases, GIFs and plots
export {
  grid,
  gridSize,
  type Grid,
  type GridOptions,
  type GridSize,
  type Images,
  type Picture,
  type ValueRange
} from './render/pixels.ts'
export {
  context2d,
  draw,
  type CanvasLike,
  type ContextLike,
  type DrawOptions,
  type DrawPicture,
  type PixelsLike,
  type TextSize
} from './render/canvas.ts'
export { encodeGif, type EncodeGif, type GifOptions } from './render/gif.ts'
export { denoisingFrames, holdLast, type FilmOptions, type HoldLast, type HoldOptions } from './render/frames.ts'
export { lossChart, type LossChartOptions } from './render/plot.ts'
export type { LossPoint } from './render/series.ts'

// files of tensors
export { decodeModel, type ModelFile } from './io/model.ts'
export { decodePyTorch, encodePyTorch, type PyTorch } from './io/pytorch.ts'
export {
  decodeSafetensors,
  encodeSafetensors,
  type EncodeOptions,
  type Safetensors,
  type Stored,
  type StoredTensors
} from './io/safetensors.ts'
export { restoreTree, storeTree, type RestoreTree } from './io/trees.ts'
