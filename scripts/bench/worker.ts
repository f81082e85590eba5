import { readFile, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { reason } from 'tessera'
import { mark } from './protocol.ts'
import type { Answer, Handed, Request } from './protocol.ts'
import { timed } from './prepared.ts'
import type { Contender, Prepared } from './prepared.ts'

/** Fewer results than this are held at a time; more runs than this say nothing new. */
const most = 64
/** Who took this long for a first run shows its speed in a single one. */
const slow = 10

/** How many runs make a round of about `goal` seconds. */
export const runsFor = (goal: number, seconds: number): number =>
  Math.min(most, Math.max(1, Math.round(goal / seconds)))

const numbersIn = async (file: string): Promise<Float32Array> => {
  const { buffer, byteOffset, length } = await readFile(file)
  return new Float32Array(buffer.slice(byteOffset, byteOffset + length))
}

interface Ready {
  readonly prepared: Prepared
  readonly runs: number
}

const prepare = async (contender: Contender, task: Handed): Promise<Ready> => {
  const prepared = await contender.prepare({ task, numbers: await numbersIn(task.file) })
  const first = await timed(async () => writeFile(task.result, await prepared.result()))
  return { prepared, runs: first > slow ? 1 : runsFor(task.goal, await prepared.time(1)) }
}

/** Does what a request asks for. */
const handler = (contender: Contender): ((request: Request) => Promise<Answer>) => {
  let ready: Ready | undefined
  const release = (): void => {
    ready?.prepared.dispose()
    ready = undefined
  }
  return async (request) => {
    if (request.do !== 'run') release()
    if (request.do === 'prepare') ready = await prepare(contender, request.task)
    if (request.do !== 'run' || ready === undefined) return {}
    return { seconds: (await ready.prepared.time(ready.runs)) / ready.runs }
  }
}

/** Answers the process that asked. */
export const say = (answer: Answer): void => void process.stdout.write(`${mark}${JSON.stringify(answer)}\n`)

const failed = (thrown: unknown): Answer => ({ error: reason(thrown) })

/** Serves requests on standard input until it ends. */
export const serve = async (open: () => Promise<Contender>): Promise<void> => {
  try {
    const contender = await open()
    const handle = handler(contender)
    say({ facts: contender.facts })
    for await (const line of createInterface({ input: process.stdin }))
      say(await handle(JSON.parse(line) as Request).catch(failed))
  } catch (thrown) {
    say(failed(thrown))
  }
  // browsers and GL may keep a process alive
  process.exit(0)
}
