import type { Step } from '../compile/schedule/plan.ts'
import type { Around } from './compiled.ts'
import type { Engine } from './engine.ts'
import type { Ahead, Job } from './platform.ts'

/** Hears the progress of a first run, which waits for the compiler: `done` of `total` kernels have run. */
export type OnCompile = (done: number, total: number) => void

/** How first runs report progress and get help. */
export interface CompilingOptions {
  readonly onCompile?: OnCompile | undefined
  /** Lets up to `most` other processes compile, too. */
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

/** Helpers start after `tried` programs if each took `slowMs` on average (a cached program takes a tenth of that) ... */
const tried = 5
const slowMs = 40
/** ... and if this many programs are left, because a helper takes a second to start. */
const worthwhile = 20

const jobOf = ({ source, inputs, targets }: Step): Job => ({ source: source(), inputs: inputs.length, targets })

/**
 * Deals the remaining programs to `most` helpers, last ones first. This process continues from the front until it meets
 * programs that are compiled already.
 */
export const dealt = (left: readonly Step[], most: number): readonly (readonly Job[])[] => {
  const jobs = left.map(jobOf).reverse()
  return Array.from({ length: most }, (_, k) => jobs.filter((_job, i) => i % most === k))
}

/**
 * Runs steps, compiles their programs on the way, reports the progress, and starts helpers if that is slow. While the
 * driver draws, this thread builds later programs instead of waiting.
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
