/** Whether the user asked to stop. */
export interface Interrupt {
  readonly asked: boolean
}

/**
 * From now on the first Ctrl-C only asks the program to stop, which it does when it next looks; the second
 * ends it at once. Two of them during one step count as one: they arrive together when the step is done.
 */
export const onInterrupt = (say: () => void): Interrupt => {
  const state = { asked: false }
  process.once('SIGINT', () => {
    state.asked = true
    process.once('SIGINT', () => process.exit(130))
    say()
  })
  return state
}

/** Lets signals, timers and drawing in: computing on GL never waits for anything by itself. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
