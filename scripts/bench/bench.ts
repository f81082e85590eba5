import { answerOf, script } from './channel.ts'
import { naive, packaged, pytorch, staff, tessera } from './contenders.ts'
import type { Contender } from './contenders.ts'
import { figureOf, median, plainFigure } from './figures.ts'
import type { Fault, Figure, Measured, Probes } from './figures.ts'
import type { Answer } from './protocol.ts'
import { measured } from './rounds.ts'
import type { Course } from './rounds.ts'
import { wanted } from './settings.ts'
import type { Settings } from './settings.ts'
import { firstSteps, startFigures } from './start.ts'
import type { Starts } from './start.ts'
import { tasks } from './work.ts'
import type { Task } from './work.ts'
import { short } from './table.ts'

/** All that a run has found out. */
export interface Report {
  readonly figures: readonly Figure[]
  /** Libraries that could not take part. */
  readonly missing: readonly Fault[]
  readonly facts: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly starts?: Starts
}

type Say = (line: string) => void

/** Rounds of what takes long. */
const few = 3

// ---- the device's plain rates ------------------------------------------------------------------------------------

const probed = (rounds: number): Promise<Answer> => answerOf(script('./probe.ts', String(rounds)), 120)

interface ProbeRounds {
  readonly madd: readonly number[]
  readonly fetch: readonly number[]
}

const noRounds: ProbeRounds = { madd: [], fetch: [] }

const moreRounds = ({ madd, fetch }: ProbeRounds, { values = {} }: Answer): ProbeRounds => ({
  madd: [...madd, ...(values['probe-madd'] ?? [])],
  fetch: [...fetch, ...(values['probe-fetch'] ?? [])]
})

const ratesOf = ({ madd, fetch }: ProbeRounds): Probes | undefined =>
  madd.length === 0 ? undefined : { madd: median(madd), fetch: median(fetch) }

const probeFigures = ({ madd, fetch }: ProbeRounds): readonly Figure[] => [
  plainFigure('probe-madd', 'GFLOP/s', madd),
  plainFigure('probe-fetch', 'Gfetch/s', fetch)
]

// ---- the tasks --------------------------------------------------------------------------------------------------

const said = (task: Task, all: readonly Measured[]): string => {
  const ms = ({ name, seconds, fault }: Measured): string =>
    `${name} ${seconds.length === 0 ? `failed (${fault ?? ''})` : `${short(1e3 * median(seconds))} ms`}`
  return `${task.name}: ${all.map(ms).join(', ')}`
}

interface Outcome {
  readonly task: Task
  readonly all: readonly Measured[]
}

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
    outcomes.push({ task, all })
  }
  return outcomes
}

const figuresOf = (outcomes: readonly Outcome[], probes: Probes | undefined): readonly Figure[] =>
  outcomes.flatMap(({ task, all: [ours, ...others] }) => (ours ? [figureOf(task, ours, others, probes)] : []))

// ---- a run ------------------------------------------------------------------------------------------------------

const courseOf = ({ rounds, quick }: Settings, folder: string): Course => ({
  staff: staff(),
  folder,
  rounds,
  goal: quick ? 0.1 : 0.4,
  budget: quick ? 3 : 20
})

const starts = async ({ rounds, quick }: Settings, say: Say): Promise<Starts> => {
  say('first steps in processes of their own ...')
  return firstSteps(quick ? 1 : Math.min(few, rounds))
}

/** Measures what the settings ask for. */
export const bench = async (settings: Settings, folder: string, say: Say): Promise<Report> => {
  const isWanted = wanted(settings)
  const course = courseOf(settings, folder)
  const probesOnce = (before: ProbeRounds) => probed(settings.quick ? 1 : few).then((more) => moreRounds(before, more))
  // at both ends of the run, since machines drift
  const before = await probesOnce(noRounds)
  const asked = tasks.filter(({ name }) => isWanted(name))
  const outcomes = await inTurn(course, asked, [tessera(settings.targets), naive, ...packaged, pytorch(settings.python)], say)
  const facts = course.staff.facts()
  course.staff.close()
  const started = ['first-step-cold', 'first-step-warm', 'programs', 'textures-peak'].some(isWanted)
    ? await starts(settings, say)
    : undefined
  const probes = await probesOnce(before)
  const plain = [...(started ? startFigures(started) : []), ...probeFigures(probes)]
  return {
    figures: [...figuresOf(outcomes, ratesOf(probes)), ...plain.filter(({ name }) => isWanted(name))],
    missing: [],
    facts,
    ...(started && { starts: started })
  }
}
