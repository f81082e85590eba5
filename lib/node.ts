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
} from './platform/node/sources.ts'

// files
export {
  copyAtomic,
  ensureFolder,
  readBytes,
  removeFile,
  removeLeftovers,
  writeAtomic
} from './platform/node/atomic.ts'
export { lockFolder } from './platform/node/lock.ts'

// checkpoints of training runs
export {
  checkpointFile,
  loadCheckpoint,
  previousCheckpointFile,
  restoreCheckpoint,
  saveCheckpoint,
  startCheckpoints,
  type LoadedCheckpoint
} from './platform/node/checkpoint.ts'

// pictures
export {
  encodePng,
  loadCanvas,
  loadCanvasBy,
  writePng,
  type CanvasModule,
  type NodeCanvas,
  type PngCanvas
} from './platform/node/png.ts'
export { writeLossChart } from './platform/node/plot.ts'

// GL
export { costsFile, forgetCosts, storeCosts, storedCosts, type GLDevice } from './platform/node/costs.ts'
export { ensureDisplay, type Display } from './platform/node/display.ts'
