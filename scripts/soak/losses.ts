import * as E from 'fp-ts/Either'
import type * as t from 'tessera'
import { glEngine } from '../../lib/device/gl.ts'
import { deviceOf } from '../../lib/device/gpu.ts'
import { platform } from '../../lib/platform/node/platform.ts'
import { raise } from 'tessera'
import { openPage } from './chromium.ts'
import { losing, lostAt } from './snapshots.ts'
import type { Opened } from './snapshots.ts'
import type * as Entry from './soak.page.ts'
import { tryAll } from './trial.ts'
import type { Trial } from './trial.ts'

declare const soak: typeof Entry

/** A device of Node, and the end of its context: headless-gl knows of no loss, but lets it be destroyed. */
const open = async (): Promise<Opened> => {
  const opened = await platform.contexts[0]![1]()
  if (E.isLeft(opened)) return raise('soak', opened.left.message)
  const { gl } = opened.right
  const lose = (): void => (gl.getExtension('STACKGL_destroy_context') as { destroy(): void }).destroy()
  return { device: deviceOf(glEngine(opened.right), ''), lose }
}

const what = (where: string): string => `contexts lost (${where}): noticed, and trained on to the same bits`

const trialOf = (where: string, faults: readonly (string | undefined)[]): Promise<Trial> =>
  tryAll(what(where), faults, (fault) => fault)

export const lossesInNode = async (count: number): Promise<Trial> =>
  trialOf('headlessgl', await losing(open, lostAt(count)))

export const lossesInChromium = async (name: t.DeviceName, count: number): Promise<Trial> => {
  const page = await openPage()
  const faults = await page.evaluate(([which, at]) => soak.losingIn(which, at), [name, lostAt(count)] as const)
  await page.context().browser()?.close()
  // (what is undefined in the page arrives as null)
  return trialOf(
    `Chromium, ${name}`,
    faults.map((fault) => fault ?? undefined)
  )
}
