import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contender, Staff } from './contenders.ts'
import { difference } from './figures.ts'
import type { Measured } from './figures.ts'
import { handOver, partsOf } from './inputs.ts'
import type { Prober } from './prober.ts'
import type { Answer, Handed, Rates } from './protocol.ts'
import type { Task } from './work.ts'

/** How a task is measured. */
export interface Course {
  readonly staff: Staff
  readonly prober: Prober
  /** A folder for inputs and results. */
  readonly folder: string
  readonly rounds: number
  /** Seconds that a round of a contender should take, where a single run does not take longer. */
  readonly goal: number
  /** Seconds of runs after which a contender does no further round. */
  readonly budget: number
}

interface Runner extends Measured {
  readonly contender: Contender
}

const floats = async (file: string): Promise<Float32Array> => {
  const { buffer, byteOffset, length } = await readFile(file)
  return new Float32Array(buffer.slice(byteOffset, byteOffset + length))
}

const resultFile = (folder: string, task: Task, i: number): string => join(folder, `${task.name}-${i}.f32`)

/** Lets a contender compute a task once; gives its result, or what is wrong. */
const prepared = async (
  { staff, folder }: Course,
  task: Task,
  contender: Contender,
  handed: Omit<Handed, 'result'>,
  i: number
): Promise<Float32Array | string> => {
  const result = resultFile(folder, task, i)
  const { error } = await staff.ask(contender, { do: 'prepare', task: { ...handed, result } })
  return error ?? floats(result)
}

const refused = (contender: Contender, fault: string): Runner => ({
  contender,
  name: contender.name,
  seconds: [],
  fault
})

/** All contenders in order, the first of whom says what is right. */
const runnersOf = async (course: Course, task: Task, contenders: readonly Contender[]): Promise<readonly Runner[]> => {
  const handed = await handOver(task, course.folder, course.goal)
  const runners: Runner[] = []
  let right: Float32Array | undefined
  for (const [i, contender] of contenders.entries()) {
    const result = await prepared(course, task, contender, handed, i)
    const fault = typeof result === 'string' ? result : right && difference(right, result, partsOf(handed))
    if (i === 0 && typeof result !== 'string') right = result
    if (i === 0 && right === undefined) return [refused(contender, String(fault))]
    runners.push(fault === undefined ? { contender, name: contender.name, seconds: [] } : refused(contender, fault))
    if (fault !== undefined) await course.staff.ask(contender, { do: 'release' })
  }
  return runners
}

const spent = ({ seconds }: Measured): number => seconds.reduce((sum, s) => sum + s, 0)

const continued = (runner: Runner, { error, seconds }: Answer, rates: Rates): Runner => {
  if (error !== undefined || seconds === undefined) return { ...runner, fault: error ?? 'measured nothing' }
  return { ...runner, seconds: [...runner.seconds, seconds], rates: [...(runner.rates ?? []), rates] }
}

/** A round: the device's rates, then each contender once, one after the other. */
const round = async (course: Course, runners: readonly Runner[]): Promise<readonly Runner[]> => {
  const after: Runner[] = []
  const rates = await course.prober.round()
  for (const runner of runners) {
    const rests = runner.fault !== undefined || spent(runner) > course.budget
    after.push(rests ? runner : continued(runner, await course.staff.ask(runner.contender, { do: 'run' }), rates))
  }
  return after
}

/** Measures a task in rounds, so that a machine that slows down does so for all. */
export const measured = async (
  course: Course,
  task: Task,
  contenders: readonly Contender[]
): Promise<readonly Measured[]> => {
  const able = contenders.filter((contender) => contender.takes(task))
  let runners = await runnersOf(course, task, able)
  for (let i = 0; i < course.rounds; i++) runners = await round(course, runners)
  for (const { contender, fault } of runners)
    if (fault === undefined) await course.staff.ask(contender, { do: 'release' })
  return runners
}
