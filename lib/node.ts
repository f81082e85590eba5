/**
 * The parts of tessera that need Node: files, downloads, the X display of GL, pictures as PNG.
 *
 * @packageDocumentation
 */

// the left side of every Either
export type { Failure } from './base/failure.ts'

// data sets from folders and from the network
export {
  download,
  downloadFrom,
  fromFolder,
  type DownloadOptions,
  type Fetch,
  type FolderOptions
} from './data/sources.node.ts'

// files
export { copyAtomic, ensureFolder, readBytes, removeFile, removeLeftovers, writeAtomic } from './io/atomic.node.ts'
export { lockFolder } from './io/lock.node.ts'

// checkpoints of training runs
export {
  checkpointFile,
  loadCheckpoint,
  previousCheckpointFile,
  restoreCheckpoint,
  saveCheckpoint,
  startCheckpoints,
  type LoadedCheckpoint
} from './train/checkpoint.node.ts'

// pictures
export {
  encodePng,
  loadCanvas,
  loadCanvasBy,
  writePng,
  type CanvasModule,
  type NodeCanvas,
  type PngCanvas
} from './render/png.node.ts'
export { writeLossChart } from './render/plot.node.ts'

// GL
export { costsFile, forgetCosts, storeCosts, storedCosts, type GLDevice } from './device/platform/costs.node.ts'
export { ensureDisplay, type Display } from './device/platform/display.node.ts'
