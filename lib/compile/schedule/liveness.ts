import type { Call, Step } from './call.ts'

/**
 * The steps that the results need, in order, each with the buffers that no later step reads. `stepOf` makes the step of a
 * call for the buffers that are needed, or undefined if the call makes none of them.
 */
export const withLifetimes = (
  calls: readonly Call[],
  results: readonly number[],
  stepOf: (call: Call, needed: ReadonlySet<number>) => Omit<Step, 'free'> | undefined
): readonly Step[] => {
  const needed = new Set(results)
  return calls
    .toReversed()
    .flatMap((call): readonly Step[] => {
      const step = stepOf(call, needed)
      if (!step) return []
      const free = [...new Set(step.inputs)].filter((buffer) => !needed.has(buffer))
      free.forEach((buffer) => needed.add(buffer))
      return [{ ...step, free }]
    })
    .reverse()
}
