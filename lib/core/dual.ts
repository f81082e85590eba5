import { raise } from '../base/raise.ts'
import { kindOf } from './options.ts'
import { isTensor } from './tensor.ts'

/** Tells whether a call passed the data, or only the arguments after it. */
type DataGiven = (args: readonly unknown[]) => boolean

/** For operations whose other arguments may be tensors: the data is there if there are `count` arguments. */
export const counted =
  (count: number): DataGiven =>
  (args) =>
    args.length >= count

/** For operations whose second argument is never a tensor: the data is there if the first argument is a tensor. */
export const tensorFirst =
  (count: number): DataGiven =>
  (args) =>
    isTensor(args[0]) || args.length >= count

/**
 * The second form of an operation with the overloads F: it takes all arguments but the data, and returns a function of
 * it.
 */
type WithoutData<F> = F extends (...args: never[]) => unknown ? (...rest: never[]) => (data: never) => unknown : never

/**
 * The calling convention of the library: `op(data, ...rest)`, or `op(...rest)` for a function of the data, which `pipe`
 * takes. An operation is written once, in the second form, so that its other arguments are checked before any data
 * arrives.
 */
export const dual = <F>(dataGiven: DataGiven, make: WithoutData<F>, check = (data: unknown): unknown => data): F =>
  ((...args: readonly never[]) => {
    const whole = dataGiven(args)
    const apply = make(...(whole ? args.slice(1) : args))
    return whole ? apply(check(args[0]) as never) : (data: never) => apply(check(data) as never)
  }) as F

/** `dual` for operations on a tensor. Anything else in the place of the data raises. */
export const dualOp = <F>(op: string, dataGiven: DataGiven, make: WithoutData<F>): F =>
  dual<F>(dataGiven, make, (x) => (isTensor(x) ? x : raise(op, `wants a tensor first, not ${kindOf(x)}`)))
