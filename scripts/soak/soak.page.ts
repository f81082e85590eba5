import type * as t from 'tessera'
import { end, losable, withContext } from './context.ts'
import { dropping } from './dropped.ts'
import type { Ran, Wait } from './dropped.ts'
import { losing } from './snapshots.ts'

// What runs in a page of Chromium.

export const droppingIn = async (name: t.DeviceName, steps: number, wait: Wait): Promise<Ran> => {
  const one = await withContext({ name })
  const ran = await dropping(one.device, steps, wait)
  end(one)
  return ran
}

export const losingIn = (name: t.DeviceName, losses: readonly number[]): Promise<readonly (string | undefined)[]> =>
  losing(() => losable(name), losses)
