import type { Plan } from '../compile/schedule/plan.ts'
import { fragments } from '../compile/kernel/slices.ts'
import { tensorsOf } from '../core/tree.ts'
import type { Around } from './compiled.ts'
import type { Timing } from './api/device.ts'
import type { Engine } from './engine.ts'

/** Measures each kernel separately: it waits for the device before and after. */
export class Timer {
  readonly #programs: readonly string[]
  /** Of each buffer. */
  readonly #texels = new Map<number, number>()
  constructor(
    readonly engine: Engine,
    plan: Plan,
    readonly timings: Timing[]
  ) {
    this.#programs = [...new Set(plan.steps.map(({ source }) => source().text))]
    for (const [buffer, leaf] of plan.leaves) this.#texels.set(buffer, fragments(leaf.shape))
    for (const { outputs, targets, shape } of plan.steps)
      for (const buffer of outputs) this.#texels.set(buffer, (fragments(shape) * targets) / outputs.length)
  }

  readonly around: Around = ({ name, shape, source, flops, inputs, outputs }, run) => {
    this.engine.finish()
    const start = performance.now()
    run()
    this.engine.finish()
    const ms = performance.now() - start
    const bytes = [...inputs, ...outputs].reduce((sum, i) => sum + 16 * this.#texels.get(i)!, 0)
    this.timings.push({ name, shape, program: this.#programs.indexOf(source().text), ms, flops, bytes })
  }
}

/** Frees the results of a run, except arguments that it passed on. */
export const free = (result: unknown, args: readonly unknown[]): void => {
  const given = new Set(tensorsOf(args))
  for (const x of tensorsOf(result)) if (!given.has(x)) x[Symbol.dispose]()
}
