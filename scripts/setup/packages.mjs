import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { quietly, say } from './say.mjs'

export const onPath = (...names) =>
  names.some((name) =>
    (process.env.PATH ?? '').split(delimiter).some((folder) => {
      try {
        accessSync(join(folder, name), constants.X_OK)
        return folder !== ''
      } catch {
        return false
      }
    })
  )

/** Where playwright puts the browsers that it downloads. */
const playwrightBrowsers = () => {
  const folders = ['.cache/ms-playwright', 'Library/Caches/ms-playwright', 'AppData/Local/ms-playwright']
  const present = folders.map((folder) => join(homedir(), folder)).filter((folder) => existsSync(folder))
  return present.flatMap((folder) => readdirSync(folder)).filter((name) => name.startsWith('chromium'))
}

const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const applications = ['/Applications/Google Chrome.app', 'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe']
const hasBrowser = () =>
  onPath(...browsers) || applications.some((path) => existsSync(path)) || playwrightBrowsers().length > 0

/**
 * What the machine must have: a name for people, the Debian packages that bring it, and (where a package is not the
 * only way to have it) how else to see that it is there.
 */
export const running = [
  {
    what: 'software GL',
    packages: ['libgl1', 'libgl1-mesa-dri', 'libx11-6', 'libxext6', 'libdrm2'],
    elsewhere: 'Mesa (libGL and its software renderer) and libX11, libXext, libdrm'
  },
  { what: 'an X server without a screen', packages: ['xvfb'], there: () => onPath('Xvfb'), elsewhere: 'Xvfb' },
  { what: 'a font for the drawn digits', packages: ['fontconfig', 'fonts-dejavu-core'], elsewhere: 'the DejaVu fonts' }
]

/** There, Chromium's package holds nothing but a hint at another way to install it. */
const isUbuntu = () => existsSync('/etc/os-release') && /^ID=ubuntu$/m.test(readFileSync('/etc/os-release', 'utf8'))

export const browser = {
  what: 'a browser for the specs',
  packages: isUbuntu() ? [] : ['chromium'],
  there: hasBrowser,
  elsewhere: 'Chromium or Chrome, or run: npx playwright-core install --with-deps chromium'
}

const compiler = [
  { what: 'g++', packages: ['g++'], there: () => onPath('g++', 'c++') },
  { what: 'make', packages: ['make'], there: () => onPath('make') },
  { what: 'Python', packages: ['python3'], there: () => onPath('python3') }
]

/** What the optional packages need where their prebuilt binaries can't be downloaded. */
export const building = {
  gl: compiler,
  canvas: [
    ...compiler,
    { what: 'pkg-config', packages: ['pkg-config'], there: () => onPath('pkg-config') },
    { what: 'the headers of Cairo and Pango', packages: ['libcairo2-dev', 'libpango1.0-dev'] },
    // its build takes in each of these whose library is there at all, and then fails without the headers
    { what: 'the headers of picture formats', packages: ['libjpeg-dev', 'libgif-dev', 'librsvg2-dev'] }
  ]
}

export const isDebian = () => process.platform === 'linux' && onPath('dpkg-query') && onPath('apt-get')

const installed = (packages) => {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages], {
    encoding: 'utf8'
  })
  const lines = new Set((stdout ?? '').split('\n'))
  return packages.every((name) => lines.has(`${name} installed`))
}

/** The needs that this machine does not meet. */
export const missing = (needs) =>
  needs.filter(({ there, packages }) => !(there === undefined ? isDebian() && installed(packages) : there()))

export const packagesOf = (needs) => [...new Set(needs.flatMap(({ packages }) => packages))]
export const namesOf = (needs) => [...new Set(needs.map(({ what }) => what))].join(', ')

/** The needs that a Debian package meets here, and those that none does. */
export const byPackage = (needs) => {
  const has = ({ packages }) => isDebian() && packages.length > 0
  return { packaged: needs.filter(has), others: needs.filter((need) => !has(need)) }
}

const isRoot = () => process.getuid?.() === 0
const hasSudo = () => onPath('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0

const apt = (...args) => ['apt-get', '-o', 'DPkg::Lock::Timeout=300', ...args]
const installing = (packages) => ['install', '-y', '--no-install-recommends', ...packages]

/** The one command that brings the packages. */
export const command = (packages) => {
  const sudo = isRoot() ? '' : 'sudo '
  return `${sudo}apt-get update && ${sudo}apt-get ${installing(packages).join(' ')}`
}

let updated = false

/**
 * Installs what is needed where that may be done without asking: as root, or by sudo without a password. Gives
 * whether all of it is there afterwards. One package that can't be had must not keep the others away.
 */
export const install = (needs, { dryRun }) => {
  const prefix = isRoot() ? [] : hasSudo() ? ['sudo', '-n', 'env', 'DEBIAN_FRONTEND=noninteractive'] : undefined
  const { packaged, others } = byPackage(needs)
  if (packaged.length === 0 || prefix === undefined) return false
  const how = { env: { DEBIAN_FRONTEND: 'noninteractive' }, dryRun }
  const run = (what, ...args) => quietly(what, [...prefix, ...apt(...args)], how)
  const packages = packagesOf(packaged)
  say(`Missing: ${namesOf(packaged)}.`)
  updated ||= run('Reading the lists of Debian packages', 'update')
  const all = run(`Installing ${packages.join(' ')}`, ...installing(packages))
  const each = () => packaged.map((need) => run(`Installing ${need.what}`, ...installing(need.packages)))
  return (all || (packaged.length > 1 && each().every((ok) => ok))) && others.length === 0
}
