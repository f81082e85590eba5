import type { Step } from '../compile/schedule/plan.ts'
import type { Around } from './compiled.ts'
import type { Engine } from './engine.ts'
import type { Ahead, Job } from './platform/types.ts'

/** Hears how far a first run is, which waits for programs being compiled: so many of its kernels are done. */
export type OnCompile = (done: number, total: number) => void

export interface CompilingOptions {
  readonly onCompile?: OnCompile | undefined
  /** Has other processes compile too: into so many lists at most the work is dealt. */
  readonly helpers?: { readonly most: number; readonly ahead: Ahead } | undefined
}

/** The first of some steps for each program that the engine lacks, in order. */
export const missingIn = (steps: readonly Step[], engine: Engine): readonly Step[] => {
  const first = new Map<string, Step>()
  for (const step of steps) {
    const source = step.source()
    if (!engine.has(source) && !first.has(source.text)) first.set(source.text, step)
  }
  return [...first.values()]
}

/** Helpers start after so many programs, if each took as long (what the driver kept takes a tenth of it) ... */
const tried = 5
const slowMs = 40
/** ... and so many are left: a helper needs a second to begin. */
const worthwhile = 20

const jobOf = ({ source, inputs, targets }: Step): Job => ({ source: source(), inputs: inputs.length, targets })

/**
 * The work that is left, dealt to so many helpers, the last first: this process goes on from the front, and what it
 * meets there is compiled already.
 */
export const dealt = (left: readonly Step[], most: number): readonly (readonly Job[])[] => {
  const jobs = left.map(jobOf).reverse()
  return Array.from({ length: most }, (_, k) => jobs.filter((_job, i) => i % most === k))
}

/**
 * Runs steps whose programs are written and compiled as they come, tells how far that is, and sees to help where it
 * takes long. Where this thread would wait for the driver to draw, it builds what comes later.
 */
export const compiling = <A>(
  steps: readonly Step[],
  engine: Engine,
  { onCompile, helpers }: CompilingOptions,
  work: (around: Around) => A
): A => {
  const before = engine.counters.compileMs
  let [done, compiled, built] = [0, 0, 0]
  let end = (): void => undefined
  const seeToHelp = (): void => {
    if (!helpers || compiled !== tried || engine.counters.compileMs - before < tried * slowMs) return
    const left = missingIn(steps.slice(done), engine)
    if (left.length >= worthwhile) end = helpers.ahead(dealt(left, helpers.most))
  }
  const buildNext = (): void => {
    let next: Step | undefined
    do next = steps[built++]
    while (next && !engine.build(next.source(), next.inputs.length, next.targets))
  }
  try {
    return work((step, run) => {
      const isNew = !engine.has(step.source())
      run(buildNext)
      done++
      if (isNew) compiled++
      if (isNew || (compiled > 0 && done === steps.length)) onCompile?.(done, steps.length)
      if (isNew) seeToHelp()
    })
  } finally {
    end()
  }
}
