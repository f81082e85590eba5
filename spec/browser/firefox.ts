import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { ensureDisplay } from '../../lib/platform/node/display.ts'
import type { Bundle } from './page.ts'

// Firefox needs no remote control for these specs: it opens a page that runs everything and posts what came out.

const names = ['firefox', 'firefox-esr']

/** FIREFOX_PATH, else the first Firefox on PATH or among macOS's applications, if there is one. */
export const firefox = (): string | undefined => {
  const { FIREFOX_PATH: named, PATH = '' } = process.env
  if (named !== undefined) return named
  const folders = [...PATH.split(delimiter), '/Applications/Firefox.app/Contents/MacOS']
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path))
}

// software GL is good enough, and no page that Firefox shows by itself
const preferences = {
  'webgl.force-enabled': true,
  'webgl.disable-fail-if-major-performance-caveat': true,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false
}

const profile = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-firefox-'))
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${value});`)
  await writeFile(join(folder, 'user.js'), lines.join('\n'))
  return folder
}

/** Serves a page at `/`, and gives what the page posts. */
const served = (page: string, posted: (body: string) => void): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      if (request.method !== 'POST') return void response.setHeader('content-type', 'text/html').end(page)
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        response.end()
        posted(body)
      })
    })
    server.listen(0, '127.0.0.1', () => resolve(server))
  })

/** In a script element, `</script>` would end the script. */
const inline = (code: string): string => code.replaceAll('</script', '<\\/script')

const pageOf = ({ text }: Bundle, call: string): string => `<!doctype html><title>tessera</title><script>
${inline(text)}
const post = (result) => fetch('/', { method: 'POST', body: JSON.stringify(result) })
${call}.then((value) => post({ value }), (error) => post({ error: String(error) }))
</script>`

/** Has Firefox evaluate a call of the bundle's exports in a page, and gives the JSON of what it resolves to. */
export const inFirefox = async (path: string, bundle: Bundle, call: string): Promise<unknown> => {
  await ensureDisplay()
  const folder = await profile()
  let posted: (body: string) => void = () => undefined
  const answer = new Promise<string>((resolve) => (posted = resolve))
  const server = await served(pageOf(bundle, call), posted)
  const { port } = server.address() as AddressInfo
  const browser = spawn(path, ['--headless', '--no-remote', '--profile', folder, `http://127.0.0.1:${port}/`], {
    stdio: 'ignore',
    env: { ...process.env, HOME: folder }
  })
  const gone = new Promise<never>((_, reject) => {
    browser.once('error', reject)
    browser.once('exit', (code) => reject(new Error(`Firefox ended with ${code} before the page answered`)))
  })
  try {
    const result = JSON.parse(await Promise.race([answer, gone])) as {
      readonly value?: unknown
      readonly error?: string
    }
    return result.error === undefined ? result.value : await Promise.reject(new Error(result.error))
  } finally {
    gone.catch(() => undefined)
    browser.kill()
    server.close()
    server.closeAllConnections()
    await new Promise((resolve) =>
      browser.exitCode === null && browser.signalCode === null ? browser.once('exit', resolve) : resolve(undefined)
    )
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
