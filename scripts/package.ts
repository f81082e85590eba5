// npm run package: is the package right? Builds and packs it, installs the tarball into an empty project, and uses it
// there in the ways that users do. It exits with 1 if something is wrong.
import { rmSync } from 'node:fs'
import { print } from './lib/output.ts'
import {
  imported,
  linted,
  programs,
  required,
  specs,
  typed,
  whole,
  withoutPeers,
  wrongTypes
} from './package/checks.ts'
import type { Check, Installed } from './package/checks.ts'
import { plainPage, vitePage } from './package/pages.ts'
import { contents, shaken } from './package/sizes.ts'
import { emptyFolder, npm, pack, projectWith } from './package/project.ts'
import { root } from './build/paths.ts'

const checks: readonly (readonly [what: string, check: Check])[] = [
  ['publint', linted],
  ['are the types wrong?', wrongTypes],
  ['nothing of Node in the browser’s modules, and no name of a missing one', whole],
  ['import in Node', imported],
  ['require in Node', required],
  ['words for missing peers', withoutPeers],
  ['TypeScript, NodeNext', typed('NodeNext')],
  ['TypeScript, Bundler', typed('Bundler')],
  ['npx tessera', programs],
  ['sizes, and only what is used', shaken],
  ['contents', contents],
  ['specs against the build', specs],
  ['a page of Vite', vitePage],
  ['a page without a bundler', plainPage]
]

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`

const passes = async (what: string, check: () => string | Promise<string>): Promise<boolean> => {
  const since = performance.now()
  try {
    const said = await check()
    print(` ok   ${what} (${seconds(since)})${said === '' ? '' : `\n${said.replaceAll(/^/gm, '      ')}`}`)
    return true
  } catch (thrown) {
    print(`FAIL  ${what} (${seconds(since)})\n${thrown instanceof Error ? thrown.message : String(thrown)}`)
    return false
  }
}

const asked = process.argv.slice(2)
const wanted = checks.filter(([what]) => asked.length === 0 || asked.some((word) => what.includes(word)))
npm(['run', '-s', 'build'], root)
const folder = emptyFolder()
const packed = pack(folder)
const installed: Installed = { packed, project: projectWith(packed.tarball) }
let failed = 0
for (const [what, check] of wanted) if (!(await passes(what, () => check(installed)))) failed++
for (const made of [folder, installed.project]) rmSync(made, { recursive: true, force: true })
print(`the package: ${wanted.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
