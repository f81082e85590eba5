import { raise } from '../base/raise.ts'
import type { Costs } from '../compile/kernel/costs.ts'
import { options, whole, type OptionNames } from '../core/options.ts'
import type { OnCompile } from './compiling.ts'
import type { OnLost } from './api/lost.ts'
import type { EngineName, Limits } from './engine.ts'

export type DeviceName = EngineName | 'reference'

export interface DeviceOptions {
  /** A certain backend; by default the first that works of webgl2, webgl, headlessgl, webasm, cpu. */
  readonly name?: DeviceName
  /** Render targets, texture units and texture size to make do with, for trying what a smaller GPU would do. */
  readonly limits?: Limits
  /** What things cost on this device, in place of what `npm run tune` found out, or of the usual. */
  readonly costs?: Partial<Costs>
  /** Called as programs are compiled, which is what a first run takes long for: `done` of its `total` kernels have run. */
  readonly onCompile?: OnCompile
  /**
   * Processes that may compile ahead of this one while its first run waits for the driver, where that helps: on Linux,
   * with headless GL. By default as many as there are further processors, up to three; 0 for none.
   */
  readonly helpers?: number
  /** Hears that the device is gone, as a listener of `device.onLost`. */
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
