import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { blankPage } from '../lib/browser.ts'

const bundled = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./soak.page.ts', import.meta.url))],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'soak',
    target: 'es2022',
    conditions: ['browser'],
    mainFields: ['browser', 'module', 'main'],
    write: false,
    logLevel: 'silent'
  })
  return outputFiles[0]!.text
}

/** A page of Chromium with the trials in it. */
export const openPage = async (): Promise<Page> => {
  const page = await blankPage()
  await page.addScriptTag({ content: await bundled() })
  return page
}
