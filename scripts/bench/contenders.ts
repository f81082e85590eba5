import { fileURLToPath } from 'node:url'
import { openChannel, script } from './channel.ts'
import type { Channel, Command } from './channel.ts'
import type { Answer, Request } from './protocol.ts'
import { smallStep, targetTasks } from './work.ts'
import type { Task } from './work.ts'

/** Who takes part: a process of its own. */
export interface Contender {
  readonly name: string
  readonly command: Command
  takes(task: Task): boolean
}

const all = (): boolean => true
/** Everything but the training step on the whole batch. */
const allButLarge = ({ kind, name }: Task): boolean => kind !== 'train-step' || name === smallStep.name
const isOperation = ({ kind }: Task): boolean => kind !== 'forward' && kind !== 'train-step'

/** tessera, with as many render targets as there are or as are given. */
export const tessera = (targets?: number): Contender => ({
  name: 'tessera',
  command: script('./ours.ts', ...(targets === undefined ? [] : [String(targets)])),
  takes: all
})

/** Render targets that GPUs have: as WebGL 1 promises, as most phones have, as others have. */
export const targetCounts = [1, 4, 8] as const

export const targetName = (targets: number): string => `tessera, targets ${targets}`

/** tessera again, with fewer render targets. */
export const limited: readonly Contender[] = targetCounts.map((targets) => ({
  ...tessera(targets),
  name: targetName(targets),
  takes: ({ name }) => targetTasks.includes(name)
}))

/** gpu.js without what tessera does. */
export const naive: Contender = {
  name: 'naive gpu.js',
  command: script('./peers/naive.ts'),
  takes: ({ kind }) => kind === 'conv' || kind === 'matmul'
}

const inChromium = (name: string, page: string, backend: string, takes: Contender['takes']): Contender => ({
  name,
  command: script('./peers/chromium.ts', page, backend),
  takes
})

/** What is made of the packages in peers/. */
export const packaged: readonly Contender[] = [
  inChromium('TF.js webgl', 'tensorflow', 'webgl', allButLarge),
  { name: 'TF.js cpu', command: script('./peers/tensorflow-cpu.ts'), takes: isOperation },
  inChromium('jax-js webgl', 'jax', 'webgl', isOperation),
  inChromium('jax-js wasm', 'jax', 'wasm', isOperation)
]

/** PyTorch, where a Python has it. */
export const pytorch = (python: string): Contender => ({
  name: 'PyTorch',
  command: { program: python, args: [fileURLToPath(new URL('./peers/pytorch.py', import.meta.url))] },
  takes: all
})

// ---- their processes --------------------------------------------------------------------------------------------

/** Seconds that a process may take to start, to prepare a task, and to run it. */
const patience = { open: 120, prepare: 400, run: 240, release: 30 } as const

export type Facts = Readonly<Record<string, string>>

/** The processes of all contenders. */
export interface Staff {
  /** Starts a contender's process; gives what is wrong where that fails. */
  open(contender: Contender): Promise<string | undefined>
  ask(contender: Contender, request: Request): Promise<Answer>
  /** What each that was started says of itself. */
  facts(): Readonly<Record<string, Facts>>
  close(): void
}

export const staff = (): Staff => {
  const channels = new Map<string, Channel>()
  const channelOf = async ({ name, command }: Contender): Promise<Channel | string> => {
    const known = channels.get(name)
    // one that was ended because it took too long gets another try with the next task
    if (known?.isOpen() === true) return known
    const opened = await openChannel(command, patience.open)
    if (typeof opened !== 'string') channels.set(name, opened)
    return opened
  }
  return {
    open: async (contender) => {
      const opened = await channelOf(contender)
      return typeof opened === 'string' ? opened : undefined
    },
    ask: async (contender, request) => {
      const channel = await channelOf(contender)
      return typeof channel === 'string' ? { error: channel } : channel.ask(request, patience[request.do])
    },
    facts: () => Object.fromEntries([...channels].map(([name, { facts }]) => [name, facts])),
    close: () => channels.forEach((channel) => channel.close())
  }
}
