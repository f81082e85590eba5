/**
 * Models made of tessera's operations.
 *
 * @packageDocumentation
 */
export { unet, type UNet, type UNetOptions, type UNetParams } from './unet.ts'
export { timeEmbedding } from './time.ts'
export { fromNamed, toNamed, type Loaded } from './checkpoint.ts'
export {
  classifier,
  classifierFromNamed,
  classifierToNamed,
  type Classifier,
  type ClassifierParams
} from './classifier.ts'
export type { Named, NamedTensor } from './named.ts'
export type { Affine, Block, Pair } from './layers.ts'
