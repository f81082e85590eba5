import { raise, rethrow } from '../base/raise.ts'

/** One tracing of a function, to which its placeholders belong. */
export class Trace {
  #fault: Error | undefined
  #ended = false
  /** `of` is the function, in words. */
  constructor(readonly of: string) {}

  get ended(): boolean {
    return this.#ended
  }

  /** Makes the trace fail at its end: the function asked a device for something that only numbers could answer. */
  fail(fault: Error): void {
    this.#fault ??= fault
  }

  end(): void {
    this.#ended = true
  }

  check(): void {
    if (this.#fault) rethrow(this.#fault)
  }
}

/** The active traces, the innermost last. Traced functions are synchronous, so the stack is exact. */
const going: Trace[] = []

export const isTracing = (): boolean => going.length > 0

/** How much of an anonymous function's text is shown in place of a name. */
const longestText = 48

const described = (f: (...args: never) => unknown): string => {
  if (f.name !== '') return `"${f.name}"`
  const text = f.toString().replaceAll(/\s+/g, ' ')
  return `the function \`${text.length > longestText ? `${text.slice(0, longestText)}…` : text}\``
}

/** Calls `work` with a trace of a function. */
export const traced = <A>(f: (...args: never) => unknown, work: (trace: Trace) => A): A => {
  const trace = new Trace(described(f))
  going.push(trace)
  try {
    const result = work(trace)
    trace.check()
    return result
  } finally {
    trace.end()
    going.pop()
  }
}

/** Raises for a placeholder in a place where it has no value. `what` names the placeholder. */
export const leaked = (op: string, what: string, from: Trace | undefined): never => {
  if (!from) return raise(op, `${what} is a placeholder of no function: it has no numbers`)
  const rule = from.ended
    ? 'whose trace has ended: a tensor or key has a value outside of its function only if the function returns it'
    : `which is being traced: it has a value only when the function runs; return what depends on it, or do without ${op} there`
  return raise(op, `${what} belongs to ${from.of}, ${rule}`)
}

/** Makes the innermost trace fail once its function has returned, even if something catches the error before. */
export const failTrace = (fault: Error): void => going.at(-1)?.fail(fault)
