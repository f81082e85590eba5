/* The origins of data sets in Node: a folder, or the network by way of the user's cache folder. */
export { fromFolder, type FolderOptions } from './folder.node.ts'
export { download, downloadFrom } from './download.node.ts'
export type { DownloadOptions } from './download.node.ts'
export type { Fetch } from './transfer.node.ts'
