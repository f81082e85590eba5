// Brings a fresh clone to where everything runs. It has no dependencies, for it runs before there are any, and it
// does nothing where nothing is missing. What is optional and can't be had is said, loudly, and done without.
import { readFileSync } from 'node:fs'
import { pathToFileURL, fileURLToPath } from 'node:url'
import {
  browser,
  building,
  byPackage,
  command,
  install,
  missing,
  namesOf,
  packagesOf,
  running
} from './setup/packages.mjs'
import { faults, isInstalled, lastAttempt, noteAttempt, npmCi } from './setup/modules.mjs'
import { say, shout } from './setup/say.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The oldest Node, as package.json says. */
const oldest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  .engines.node.match(/\d+/g)
  .map(Number)

const isTooOld = () => {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major < oldest[0] || (major === oldest[0] && minor < oldest[1])
}

const sayMissing = (needs) => {
  if (needs.length === 0) return
  const { packaged, others } = byPackage(needs)
  shout([
    `This machine lacks ${namesOf(needs)}.`,
    ...(packaged.length > 0 ? [`Install it with:  ${command(packagesOf(packaged))}`] : []),
    ...others.map(({ what, elsewhere }) => `Install ${elsewhere ?? what}.`),
    'Going on without.'
  ])
}

/** Libraries of the system, for the programs and (with a browser) for the specs. */
const setUpSystem = (options) => {
  const wanted = process.platform === 'linux' ? running : []
  const needs = missing(options.browser ? [...wanted, browser] : wanted)
  if (needs.length > 0 && !install(needs, options)) sayMissing(missing(needs))
}

const losses = {
  gl: "no GL: everything that needs no picture runs, far slower, on gpu.js's webasm or cpu backend",
  canvas: 'no canvas: no pictures are drawn; everything else runs'
}

const addons = Object.keys(losses)

/** What building them takes; where there are no Debian packages, in words. */
const buildNeeds = (broken) =>
  process.platform === 'linux' ? missing(Object.keys(broken).flatMap((name) => building[name])) : []

const toolsElsewhere = {
  darwin: 'xcode-select --install && brew install pkg-config cairo pango && ',
  win32: '(Visual Studio Build Tools and Python, then)  '
}

const mending = (broken) => {
  const { packaged, others } = byPackage(buildNeeds(broken))
  const tools = packaged.length > 0 ? `${command(packagesOf(packaged))} && ` : (toolsElsewhere[process.platform] ?? '')
  return `${others.length > 0 ? `(${namesOf(others)}, then)  ` : ''}${tools}npm ci`
}

const sayBroken = (broken) => {
  if (Object.keys(broken).length === 0) return
  const lines = Object.entries(broken).flatMap(([name, why]) => [`${name}: ${losses[name]}`, `    (${why})`])
  shout([...lines, `Mend it with:  ${mending(broken)}`])
}

/** Builds the optional packages that do not load, unless that was tried before and nothing has changed since. */
const mend = (broken, justTried, options) => {
  const needs = buildNeeds(broken)
  const gotMore = needs.length > 0 && install(needs, options)
  const attempt = `${process.version} ${packagesOf(buildNeeds(broken)).join(' ')}`
  if (gotMore || (!justTried && attempt !== lastAttempt(root))) npmCi(root, options)
  const still = faults(root, addons)
  if (Object.keys(still).length > 0 && !options.dryRun) noteAttempt(root, attempt)
  return still
}

/** The npm packages. `gl` and `canvas` are optional, and built with what the system has where no binary is to be had. */
const setUpModules = (options) => {
  const stale = !isInstalled(root)
  if (stale && !npmCi(root, options)) return false
  const broken = faults(root, addons)
  if (Object.keys(broken).length > 0) sayBroken(mend(broken, stale, options))
  return true
}

/** Sets everything up; gives whether the programs can run. */
export const setUp = (options) => {
  if (isTooOld()) {
    shout([`tessera needs Node ${oldest.join('.')} or later; this is ${process.version}.`])
    return false
  }
  setUpSystem(options)
  if (setUpModules(options)) return true
  shout(['npm ci did not succeed: see above. Nothing runs without the npm packages.'])
  return false
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const options = { browser: process.argv.includes('--browser'), dryRun: process.argv.includes('--dry-run') }
  if (setUp(options)) say('The set-up is done.')
  else process.exitCode = 1
}
