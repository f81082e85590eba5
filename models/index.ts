/**
 * Models made of tessera's operations.
 *
 * @packageDocumentation
 */
export { unet, type UNet, type UNetOptions, type UNetParams } from './unet.ts'
export { timeEmbedding } from './time.ts'
export { fromNamed, toNamed, type Loaded, type Named, type NamedTensor } from './checkpoint.ts'
export { classifier, type Classifier, type ClassifierParams } from './classifier.ts'
export type { AffineParams, BlockParams, Pair } from './layers.ts'
