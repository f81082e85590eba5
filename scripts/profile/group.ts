import type { Timing } from 'tessera'
import { total } from '../lib/table.ts'
import type { Family } from './families.ts'

/** Kernels with their totals. */
export interface Group {
  readonly calls: number
  readonly programs: number
  readonly ms: number
  readonly flops: number
  readonly bytes: number
}

/** A kernel, and what it is for. */
export interface Kernel extends Timing {
  readonly family: Family
}

/** The calls of a program, under the name of the one that takes longest. */
export interface Kind extends Group {
  readonly name: string
  readonly shape: Timing['shape']
  readonly family: Family
}

/** Lists by key, in the order in which the keys occur. */
const by = <A, K>(xs: readonly A[], key: (x: A) => K): ReadonlyMap<K, readonly A[]> => {
  const lists = new Map<K, A[]>()
  for (const x of xs) lists.set(key(x), [...(lists.get(key(x)) ?? []), x])
  return lists
}

export const together = (kernels: readonly Kernel[]): Group => ({
  calls: kernels.length,
  programs: new Set(kernels.map(({ program }) => program)).size,
  ms: total(kernels.map(({ ms }) => ms)),
  flops: total(kernels.map(({ flops }) => flops)),
  bytes: total(kernels.map(({ bytes }) => bytes))
})

/** By program, the heaviest first. */
export const byProgram = (kernels: readonly Kernel[]): readonly Kind[] =>
  [...by(kernels, ({ program }) => program).values()]
    .map((calls): Kind => {
      const { name, shape, family } = calls.reduce((most, call) => (call.ms > most.ms ? call : most))
      return { name, shape, family, ...together(calls) }
    })
    .toSorted((a, b) => b.ms - a.ms)

/** By family, the heaviest first. */
export const byFamily = (kernels: readonly Kernel[]): readonly (readonly [Family, Group])[] =>
  [...by(kernels, ({ family }) => family)]
    .map(([family, calls]) => [family, together(calls)] as const)
    .toSorted(([, a], [, b]) => b.ms - a.ms)

/** Several groups as one. */
export const summed = (groups: readonly Group[]): Group => ({
  calls: total(groups.map(({ calls }) => calls)),
  programs: total(groups.map(({ programs }) => programs)),
  ms: total(groups.map(({ ms }) => ms)),
  flops: total(groups.map(({ flops }) => flops)),
  bytes: total(groups.map(({ bytes }) => bytes))
})
