import { limited, naive, packaged, pytorch, tessera } from './contenders.ts'
import type { Contender, Staff } from './contenders.ts'
import type { Fault } from './figures.ts'
import { installPeers } from './install.ts'
import { isFull } from './settings.ts'
import type { Settings } from './settings.ts'
import type { Task } from './work.ts'

/** Who takes part, tessera first, and who could not. */
export interface Assembly {
  readonly contenders: readonly Contender[]
  readonly missing: readonly Fault[]
}

/** The libraries of peers/, or why they are missing. */
const packages = (say: (line: string) => void): Assembly => {
  const fault = installPeers(say)
  if (fault === undefined) return { contenders: packaged, missing: [] }
  return { contenders: [], missing: packaged.map(({ name }) => ({ name, message: fault })) }
}

const invited = (settings: Settings, say: (line: string) => void): Assembly => {
  const ours = [tessera(settings.targets), ...(isFull(settings) ? limited : [])]
  if (!settings.peers) return { contenders: ours, missing: [] }
  const { contenders, missing } = packages(say)
  return { contenders: [...ours, naive, ...contenders, pytorch(settings.python)], missing }
}

/** Starts everybody who has something to do. */
export const assembled = async (
  staff: Staff,
  settings: Settings,
  asked: readonly Task[],
  say: (line: string) => void
): Promise<Assembly> => {
  if (asked.length === 0) return { contenders: [], missing: [] }
  const { contenders: all, missing } = invited(settings, say)
  const busy = all.filter((contender) => asked.some((task) => contender.takes(task)))
  const [present, absent]: [Contender[], Fault[]] = [[], [...missing]]
  for (const contender of busy) {
    const fault = await staff.open(contender)
    // tessera itself stays, so that the table shows what is wrong
    if (fault === undefined || contender.name === 'tessera') present.push(contender)
    else absent.push({ name: contender.name, message: fault })
  }
  return { contenders: present, missing: absent }
}
