import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { bundleOf, pageWith } from '../lib/browser.ts'

/** A page of Chromium with the trials in it. */
export const openPage = async (): Promise<Page> =>
  pageWith(await bundleOf(fileURLToPath(new URL('./soak.page.ts', import.meta.url)), 'soak'))
