import { raise } from '../base/raise.ts'
import type { Costs } from '../compile/kernel/costs.ts'
import { options, whole, type OptionNames } from '../core/options.ts'
import type { OnCompile } from './compiling.ts'
import type { OnLost } from './api/lost.ts'
import type { EngineName, Limits } from './engine.ts'

/** The name of a device. */
export type DeviceName = EngineName | 'reference'

/** Options of `device`. */
export interface DeviceOptions {
  /** The backend to use; by default the first that works of webgl2, webgl, headlessgl, webasm, cpu. */
  readonly name?: DeviceName
  /** Lower limits than the device has, to try what a smaller GPU would do. */
  readonly limits?: Limits
  /** Costs of this device, instead of those that `npm run tune` stored or the defaults. */
  readonly costs?: Partial<Costs>
  /**
   * Called while the first run of a function compiles programs: `done` of its `total` kernels have run.
   */
  readonly onCompile?: OnCompile
  /**
   * How many processes may compile programs ahead of this one during a first run. They help on Linux with headless GL. By
   * default one per further processor, up to three; 0 for none.
   */
  readonly helpers?: number
  /** Called when the device is lost, like a listener of `device.onLost`. */
  readonly onLost?: OnLost
}

const deviceNames: OptionNames<DeviceOptions> = {
  name: true,
  limits: true,
  costs: true,
  onCompile: true,
  helpers: true,
  onLost: true
}
const limitNames: OptionNames<Limits> = { targets: true, inputs: true, textureSize: true, bytes: true, programs: true }
const costNames: OptionNames<Costs> = {
  fetch: true,
  madd: true,
  loop: true,
  write: true,
  call: true,
  cores: true,
  block: true
}

/** Checks the options of a device and returns them; raises on unknown or invalid ones. */
export const checkDevice = (given: DeviceOptions): DeviceOptions => {
  const { limits = {}, costs = {}, helpers = 0 } = options('device', given, deviceNames)
  for (const [name, limit] of Object.entries(options('device: limits', limits, limitNames)))
    if (limit !== undefined) whole('device', `limits.${name}`, limit as number, 1)
  for (const [name, cost] of Object.entries(options('device: costs', costs, costNames)))
    if (!(cost >= 0)) raise('device', `costs.${name} is not negative: ${String(cost)}`)
  if (helpers !== Infinity) whole('device', 'helpers', helpers, 0)
  return given
}
