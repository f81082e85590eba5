import { assembled } from './assemble.ts'
import { limited, staff } from './contenders.ts'
import type { Contender, Facts } from './contenders.ts'
import { figureOf, median, plainFigure } from './figures.ts'
import type { Fault, Figure, Measured } from './figures.ts'
import { openProber } from './prober.ts'
import type { Prober } from './prober.ts'
import type { Rates } from './protocol.ts'
import { measured } from './rounds.ts'
import type { Course } from './rounds.ts'
import { warn } from '../lib/output.ts'
import { wanted } from './settings.ts'
import type { Settings } from './settings.ts'
import { firstSteps, startFigures, startNames } from './start.ts'
import type { Starts } from './start.ts'
import { short } from './table.ts'
import { smallStep, smallSteps, tasks } from './work.ts'
import type { Task } from './work.ts'

/** What was measured of a task: of tessera, of it with fewer render targets, and of others. */
export interface Outcome {
  readonly task: Task
  readonly ours: Measured
  readonly limited: readonly Measured[]
  readonly peers: readonly Measured[]
}

/** All that a run has found out. */
export interface Report {
  readonly settings: Settings
  readonly figures: readonly Figure[]
  readonly outcomes: readonly Outcome[]
  /** Libraries that could not take part. */
  readonly missing: readonly Fault[]
  /** What each process says of itself; of the GL driver under `probe`. */
  readonly facts: Readonly<Record<string, Facts>>
  readonly starts?: Starts
  readonly minutes: number
}

type Say = (line: string) => void

/** Rounds of what takes long. */
const few = 3

// ---- the device's plain rates ------------------------------------------------------------------------------------

/** Rounds at an end of the run, since machines drift; there is one with each round of a task, too. */
const probed = async (prober: Prober, { quick }: Settings): Promise<void> => {
  for (let i = 0; i < (quick ? 1 : few); i++) await prober.round()
}

const probeFigures = (rounds: readonly Rates[]): readonly Figure[] => [
  plainFigure(
    'probe-madd',
    'GFLOP/s',
    rounds.map(({ madd }) => madd)
  ),
  plainFigure(
    'probe-fetch',
    'Gfetch/s',
    rounds.map(({ fetch }) => fetch)
  )
]

// ---- the tasks --------------------------------------------------------------------------------------------------

const said = (task: Task, all: readonly Measured[]): string => {
  const ms = ({ name, seconds, fault }: Measured): string =>
    `${name} ${seconds.length === 0 ? `failed (${fault ?? ''})` : `${short(1e3 * median(seconds))} ms`}`
  return `${task.name}: ${all.map(ms).join(', ')}`
}

const isLimited = ({ name }: Measured): boolean => limited.some((contender) => contender.name === name)

const outcomeOf = (task: Task, [ours, ...others]: readonly Measured[]): Outcome => ({
  task,
  ours: ours!,
  limited: others.filter(isLimited),
  peers: others.filter((other) => !isLimited(other))
})

const inTurn = async (
  course: Course,
  asked: readonly Task[],
  contenders: readonly Contender[],
  say: Say
): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = []
  for (const task of asked) {
    const all = await measured(course, task, contenders)
    say(said(task, all))
    outcomes.push(outcomeOf(task, all))
  }
  return outcomes
}

const isTraining = ({ kind }: Task): boolean => kind === 'train-step'

const scaled = ({ seconds, ...rest }: Measured): Measured => ({ ...rest, seconds: seconds.map((s) => smallSteps * s) })

/** Adds to the training step those who only do it on fewer images, with their times for as many images. */
const withSmallSteps = async (
  course: Course,
  outcomes: readonly Outcome[],
  [ours, ...others]: readonly Contender[],
  say: Say
): Promise<readonly Outcome[]> => {
  const few = others.filter(
    (peer) => peer.takes(smallStep) && !outcomes.some(({ task }) => isTraining(task) && peer.takes(task))
  )
  if (!ours || few.length === 0 || !outcomes.some(({ task }) => isTraining(task))) return outcomes
  const all = await measured(course, smallStep, [ours, ...few])
  say(said(smallStep, all))
  const more = all.slice(1).map(scaled)
  return outcomes.map((outcome) =>
    isTraining(outcome.task) ? { ...outcome, peers: [...outcome.peers, ...more] } : outcome
  )
}

const courseOf = ({ rounds, quick }: Settings, prober: Prober, folder: string): Course => ({
  staff: staff(),
  prober,
  folder,
  rounds,
  goal: quick ? 0.1 : 0.4,
  budget: quick ? 3 : 20
})

const contest = async (settings: Settings, prober: Prober, folder: string, asked: readonly Task[], say: Say) => {
  const course = courseOf(settings, prober, folder)
  try {
    const all = asked.some(isTraining) ? [...asked, smallStep] : asked
    const { contenders, missing } = await assembled(course.staff, settings, all, say)
    missing.forEach(({ name, message }) => warn(`Going on without ${name}: ${message}`))
    const outcomes = await inTurn(course, asked, contenders, say)
    return { outcomes: await withSmallSteps(course, outcomes, contenders, say), missing, facts: course.staff.facts() }
  } finally {
    course.staff.close()
  }
}

// ---- a run ------------------------------------------------------------------------------------------------------

const started = async (settings: Settings, say: Say): Promise<Starts | undefined> => {
  if (!startNames.some(wanted(settings))) return undefined
  say('first steps in processes of their own ...')
  return firstSteps(settings.quick ? 1 : Math.min(few, settings.rounds))
}

const figuresOf = (outcomes: readonly Outcome[]): readonly Figure[] =>
  outcomes.map(({ task, ours, peers }) => figureOf(task, ours, peers))

/** Measures what the settings ask for, with a folder for files that pass between processes. */
export const bench = async (settings: Settings, folder: string, say: Say): Promise<Report> => {
  const began = performance.now()
  const isWanted = wanted(settings)
  using prober = await openProber()
  await probed(prober, settings)
  const asked = tasks.filter(({ name }) => isWanted(name))
  const { outcomes, missing, facts } = await contest(settings, prober, folder, asked, say)
  const starts = await started(settings, say)
  await probed(prober, settings)
  const plain = [...(starts ? startFigures(starts) : []), ...probeFigures(prober.all())]
  return {
    settings,
    figures: [...figuresOf(outcomes), ...plain.filter(({ name }) => isWanted(name))],
    outcomes,
    missing,
    facts: { ...facts, probe: prober.facts },
    ...(starts && { starts }),
    minutes: (performance.now() - began) / 6e4
  }
}
