import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'
import type { Page } from 'playwright-core'
import { blankPage } from '../../scripts/lib/browser.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// ---- the program -------------------------------------------------------------------------------------------------

export interface Bundle {
  readonly text: string
  readonly metafile: Metafile
}

/** The library, the models and the cases as one script for a browser. */
export const bundle = async (): Promise<Bundle> => {
  const { outputFiles, metafile } = await build({
    entryPoints: [here('./entry.ts')],
    absWorkingDir: here('../..'),
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'specs',
    target: 'es2022',
    conditions: ['browser'],
    mainFields: ['browser', 'module', 'main'],
    metafile: true,
    write: false,
    logLevel: 'silent'
  })
  return { text: outputFiles[0]!.text, metafile }
}

// ---- the browser -------------------------------------------------------------------------------------------------

/** A page with the bundle in it. */
export const openPage = async ({ text }: Bundle): Promise<Page> => {
  const page = await blankPage()
  await page.addScriptTag({ content: text })
  return page
}
