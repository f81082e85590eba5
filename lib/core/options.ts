import { raise } from '../base/raise.ts'
import { isTensor } from './tensor.ts'

/** The names of the options O. A missing or an unknown name does not compile. */
export type OptionNames<O> = { readonly [K in keyof O]-?: true }

/** Describes a wrong argument, for an error message. */
export const kindOf = (x: unknown): string => {
  if (isTensor(x)) return 'a tensor'
  if (typeof x === 'string') return `'${x}'`
  if (Array.isArray(x)) return `[${x.join()}]`
  if (typeof x === 'function') return 'a function'
  return typeof x === 'object' && x !== null ? 'an object' : String(x)
}

/** `a, b and c` */
const listed = (names: readonly string[], and: string): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} ${and} ${names.at(-1)!}`

/**
 * Returns the given options, and raises for an unknown name: a misspelt option would be ignored in silence otherwise.
 *
 * `const { stride = 1 } = options('conv2d', given, names)`
 */
export const options = <O extends object>(op: string, given: O, names: OptionNames<O>): O => {
  const known = Object.keys(names)
  if (typeof given !== 'object' || (given as O | null) === null || Array.isArray(given) || isTensor(given))
    return raise(op, `wants an object with ${listed(known, 'or')}, not ${kindOf(given)}`)
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(names, name))
  return unknown === undefined
    ? given
    : raise(
        op,
        `there is no option ${unknown}: ${known.length === 1 ? 'there is' : 'there are'} ${listed(known, 'and')}`
      )
}

/** Returns the given choice, and raises unless it is in the list. */
export const choice = <const T extends string>(op: string, name: string, given: T, all: readonly T[]): T =>
  all.includes(given)
    ? given
    : raise(op, `${name} is ${listed(all.map((x) => `'${x}'`), 'or')}, not ${kindOf(given)}`) // prettier-ignore

/** Returns the given number, and raises unless it is whole and at least `least`. */
export const whole = (op: string, name: string, given: number, least: number): number =>
  Number.isSafeInteger(given) && given >= least
    ? given
    : raise(op, `${name} is a whole number of at least ${least}, not ${kindOf(given)}`)
