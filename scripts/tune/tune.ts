import { breathe } from 'tessera'
import type { Costs } from '../../lib/compile/kernel/costs.ts'
import type { Engine } from '../../lib/device/engine.ts'
import { candidatesOf, chosen, worthMeasuring } from './candidates.ts'
import type { Candidate } from './candidates.ts'
import { fit } from './fit.ts'
import type { Sample } from './fit.ts'
import type { Subject } from './kernels.ts'
import { timesOf } from './time.ts'

/** A sum, and the milliseconds of the candidates that were run. */
export interface Measured {
  readonly subject: Subject
  readonly candidates: readonly Candidate[]
  readonly ms: ReadonlyMap<Candidate, number>
}

export interface Effort {
  /** Candidates of each sum. */
  readonly candidates: number
  readonly rounds: number
}

/** Called with the number of sums that are done and the name of the next one. */
export type OnSum = (done: number, name: string) => void

export interface Tuned {
  readonly all: readonly Measured[]
  readonly costs: Costs
}

/** Tiles that take this many times as long as the best are slow for reasons that no constant describes. */
const outOfTheQuestion = 2.5

/** What the constants are fitted to. */
export const samplesOf = (all: readonly Measured[]): readonly Sample[] =>
  all.flatMap(({ ms }) => {
    const most = outOfTheQuestion * Math.min(...ms.values())
    return [...ms].flatMap(([{ amounts }, time]) => (time <= most ? [{ amounts, ms: time }] : []))
  })

/** Adds the times of these candidates. */
const withTimes = (engine: Engine, known: Measured, wanted: readonly Candidate[], rounds: number): Measured => {
  const fresh = wanted.filter((candidate) => !known.ms.has(candidate))
  if (fresh.length === 0) return known
  const times = timesOf(
    engine,
    known.subject.kernel,
    fresh.map(({ tiling }) => tiling),
    rounds
  )
  const more = fresh.flatMap((candidate) => {
    const time = times.get(candidate.tiling)
    return time === undefined ? [] : [[candidate, time] as const]
  })
  return { ...known, ms: new Map([...known.ms, ...more]) }
}

/** One after the other, with a pause in which Ctrl-C is heard. */
const each = async (
  all: readonly Measured[],
  measure: (one: Measured, i: number) => Measured
): Promise<readonly Measured[]> => {
  const done: Measured[] = []
  for (const one of all) {
    done.push(measure(one, done.length))
    await breathe()
  }
  return done
}

/** Rounds of fitting: new constants may choose tiles that were not timed, whose times may change the constants. */
const again = 2

/** Times candidates of each sum, and fits the constants to the times. */
export const tune = async (
  engine: Engine,
  subjects: readonly Subject[],
  usual: Costs,
  { candidates: most, rounds }: Effort,
  onSum: OnSum = () => undefined
): Promise<Tuned> => {
  const start = subjects.map((subject): Measured => ({
    subject,
    candidates: candidatesOf(subject, engine.targets, usual),
    ms: new Map()
  }))
  let all = await each(start, (one, i) => {
    onSum(i, one.subject.name)
    return withTimes(engine, one, worthMeasuring(one.candidates, usual, most), rounds)
  })
  let costs = fit(samplesOf(all), usual)
  for (let i = 0; i < again; i++) {
    const choice = costs
    all = await each(all, (one) => withTimes(engine, one, [chosen(one.candidates, choice)], rounds))
    if (i < again - 1) costs = fit(samplesOf(all), usual)
  }
  return { all, costs }
}

/** The measurements of a sum, and how the tiles that constants choose compare with the best. */
export interface Comparison {
  readonly name: string
  readonly best: Candidate
  readonly ms: number
  readonly before: Choice
  readonly after: Choice
}
export interface Choice {
  readonly candidate: Candidate
  /** Times as long as the best; undefined if the driver refuses it. */
  readonly ratio: number | undefined
}

/** How near the best the constants come, before and after: for each sum that could be run. */
export const compare = ({ all, costs }: Tuned, usual: Costs): readonly Comparison[] =>
  all.flatMap(({ subject, candidates, ms: times }) => {
    const [first, ...others] = times
    if (first === undefined) return []
    const [best, ms] = others.reduce((least, next) => (next[1] < least[1] ? next : least), first)
    const choice = (by: Costs): Choice => {
      const candidate = chosen(candidates, by)
      const time = times.get(candidate)
      return { candidate, ratio: time === undefined ? undefined : time / ms }
    }
    return [{ name: subject.name, best, ms, before: choice(usual), after: choice(costs) }]
  })

/** The geometric mean of the ratios that are known. */
export const meanRatio = (choices: readonly Choice[]): number => {
  const ratios = choices.flatMap(({ ratio }) => ratio ?? [])
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / Math.max(1, ratios.length))
}
