import type { Costs } from '../compile/kernel/costs.ts'
import { options, whole, type Names } from '../core/options.ts'
import { raise } from '../core/raise.ts'
import type { CompileOptions } from './device.ts'
import type { DeviceOptions, Limits } from './open.ts'

const deviceNames: Names<DeviceOptions> = {
  name: true,
  limits: true,
  costs: true,
  onCompile: true,
  helpers: true,
  onLost: true
}
const limitNames: Names<Limits> = { targets: true, inputs: true, textureSize: true, bytes: true, programs: true }
const costNames: Names<Costs> = {
  fetch: true,
  madd: true,
  loop: true,
  write: true,
  call: true,
  cores: true,
  block: true
}

/** Gives the options of a device back, and raises unless they are some. */
export const checkDevice = (given: DeviceOptions): DeviceOptions => {
  const { limits = {}, costs = {}, helpers = 0 } = options('device', given, deviceNames)
  for (const [name, limit] of Object.entries(options('device: limits', limits, limitNames)))
    if (limit !== undefined) whole('device', `limits.${name}`, limit as number, 1)
  for (const [name, cost] of Object.entries(options('device: costs', costs, costNames)))
    if (!(cost >= 0)) raise('device', `costs.${name} is not negative: ${String(cost)}`)
  if (helpers !== Infinity) whole('device', 'helpers', helpers, 0)
  return given
}

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
