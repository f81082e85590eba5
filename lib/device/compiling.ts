import type { Plan, Step } from '../compile/plan.ts'
import type { Around } from './compiled.ts'
import type { Engine } from './engine.ts'
import type { Ahead, Job } from './platform/types.ts'

/** Hears of programs being compiled: how many of those that a plan needs are done. */
export type OnCompile = (done: number, total: number) => void

export interface CompilingOptions {
  readonly onCompile?: OnCompile | undefined
  /** Has other processes compile too: into so many lists at most the work is dealt. */
  readonly helpers?: { readonly most: number; readonly ahead: Ahead } | undefined
}

/** The first step of each program that a plan needs and the engine lacks, in order. */
export const missingIn = ({ steps }: Plan, engine: Engine): readonly Step[] => {
  const first = new Map<string, Step>()
  for (const step of steps)
    if (!engine.has(step.source) && !first.has(step.source.text)) first.set(step.source.text, step)
  return [...first.values()]
}

/** Helpers start after so many programs, if each took as long (what the driver kept takes a tenth of it) ... */
const tried = 5
const slowMs = 40
/** ... and so many are left: a helper needs a second to begin. */
const worthwhile = 20

const jobOf = ({ source, inputs, targets }: Step): Job => ({ source, inputs: inputs.length, targets })

/**
 * The work that is left, dealt to so many helpers, the last first: this process goes on from the front, and what it
 * meets there is compiled already.
 */
export const dealt = (left: readonly Step[], most: number): readonly (readonly Job[])[] => {
  const jobs = left.map(jobOf).reverse()
  return Array.from({ length: most }, (_, k) => jobs.filter((_job, i) => i % most === k))
}

/** Runs a plan whose programs are compiled as they come, tells how far that is, and sees to help where it takes long. */
export const compiling = <A>(
  missing: readonly Step[],
  { counters }: Engine,
  { onCompile, helpers }: CompilingOptions,
  work: (around: Around) => A
): A => {
  const left = new Map(missing.map((step) => [step.source.text, step]))
  const before = counters.compileMs
  let end = (): void => undefined
  const seeToHelp = (): void => {
    const done = missing.length - left.size
    if (!helpers || done !== tried || left.size < worthwhile || counters.compileMs - before < tried * slowMs) return
    end = helpers.ahead(dealt([...left.values()], helpers.most))
  }
  try {
    return work((step, run) => {
      run()
      if (!left.delete(step.source.text)) return
      onCompile?.(missing.length - left.size, missing.length)
      seeToHelp()
    })
  } finally {
    end()
  }
}
