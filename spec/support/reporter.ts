import type { Reporter, TestModule, TestRunEndReason, Vitest } from 'vitest/node'

/** A mark in a spec's full name, and where such specs run. */
interface Need {
  readonly mark: string
  readonly where: string
}

const needs: readonly Need[] = [
  { mark: '[gl]', where: 'on GL' },
  { mark: '[browser]', where: 'in a browser' }
]

/** How many specs with the mark in their full name really ran. */
const ran = (modules: readonly TestModule[], mark: string): number =>
  modules
    .flatMap((module) => [...module.children.allTests()])
    .filter((test) => test.fullName.includes(mark) && ['passed', 'failed'].includes(test.result().state)).length

/** Did the run cover every spec file there is, by whatever name? */
const isWhole = async (vitest: Vitest, modules: readonly TestModule[]): Promise<boolean> =>
  vitest.config.testNamePattern === undefined && modules.length >= (await vitest.globTestSpecifications()).length

/**
 * Prints `N specs on GL` and `N specs in a browser`, and fails a run of the whole suite in which there were
 * none: specs that could not find GL must not let a run look green.
 */
export class NeededSpecs implements Reporter {
  #vitest: Vitest | undefined
  /** `without` are marks that the run leaves out on purpose. */
  constructor(readonly without: readonly string[] = []) {}

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  async onTestRunEnd(modules: readonly TestModule[], _errors: unknown, reason: TestRunEndReason): Promise<void> {
    if (this.#vitest === undefined || reason === 'interrupted') return
    const counts = needs.map((need) => ({ ...need, count: ran(modules, need.mark) }))
    process.stdout.write(`\n${counts.map(({ count, where }) => `${String(count)} specs ${where}`).join('\n')}\n`)
    if (!(await isWhole(this.#vitest, modules))) return
    for (const { mark, where } of counts.filter(({ mark, count }) => count === 0 && !this.without.includes(mark))) {
      process.stderr.write(`\nFAILED: no spec ran ${where} (none has ${mark} in its name). See npm run doctor.\n`)
      process.exitCode = 1
    }
  }
}
