import { constants } from 'node:os'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Signal = (typeof signals)[number]

/** The exit code of a process that a signal ended: 128 + its number. */
export type SignalCode = 129 | 130 | 143
const codeOf = (signal: Signal): SignalCode => (128 + constants.signals[signal]) as SignalCode

/** Whether the user or the system asked to stop. */
export interface Interrupt {
  readonly asked: boolean
  /** The exit code, if so. */
  readonly code?: SignalCode
}

/** Milliseconds in which a second signal is taken for the first: a terminal, npm and a shell may each pass it on. */
const echo = 500

/**
 * From now on the first Ctrl-C, SIGTERM or SIGHUP only asks the program to stop, and the program looks for that after
 * each step; the second ends it at once. Two during one step count as one, because they arrive together after the step.
 */
export const onInterrupt = (say: () => void): Interrupt => {
  const state: { asked: boolean; code?: SignalCode } = { asked: false }
  let first = 0
  const hear = (signal: Signal): void => {
    if (state.asked) {
      if (performance.now() - first > echo) process.exit(codeOf(signal))
      return
    }
    first = performance.now()
    state.asked = true
    state.code = codeOf(signal)
    say()
  }
  for (const signal of signals) process.on(signal, hear)
  return state
}
