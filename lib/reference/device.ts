import { held } from '../core/create.ts'
import type { Tensor } from '../core/tensor.ts'
import { isTracing } from '../core/trace.ts'
import { mapTree, tensorsOf } from '../core/tree.ts'
import { packed } from '../core/values.ts'
import { showGraph } from '../core/show.ts'
import type { Device, Numbers, Stats } from '../device/api/device.ts'
import { noCounts } from '../device/api/counters.ts'
import { checkCompile, checkDonated } from '../device/api/options.ts'
import { checkPlaceholders } from '../device/api/placeholders.ts'
import { formed, promised } from '../device/api/read.ts'
import { interpret } from './interpret.ts'

const numbersOf = (x: Tensor): Float64Array => {
  checkPlaceholders('read', [x])
  const values = packed(interpret([x])[0]!)
  return Float64Array.from(values.data)
}

const compute = <T>(tree: T): T => {
  const tensors = [...new Set(tensorsOf(tree))]
  checkPlaceholders('compute', tensors)
  const values = interpret(tensors).map((v) => Float64Array.from(packed(v).data))
  const done = new Map(tensors.map((x, i) => [x, storedOf(x, values[i]!)]))
  return mapTree(tree, (x) => done.get(x)!)
}
const storedOf = (x: Tensor, data: Float64Array): Tensor =>
  held({ read: () => data, dispose: () => undefined }, x.shape)

const stats: Stats = { ...noCounts(), plans: 0, traceMs: 0, planMs: 0, runMs: 0 }

const show = <A extends readonly unknown[]>(f: (...args: A) => unknown, ...args: A): string =>
  showGraph(tensorsOf(f(...args)))

/**
 * The device that defines what operations mean. It computes in float64 with ndarray, and is slow.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.add(t.tensor([1, 2]), 1)), Float64Array.of(2, 3))
 * ```
 */
export const reference: Device = {
  name: 'reference',
  renderer: 'ndarray, float64',
  reason: 'the definition',
  compile: (f, options) => {
    const { donate } = checkCompile(options)
    return (...args) => {
      checkDonated(donate, args)
      // inside a function that is being traced for another device
      return isTracing() ? f(...args) : compute(f(...args))
    }
  },
  compute,
  read: ((x: Tensor, as?: 'ndarray' | 'nested') =>
    promised(() => Promise.resolve(formed(numbersOf(x) as Numbers, x.shape, as)))) as Device['read'],
  show,
  showSource: show,
  explain: show,
  profile: () => [],
  stats: () => stats,
  // this device cannot be lost
  onLost: () => () => undefined,
  dispose: () => undefined,
  [Symbol.dispose]: () => undefined
}
