import { openChannel, script } from './channel.ts'
import type { Facts } from './contenders.ts'
import type { Rates } from './protocol.ts'

/** The process that measures the device's plain rates, whenever it is asked. */
export interface Prober extends Disposable {
  readonly facts: Facts
  /** A round; numbers that are none where the process fails. */
  round(): Promise<Rates>
  /** All rounds so far. */
  all(): readonly Rates[]
}

/** Seconds that it may take to start, and a round. */
const patience = { open: 120, round: 60 } as const

const none: Rates = { madd: NaN, fetch: NaN }

export const openProber = async (): Promise<Prober> => {
  const channel = await openChannel(script('./probe.ts'), patience.open)
  const rounds: Rates[] = []
  const opened = typeof channel === 'string' ? undefined : channel
  return {
    facts: opened?.facts ?? {},
    round: async () => {
      const answer = await opened?.ask({ do: 'run' }, patience.round)
      rounds.push(answer?.rates ?? none)
      return answer?.rates ?? none
    },
    all: () => rounds,
    [Symbol.dispose]: () => opened?.close()
  }
}
