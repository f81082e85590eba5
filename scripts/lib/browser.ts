import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'
import * as E from 'fp-ts/Either'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { ensureDisplay } from '../../lib/platform/node/display.ts'

const onPath = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))

/** CHROMIUM_PATH, else a browser on PATH, else one that playwright has installed. */
const executable = (): string => {
  const { CHROMIUM_PATH: named } = process.env
  const known = [...onPath(['chromium', 'chromium-browser', 'google-chrome']), chromium.executablePath()]
  const found = named === undefined ? known.find((path) => existsSync(path)) : named
  if (found === undefined || !existsSync(found))
    throw new Error(
      `no Chromium${named === undefined ? '' : ` at CHROMIUM_PATH=${named}`}: install it, or name it in CHROMIUM_PATH`
    )
  return found
}

const quiet = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // on a busy machine it takes software GL, which is slow, for a GPU that hangs, and takes the context away
  '--disable-gpu-watchdog'
]
/** The driver of the display, which may have a GPU, then the one that Chromium brings along. */
const drivers = [
  ['--use-gl=angle', '--use-angle=gl', '--ignore-gpu-blocklist'],
  ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist']
]

/**
 * The document. It has an address on this machine, at which nobody listens, and is on its own there: only such pages
 * may share memory between threads.
 */
const address = 'http://localhost/'
const served = {
  contentType: 'text/html',
  body: '<!doctype html><title>tessera</title>',
  headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
}

const hasContexts = (page: Page): Promise<boolean> =>
  page.evaluate(() => ['webgl2', 'webgl'].every((name) => new OffscreenCanvas(1, 1).getContext(name as 'webgl') !== null)) // prettier-ignore

const launched = async (driver: readonly string[]): Promise<{ readonly browser: Browser; readonly page: Page }> => {
  const browser = await chromium.launch({ executablePath: executable(), headless: true, args: [...quiet, ...driver] })
  const page = await browser.newPage()
  await page.route(address, (route) => route.fulfill(served))
  await page.goto(address)
  return { browser, page }
}

/** A page of a browser with both kinds of WebGL; throws where there is none. */
export const blankPage = async (): Promise<Page> => {
  const display = await ensureDisplay()
  if (E.isLeft(display)) throw new Error(display.left.message)
  for (const driver of drivers) {
    const { browser, page } = await launched(driver)
    if (await hasContexts(page)) return page
    await browser.close()
  }
  throw new Error(`Chromium gives no webgl2 and webgl contexts, neither with ${drivers.map((d) => d.join(' ')).join(' nor with ')}`) // prettier-ignore
}

/** A script for a browser, and what is in it. */
export interface Bundle {
  readonly text: string
  readonly metafile: Metafile
}

/** A module with all that it imports as one script, whose exports are a global of this name. */
export const bundleOf = async (entry: string, globalName: string): Promise<Bundle> => {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName,
    target: 'es2022',
    conditions: ['browser'],
    mainFields: ['browser', 'module', 'main'],
    metafile: true,
    write: false,
    logLevel: 'silent'
  })
  return { text: outputFiles[0]!.text, metafile }
}

/** A page with a script in it. */
export const pageWith = async ({ text }: Bundle): Promise<Page> => {
  const page = await blankPage()
  await page.addScriptTag({ content: text })
  return page
}
