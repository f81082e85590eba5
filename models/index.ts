/**
 * Models made of tessera's operations: the U-Net of the diffusion model, and a classifier.
 *
 * @packageDocumentation
 */
export { unet, type StageParams, type UNet, type UNetConfig, type UNetOptions, type UNetParams } from './unet.ts'
export { timeEmbedding } from './time.ts'
export { fromNamed, toNamed, type Loaded, type Named, type NamedTensor } from './checkpoint.ts'
export {
  classifier,
  type Classifier,
  type ClassifierConfig,
  type ClassifierFunction,
  type ClassifierParams
} from './classifier.ts'
export type { AffineParams, BlockParams, Pair } from './layers.ts'
