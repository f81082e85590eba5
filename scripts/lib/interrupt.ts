import { constants } from 'node:os'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Signal = (typeof signals)[number]

/** What a process that a signal ended exits with. */
export type SignalCode = 129 | 130 | 143
const codeOf = (signal: Signal): SignalCode => (128 + constants.signals[signal]) as SignalCode

/** Whether the user, or the system, asked to stop. */
export interface Interrupt {
  readonly asked: boolean
  /** What to exit with, if so. */
  readonly code?: SignalCode
}

/** A terminal, npm and a shell may each pass on the same signal: what follows this soon, in ms, is no second one. */
const echo = 500

/**
 * From now on the first Ctrl-C, SIGTERM or SIGHUP only asks the program to stop, which it does when it next looks; the
 * second ends it at once. Two of them during one step count as one: they arrive together when the step is done.
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
