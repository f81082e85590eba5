import { options, whole } from '../../core/options.ts'
import { raise } from '../../base/raise.ts'
import type { CompileOptions } from './device.ts'

/** Checks the options of `compile` and fills in defaults; raises on unknown or invalid ones. */
export const checkCompile = (given: CompileOptions = {}): Required<CompileOptions> => {
  const { donate = [] } = options('compile', given, { donate: true })
  if (!Array.isArray(donate)) raise('compile', `donate is a list of positions of arguments, not ${String(donate)}`)
  return { donate: donate.map((position: number) => whole('compile', 'a position in donate', position, 0)) }
}

/** Raises if a donated position has no argument. */
export const checkDonated = (donate: readonly number[], args: readonly unknown[]): void => {
  const beyond = donate.find((position) => position >= args.length)
  if (beyond !== undefined)
    raise('compile', `donate names argument ${beyond}, counted from 0, and there ${args.length === 1 ? 'is' : 'are'} ${args.length}`) // prettier-ignore
}
