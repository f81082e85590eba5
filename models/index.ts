/**
 * Models made of tessera's operations: the U-Net of the diffusion model, and a classifier.
 *
 * @packageDocumentation
 */
export {
  unet,
  type Labels,
  type MakeUNet,
  type MaybeLabels,
  type OrNothing,
  type StageName,
  type StageParams,
  type UNet,
  type UNetConfig,
  type UNetOptions,
  type UNetParams
} from './unet.ts'
export { timeEmbedding } from './time.ts'
export { fromNamed, toNamed, type Loaded, type Named, type NamedTensor } from './checkpoint.ts'
export {
  classifier,
  type Classifier,
  type ClassifierConfig,
  type ClassifierFunction,
  type ClassifierParams
} from './classifier.ts'
export type { AffineParams, AttentionParams, BlockParams, NormKind, Pair } from './layers.ts'
