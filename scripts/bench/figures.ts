import type { Rates } from './protocol.ts'
import type { Task, Unit } from './work.ts'

/** What another library reached. */
export interface Peer {
  readonly name: string
  readonly value: number
  /** How many times as long it takes. */
  readonly ratio: number
}

/** Why there is no figure of another library. */
export interface Fault {
  readonly name: string
  readonly message: string
}

/** A row of the table. */
export interface Figure {
  readonly name: string
  readonly unit: Unit
  /** The median of the rounds. */
  readonly value: number
  readonly rounds: readonly number[]
  /** Of what the device's plain rates allow, from 0 to 1: the median of the rounds, each by the rates that preceded it. */
  readonly share?: number
  readonly peers: readonly Peer[]
  readonly faults?: readonly Fault[]
}

export const median = (xs: readonly number[]): number => {
  const sorted = xs.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2
}

/** From the seconds of one run to the unit of its figure. */
export const valueOf = ({ unit, flops = 0 }: Task, seconds: number): number => {
  if (unit === 'GFLOP/s') return flops / seconds / 1e9
  return unit === 'ms' ? seconds * 1e3 : seconds
}

const isRate = (unit: Unit): boolean => unit.endsWith('/s')

/** How many times as long a peer takes: above 1 we are faster. */
export const ratioOf = (unit: Unit, ours: number, peer: number): number => (isRate(unit) ? ours / peer : peer / ours)

/** Which part of the device's plain rate for its kind of work a task reaches. */
export const shareOf = ({ flops, fetches }: Task, seconds: number, { madd, fetch }: Rates): number | undefined => {
  if (flops !== undefined) return flops / seconds / 1e9 / madd
  return fetches === undefined ? undefined : fetches / seconds / 1e9 / fetch
}

/** What one contender measured of a task: seconds of each round, or why there are none. */
export interface Measured {
  readonly name: string
  readonly seconds: readonly number[]
  /** The device's rates right before each round, where they are asked for. */
  readonly rates?: readonly Rates[]
  readonly fault?: string
}

const peerOf =
  (task: Task, ours: number) =>
  ({ name, seconds }: Measured): Peer => {
    const value = median(seconds.map((s) => valueOf(task, s)))
    return { name, value, ratio: ratioOf(task.unit, ours, value) }
  }

const faultOf = ({ name, fault }: Measured): readonly Fault[] => (fault === undefined ? [] : [{ name, message: fault }])

/** The row of a task from what was measured of us and of the others. */
export const figureOf = (task: Task, ours: Measured, others: readonly Measured[]): Figure => {
  const rounds = ours.seconds.map((s) => valueOf(task, s))
  const value = median(rounds)
  const share = median((ours.rates ?? []).flatMap((rates, i) => shareOf(task, ours.seconds[i]!, rates) ?? []))
  const timed = others.filter(({ seconds }) => seconds.length > 0)
  const faults = [ours, ...others].flatMap(faultOf)
  return {
    name: task.name,
    unit: task.unit,
    value,
    rounds,
    ...(Number.isFinite(share) && { share }),
    peers: timed.map(peerOf(task, value)),
    ...(faults.length > 0 && { faults })
  }
}

/** A row of something that has no peers. */
export const plainFigure = (name: string, unit: Unit, rounds: readonly number[]): Figure => ({
  name,
  unit,
  value: median(rounds),
  rounds,
  peers: []
})

/** How far results may lie apart, in parts of the largest number: float32 sums of some thousand products. */
export const tolerance = 1e-3

const apart = (ours: Float32Array, theirs: Float32Array): string | undefined => {
  const [largest, furthest] = [
    ours.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
    ours.reduce((most, x, i) => Math.max(most, Math.abs(x - (theirs[i] ?? NaN))), 0)
  ]
  // (so written that NaN is no agreement)
  return furthest <= tolerance * largest
    ? undefined
    : `differs by ${(furthest / largest).toExponential(1)} of the largest`
}

/**
 * What is wrong with another's result; nothing where both computed the same. Each of the tensors that it is made of,
 * given by their lengths, has a largest number of its own.
 */
export const difference = (
  ours: Float32Array,
  theirs: Float32Array,
  parts: readonly number[] = []
): string | undefined => {
  if (ours.length !== theirs.length) return `gives ${theirs.length} numbers, not ${ours.length}`
  const ends = (parts.length === 0 ? [ours.length] : parts).reduce<readonly number[]>(
    (sofar, length) => [...sofar, (sofar.at(-1) ?? 0) + length],
    []
  )
  return ends
    .map((end, i) => apart(ours.subarray(ends[i - 1] ?? 0, end), theirs.subarray(ends[i - 1] ?? 0, end)))
    .find((fault) => fault !== undefined)
}

/** The figures as a file for programs. */
export const jsonOf = (figures: readonly Figure[]): string => `${JSON.stringify(figures, undefined, 2)}\n`
