import { compile, type Plan } from '../compile/index.ts'
import { showPlan } from '../compile/schedule/show.ts'
import { debug, debugLevel } from '../base/debug.ts'
import type { Held } from '../core/primitives.ts'
import { Recent } from '../base/recent.ts'
import { topological, type Tensor } from '../core/tensor.ts'
import { isTracing } from '../core/trace.ts'
import { mapTree, tensorsOf } from '../core/tree.ts'
import { compiling, type CompilingOptions } from './compiling.ts'
import { execute, given, isComputed, trace, type Around, type Given, type Traced } from './compiled.ts'
import type { CompileOptions, Device, Stats, Timing } from './api/device.ts'
import type { Engine } from './engine.ts'
import { guarded } from './guarded.ts'
import type { OnLost } from './api/lost.ts'
import { Memory } from './memory.ts'
import { checkCompile, checkDonated } from './api/options.ts'
import { checkPlaceholders } from './api/placeholders.ts'
import { Plans } from './plans.ts'
import { free, Timer } from './profile.ts'
import { formed, promised } from './api/read.ts'

type Anything = (...args: readonly unknown[]) => unknown

/** Milliseconds after which a read yields to the event loop. */
const patience = 20

/** How many traces a compiled function keeps: one for each structure, shapes and plain values of its arguments. */
const mostTraces = 256

/** The device of a backend: traces functions, caches their plans, runs them. */
export const deviceOf = (engine: Engine, reason: string, options: CompilingOptions = {}): Device =>
  new EngineDevice(guarded(engine), reason, options)

class EngineDevice implements Device {
  readonly name: string
  readonly renderer: string
  readonly #engine: Engine
  readonly #memory: Memory
  readonly #plans: Plans
  /** Plans whose programs are all compiled. */
  readonly #ran = new WeakSet<Plan['steps']>()
  readonly #ms = { trace: 0, plan: 0, run: 0 }
  #turned = 0

  constructor(
    engine: Engine,
    readonly reason: string,
    readonly options: CompilingOptions
  ) {
    this.name = engine.name
    this.renderer = engine.renderer
    this.#engine = engine
    this.#memory = new Memory(engine)
    this.#plans = new Plans(engine)
  }

  compile<A extends readonly unknown[], R>(f: (...args: A) => R, options?: CompileOptions): (...args: A) => R {
    const { donate } = checkCompile(options)
    const traces = new Recent<Traced>(mostTraces)
    return (...args) => {
      checkDonated(donate, args)
      // inside a function that is being traced, it becomes part of that function's plan
      if (isTracing()) return f(...args)
      const ready = args.map((arg) => this.compute(arg))
      const leaves = given(ready, donate)
      const traced = traces.of(leaves.signature, () => this.#trace(f as unknown as Anything, ready))
      const result = this.#run(traced, leaves)
      this.#forget(args, ready, result)
      return result as R
    }
  }

  /** Frees what was computed only for a call, unless the function passed it on. */
  #forget(args: readonly unknown[], ready: readonly unknown[], result: unknown): void {
    if (ready.every((arg, i) => arg === args[i])) return
    const kept = new Set([...tensorsOf(args), ...tensorsOf(result)])
    for (const x of tensorsOf(ready)) if (!kept.has(x)) x[Symbol.dispose]()
  }

  #trace(f: Anything, args: readonly unknown[]): Traced {
    return this.#planned(this.#timed('trace', () => trace(f, args)))
  }

  #planned(result: unknown): Traced {
    const traced = { result, plan: this.#timed('plan', () => this.#plans.of(tensorsOf(result))) }
    debug(1, () => showPlan(traced.plan, { source: debugLevel() > 1 }))
    return traced
  }

  #timed<A>(what: 'trace' | 'plan' | 'run', work: () => A): A {
    const start = performance.now()
    const result = work()
    this.#ms[what] += performance.now() - start
    return result
  }

  /** Runs a plan. Missing programs are compiled on the way; if none is missing, `around` wraps each step. */
  #run(traced: Traced, leaves: Given, around?: Around): unknown {
    const { loss, counters } = this.#engine
    loss.check()
    const before = counters.compileMs
    const { steps } = traced.plan
    const work = (each?: Around): unknown => execute(traced, leaves, this.#engine, this.#memory, each)
    const result = this.#timed('run', () =>
      this.#ran.has(steps) ? work(around) : compiling(steps, this.#engine, this.options, work)
    )
    // on a lost context GL draws nothing, without an error
    loss.check()
    this.#ran.add(steps)
    this.#ms.run -= counters.compileMs - before
    return result
  }

  compute<T>(tree: T): T {
    return this.#computed('compute', tree)
  }

  #computed<T>(op: string, tree: T): T {
    const pending = [...new Set(tensorsOf(tree))].filter((x) => !isComputed(x))
    if (pending.length === 0) return tree
    checkPlaceholders(op, pending)
    const results = this.#run(this.#planned(pending), given([], [])) as readonly Tensor[]
    const done = new Map(pending.map((x, i) => [x, results[i]!]))
    return mapTree(tree, (x) => done.get(x) ?? x)
  }

  read = ((x: Tensor, as?: 'ndarray' | 'nested') =>
    promised(() => this.#numbers(x, this.#computed('read', x), as))) as Device['read']

  async #numbers(x: Tensor, computed: Tensor, as?: 'ndarray' | 'nested'): Promise<ReturnType<typeof formed>> {
    const { storage } = computed.attrs as Held
    if (this.#memory.holds(storage)) this.#timed('run', () => this.#engine.finish())
    await this.#turn()
    const numbers = storage.read()
    // x may be this very tensor, which is not ours to free
    if (!topological([x]).includes(computed)) computed[Symbol.dispose]()
    return formed(Float32Array.from(numbers), x.shape, as)
  }

  /**
   * Yields to timers, signals and finalisers, which a loop that waits only for reads would starve.
   */
  async #turn(): Promise<void> {
    if (performance.now() - this.#turned < patience) return
    await new Promise((resolve) => setTimeout(resolve, 0))
    this.#turned = performance.now()
  }

  show<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): string {
    return showPlan(this.#trace(f as unknown as Anything, args).plan)
  }

  showSource<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): string {
    return showPlan(this.#trace(f as unknown as Anything, args).plan, { source: true })
  }

  explain<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): string {
    const stages: string[] = []
    let before = ''
    compile(tensorsOf(trace(f as unknown as Anything, args)), this.#engine, (stage, text) => {
      const now = text()
      stages.push(`-- ${stage}${now === before ? ': as before' : `\n${now}`}`)
      before = now
    })
    return stages.join('\n')
  }

  profile<A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): readonly Timing[] {
    const ready = args.map((arg) => this.compute(arg))
    const traced = this.#trace(f as unknown as Anything, ready)
    const leaves = given(ready, [])
    // the first run compiles programs
    free(this.#run(traced, leaves), ready)
    const timings: Timing[] = []
    const timer = new Timer(this.#engine, traced.plan, timings)
    free(this.#run(traced, leaves, timer.around), ready)
    return timings
  }

  stats(): Stats {
    const { trace: traceMs, plan: planMs, run: runMs } = this.#ms
    return { ...this.#engine.counters, plans: this.#plans.size, traceMs, planMs, runMs }
  }

  onLost(listener: OnLost): () => void {
    return this.#engine.loss.listen(listener)
  }

  dispose(): void {
    this.#plans.clear()
    this.#engine.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}
