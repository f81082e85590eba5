import { options, whole } from '../../core/options.ts'
import { raise } from '../../base/raise.ts'
import type { CompileOptions } from './device.ts'

/** Gives the options of a compiled function back, and raises unless they are some. */
export const checkCompile = (given: CompileOptions = {}): Required<CompileOptions> => {
  const { donate = [] } = options('compile', given, { donate: true })
  if (!Array.isArray(donate)) raise('compile', `donate is a list of positions of arguments, not ${String(donate)}`)
  return { donate: donate.map((position: number) => whole('compile', 'a position in donate', position, 0)) }
}

/** Raises where an argument is to be given up that there is not. */
export const checkDonated = (donate: readonly number[], args: readonly unknown[]): void => {
  const beyond = donate.find((position) => position >= args.length)
  if (beyond !== undefined)
    raise('compile', `donate names argument ${beyond}, counted from 0, and there ${args.length === 1 ? 'is' : 'are'} ${args.length}`) // prettier-ignore
}
