import * as t from 'tessera'
import { openPage } from './chromium.ts'
import { dropping, firstLast } from './dropped.ts'
import type { Ran, Wait } from './dropped.ts'
import type * as Entry from './soak.page.ts'
import type { Trial } from './trial.ts'

declare const soak: typeof Entry

const MB = 2 ** 20
const most = 256 * MB

const words: Readonly<Record<Wait, string>> = {
  never: 'no await',
  promises: 'await of promises',
  turns: 'await of the event loop'
}

const trialOf = (where: string, wait: Wait, tried: number, { last, peakBytes }: Ran, held: number): Trial => {
  const what = `steps that drop 4 MB, ${words[wait]} (${where}): under 256 MB`
  const faults = [
    ...(last === firstLast + tried ? [] : [`${what}: the last number says ${last - firstLast} steps`]),
    ...(Math.max(peakBytes, held) < most ? [] : [`${what}: ${Math.round(Math.max(peakBytes, held) / MB)} MB`])
  ]
  return { what, tried, survived: faults.length === 0 ? tried : 0, faults }
}

const inNode = async (steps: number, wait: Wait): Promise<Ran> => {
  using device = await t.device({ name: 'headlessgl' })
  return await dropping(device, steps, wait)
}

let before: number | undefined

/** In this process, whose memory may grow by as much from the first of these trials on; its peak counts. */
export const droppedInNode = async (steps: number, wait: Wait): Promise<Trial> => {
  await inNode(10, wait)
  before ??= 1024 * process.resourceUsage().maxRSS
  const ran = await inNode(steps, wait)
  return trialOf('headlessgl', wait, steps, ran, 1024 * process.resourceUsage().maxRSS - before)
}

export const droppedInChromium = async (name: t.DeviceName, steps: number, wait: Wait): Promise<Trial> => {
  const page = await openPage()
  const ran = await page.evaluate(([which, n, how]) => soak.droppingIn(which, n, how), [name, steps, wait] as const)
  await page.context().browser()?.close()
  return trialOf(`Chromium, ${name}`, wait, steps, ran, 0)
}
