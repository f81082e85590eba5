import * as t from 'tessera'

/** How a loop waits after each of its steps. */
export type Wait = 'never' | 'promises' | 'turns'

const waits: Readonly<Record<Wait, (() => Promise<unknown>) | undefined>> = {
  never: undefined,
  promises: () => Promise.resolve(),
  turns: () => new Promise((resolve) => setTimeout(resolve, 0))
}

export interface Ran {
  /** The last number: that of `firstLast`, and one more for each step. */
  readonly last: number
  readonly peakBytes: number
}

const side = 1024

/** The last number before the first step. */
export const firstLast = side - 1

/** Steps of 4 MB, each of which drops the result of the one before without a word. */
export const dropping = async (device: t.Device, steps: number, wait: Wait): Promise<Ran> => {
  const step = device.compile((y: t.Tensor) => t.add(y, 1))
  let x: t.Tensor = device.compute(t.mul(t.iota([side, side]), 1))
  const pause = waits[wait]
  for (let i = 0; i < steps; i++) {
    x = step(x)
    if (pause !== undefined) await pause()
  }
  return { last: (await device.read(x))[side * side - 1]!, peakBytes: device.stats().peakBytes }
}
