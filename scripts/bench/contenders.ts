import { fileURLToPath } from 'node:url'
import { openChannel, script } from './channel.ts'
import type { Channel, Command } from './channel.ts'
import type { Request, Answer } from './protocol.ts'
import type { Task } from './work.ts'

/** Who takes part: a process that is started when it is first needed. */
export interface Contender {
  readonly name: string
  readonly command: Command
  takes(task: Task): boolean
}

/** Seconds that a process may take to start, to prepare a task, and to run it. */
const patience = { open: 120, prepare: 400, run: 240, release: 30 } as const

/** tessera, with as many render targets as there are or as are given. */
export const tessera = (targets?: number, name = 'tessera'): Contender => ({
  name,
  command: script('./ours.ts', ...(targets === undefined ? [] : [String(targets)])),
  takes: () => true
})

/** PyTorch, where a Python has it. */
export const pytorch = (python: string): Contender => ({
  name: 'PyTorch',
  command: { program: python, args: [fileURLToPath(new URL('./peers/pytorch.py', import.meta.url))] },
  takes: () => true
})

const inChromium = (name: string, page: string, backend: string, takes: (task: Task) => boolean): Contender => ({
  name,
  command: script('./peers/chromium.ts', page, backend),
  takes
})

const isOperation = ({ kind }: Task): boolean => kind !== 'forward' && kind !== 'train-step'

/** What runs in Chromium or Node, from the packages in peers/. */
export const packaged: readonly Contender[] = [
  inChromium('TF.js webgl', 'tensorflow', 'webgl', () => true),
  inChromium('jax-js webgl', 'jax', 'webgl', isOperation),
  inChromium('jax-js wasm', 'jax', 'wasm', isOperation),
  { name: 'TF.js cpu', command: script('./peers/tensorflow-cpu.ts'), takes: isOperation }
]

/** gpu.js without what tessera does. */
export const naive: Contender = {
  name: 'naive gpu.js',
  command: script('./peers/naive.ts'),
  takes: ({ kind }) => kind === 'conv' || kind === 'matmul'
}

/** The processes of all contenders. */
export interface Staff {
  ask(contender: Contender, request: Request): Promise<Answer>
  /** What each that was started says of itself. */
  facts(): Readonly<Record<string, Readonly<Record<string, string>>>>
  close(): void
}

export const staff = (): Staff => {
  const channels = new Map<string, Channel | string>()
  const channelOf = async ({ name, command }: Contender): Promise<Channel | string> => {
    const known = channels.get(name)
    // one that was ended because it took too long gets another try with the next task
    if (known !== undefined && (typeof known === 'string' || known.isOpen())) return known
    const opened = await openChannel(command, patience.open)
    channels.set(name, opened)
    return opened
  }
  const open = (): readonly (readonly [string, Channel])[] =>
    [...channels].flatMap(([name, channel]) => (typeof channel === 'string' ? [] : [[name, channel] as const]))
  return {
    ask: async (contender, request) => {
      const channel = await channelOf(contender)
      return typeof channel === 'string' ? { error: channel } : channel.ask(request, patience[request.do])
    },
    facts: () => Object.fromEntries(open().map(([name, { facts }]) => [name, facts])),
    close: () => open().forEach(([, channel]) => channel.close())
  }
}
