import { fileURLToPath } from 'node:url'
import { bundleOf, pageWith, type Bundle } from '../../scripts/lib/browser.ts'

export type { Bundle }

/** The library, the models and the cases as one script for a browser. */
export const bundle = (): Promise<Bundle> => bundleOf(fileURLToPath(new URL('./entry.ts', import.meta.url)), 'specs')

/** A page with the bundle in it. */
export const openPage = pageWith
