import { raise } from '../base/raise.ts'
import { kindOf } from './options.ts'
import { isTensor } from './tensor.ts'

/** Tells whether a call gave the data, or only the arguments after it. */
type DataGiven = (args: readonly unknown[]) => boolean

/** For operations whose other arguments are tensors too: the data is there if all `count` arguments are. */
export const counted =
  (count: number): DataGiven =>
  (args) =>
    args.length >= count

/** For operations whose second argument is no tensor: the data is there if the first argument is one. */
export const tensorFirst =
  (count: number): DataGiven =>
  (args) =>
    isTensor(args[0]) || args.length >= count

/** The second form of an operation whose overloads are F: a function of all but the data, which gives one of the data. */
type WithoutData<F> = F extends (...args: never[]) => unknown ? (...rest: never[]) => (data: never) => unknown : never

/**
 * The calling convention of the library: `op(data, ...rest)`, and `op(...rest)` for the function of the data that `pipe`
 * takes. An operation is written once, as the second form, so that its other arguments are checked before any data
 * comes.
 */
export const dual = <F>(dataGiven: DataGiven, make: WithoutData<F>, check = (data: unknown): unknown => data): F =>
  ((...args: readonly never[]) => {
    const whole = dataGiven(args)
    const apply = make(...(whole ? args.slice(1) : args))
    return whole ? apply(check(args[0]) as never) : (data: never) => apply(check(data) as never)
  }) as F

/** `dual` for a tensor as the data; anything else in its place raises. */
export const dualOp = <F>(op: string, dataGiven: DataGiven, make: WithoutData<F>): F =>
  dual<F>(dataGiven, make, (x) => (isTensor(x) ? x : raise(op, `wants a tensor first, not ${kindOf(x)}`)))
