import { showPlan } from '../compile/show.ts'
import { debug, debugLevel } from '../core/debug.ts'
import type { Held } from '../core/primitives.ts'
import { topological, type Tensor } from '../core/tensor.ts'
import { mapTree, tensorsOf } from '../core/tree.ts'
import { execute, given, isHeld, trace, type Traced } from './compiled.ts'
import type { CompileOptions, Device, Stats } from './device.ts'
import type { Engine } from './engine.ts'
import { Memory } from './memory.ts'
import { formed } from './read.ts'

type Anything = (...args: readonly unknown[]) => unknown

/** Milliseconds that reads may follow each other without a turn of the event loop. */
const patience = 20

/** The device of a backend: traces functions, keeps their plans, runs them. */
export const deviceOf = (engine: Engine, reason: string): Device => new EngineDevice(engine, reason)

class EngineDevice implements Device {
  readonly name: string
  readonly renderer: string
  readonly #engine: Engine
  readonly #memory: Memory
  #planMs = 0
  #turned = 0

  constructor(
    engine: Engine,
    readonly reason: string
  ) {
    this.name = engine.name
    this.renderer = engine.renderer
    this.#engine = engine
    this.#memory = new Memory(engine)
  }

  compile<A extends readonly unknown[], R>(
    f: (...args: A) => R,
    { donate = [] }: CompileOptions = {}
  ): (...args: A) => R {
    const plans = new Map<string, Traced>()
    return (...args) => {
      const ready = args.map((arg) => this.compute(arg))
      const leaves = given(ready, donate)
      const traced = plans.get(leaves.signature) ?? this.#trace(f as unknown as Anything, ready)
      plans.set(leaves.signature, traced)
      return execute(traced, leaves, this.#engine, this.#memory) as R
    }
  }

  #trace(f: Anything, args: readonly unknown[]): Traced {
    const start = performance.now()
    const traced = trace(f, args, this.#engine)
    this.#planMs += performance.now() - start
    debug(1, () => showPlan(traced.plan, { source: debugLevel() > 1 }))
    return traced
  }

  compute<T>(tree: T): T {
    const pending = [...new Set(tensorsOf(tree))].filter((x) => !isHeld(x))
    if (pending.length === 0) return tree
    const traced = this.#trace(() => pending, [])
    const results = execute(traced, given([], []), this.#engine, this.#memory) as readonly Tensor[]
    const done = new Map(pending.map((x, i) => [x, results[i]!]))
    return mapTree(tree, (x) => done.get(x) ?? x)
  }

  read = (async (x: Tensor, as?: 'ndarray' | 'nested') => {
    const computed = this.compute(x)
    await this.#engine.finish()
    await this.#turn()
    const numbers = (computed.attrs as Held).storage.read()
    // what x merely passes on is not ours to free
    if (!topological([x]).includes(computed)) computed[Symbol.dispose]()
    return formed(Float32Array.from(numbers), x.shape, as)
  }) as Device['read']

  /**
   * Lets timers, signals and finalisers have their turn: a loop that waits for nothing but reads would starve them.
   */
  async #turn(): Promise<void> {
    if (performance.now() - this.#turned < patience) return
    await new Promise((resolve) => setTimeout(resolve, 0))
    this.#turned = performance.now()
  }

  show<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): string {
    return showPlan(trace(f as unknown as Anything, args, this.#engine).plan)
  }

  stats(): Stats {
    const { programs, calls, created, live, pooled, bytes, compileMs } = this.#engine.counters
    return { programs, calls, created, live, pooled, bytes, compileMs, planMs: this.#planMs }
  }

  dispose(): void {
    this.#engine.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}
