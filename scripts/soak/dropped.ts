import * as t from 'tessera'

/** How a loop waits after each of its steps. */
export type Wait = 'never' | 'promises' | 'turns'

const waits: Readonly<Record<Wait, (() => Promise<unknown>) | undefined>> = {
  never: undefined,
  promises: () => Promise.resolve(),
  turns: () => new Promise((resolve) => setTimeout(resolve, 0))
}

export interface Ran {
  /** How many steps the last number says there were. */
  readonly steps: number
  readonly peakBytes: number
}

const side = 1024

/** Steps of 4 MB, each of which drops the result of the one before without a word. */
export const dropping = async (name: t.DeviceName, steps: number, wait: Wait): Promise<Ran> => {
  using device = await t.device({ name })
  const step = device.compile((y: t.Tensor) => t.add(y, 1))
  let x: t.Tensor = device.compute(t.mul(t.iota([side, side]), 1))
  const pause = waits[wait]
  for (let i = 0; i < steps; i++) {
    x = step(x)
    if (pause !== undefined) await pause()
  }
  const last = (await device.read(x))[side * side - 1]!
  return { steps: last - (side - 1), peakBytes: device.stats().peakBytes }
}
