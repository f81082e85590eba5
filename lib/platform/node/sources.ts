/* The origins of data sets in Node: a folder, or the network by way of the user's cache folder. */
export { fromFolder, type FolderOptions } from './folder.ts'
export { download, downloadFrom } from './download.ts'
export type { DownloadOptions } from './download.ts'
export type { Fetch } from './transfer.ts'
