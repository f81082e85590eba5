import ndarray, { type NdArray } from 'ndarray'
import type { Nested } from '../../core/create.ts'
import { choice } from '../../core/options.ts'
import { sizeOf, type Shape } from '../../core/shape.ts'
import { failTrace, isTracing } from '../../core/trace.ts'
import type { Numbers } from './device.ts'

const nest = (data: Numbers, shape: Shape, offset: number): Nested => {
  const [d, ...rest] = shape
  if (d === undefined) return data[offset]!
  return Array.from({ length: d }, (_, i) => nest(data, rest, offset + i * sizeOf(rest)))
}

/** Row-major numbers in the requested form. */
export const formed = (data: Numbers, shape: Shape, as?: 'ndarray' | 'nested'): Numbers | NdArray<Numbers> | Nested => {
  if (as !== undefined) choice('read', 'the form', as, ['ndarray', 'nested'])
  return as === 'ndarray' ? ndarray(data, [...shape]) : as === 'nested' ? nest(data, shape, 0) : data
}

/**
 * Starts something now and returns a promise of its result. If it fails inside a function that is being traced, which cannot
 * await the promise, the trace fails as well.
 */
export const promised = <A>(begin: () => Promise<A>): Promise<A> => {
  try {
    return begin()
  } catch (thrown) {
    const fault = thrown instanceof Error ? thrown : new Error(String(thrown))
    const refused = Promise.reject<A>(fault)
    if (!isTracing()) return refused
    failTrace(fault)
    refused.catch(() => undefined)
    return refused
  }
}
