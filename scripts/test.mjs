// npm test: sets up what is missing, then runs every check and every spec, and counts. `npm test -- spec/core` runs
// only those specs (with any options of vitest).
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setUp } from './setup.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (path) => join(root, 'node_modules', path)
const node = (args, options) => spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', ...options })

const checks = [
  { what: 'types', args: [bin('typescript/bin/tsc'), '-p', '.'] },
  { what: 'lint', args: [bin('eslint/bin/eslint.js'), '--max-warnings', '0'] },
  { what: 'format', args: [bin('prettier/bin/prettier.cjs'), '--check', '.'] },
  { what: 'sizes, cycles and any', args: ['--import', 'tsx', 'scripts/sizes.ts', '--quiet'] },
  { what: 'docs', args: [bin('typedoc/bin/typedoc'), '--emit', 'none'] },
  { what: 'the package', args: ['--import', 'tsx', 'scripts/package.ts'], shown: true }
]

/** Runs a check and says how it went; what it printed is shown where it failed, or is worth reading in any case. */
const passes = ({ what, args, shown = false }) => {
  const since = performance.now()
  const { status, stdout, stderr } = node(args)
  const seconds = ((performance.now() - since) / 1000).toFixed(1)
  process.stdout.write(`${status === 0 ? ' ok ' : 'FAIL'}  ${what} (${seconds} s)\n`)
  if (status !== 0 || shown) process.stdout.write(`${stdout}${stderr}\n`)
  return status === 0
}

/** What vitest's report counts. A file that failed before its first spec, or a report that is missing, is a failure. */
const counted = (file, status) => {
  try {
    const {
      numPassedTests: passed,
      numFailedTests,
      numPendingTests,
      numTodoTests,
      testResults
    } = JSON.parse(readFileSync(file, 'utf8'))
    const unread = testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((spec) => spec.status === 'failed')
    )
    const failed = numFailedTests + unread.length
    const skipped = numPendingTests + numTodoTests
    return { passed, failed: status !== 0 && failed === 0 ? 1 : failed, skipped }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

const specs = (args) => {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-specs-'))
  const report = join(folder, 'report.json')
  const env = { ...process.env, TESSERA_REPORT: report }
  const { status } = node([bin('vitest/vitest.mjs'), 'run', ...args], { stdio: 'inherit', env })
  const counts = counted(report, status)
  rmSync(folder, { recursive: true, force: true })
  return counts
}

const test = (args) => {
  const results = args.length === 0 ? checks.map(passes) : []
  const { passed, failed, skipped } = specs(args)
  const good = results.filter((ok) => ok).length
  const bad = results.length - good
  process.stdout.write(`\nchecks: ${good} passed, ${bad} failed\n`)
  process.stdout.write(`specs: ${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  process.stdout.write(`${good + passed} passed, ${bad + failed} failed\n`)
  return bad + failed === 0 && passed > 0
}

const ready = setUp({ browser: true, dryRun: false })
if (!ready) process.stdout.write('0 passed, 1 failed\n')
process.exitCode = ready && test(process.argv.slice(2)) ? 0 : 1
