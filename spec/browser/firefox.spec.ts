import { describe, expect, it } from 'vitest'
import { cases } from './cases.ts'
import type * as Entry from './entry.ts'
import { firefox, inFirefox } from './firefox.ts'
import { bundle } from './page.ts'

const path = firefox()
const missing = path === undefined ? ' (skipped: no firefox on PATH, and no FIREFOX_PATH)' : ''

type Outcomes = Awaited<ReturnType<typeof Entry.runAll>>

let outcomes: Promise<Outcomes> | undefined
const all = (): Promise<Outcomes> =>
  (outcomes ??= bundle().then((program) => inFirefox(path!, program, 'specs.runAll()') as Promise<Outcomes>))

/** What a driver of coarse coordinates says of large tensors, rather than computing wrong numbers. */
const refusal = /it tells elements apart up to number \d+, here is number \d+: compute a part at a time/

/** The first spec waits for all of them, in milliseconds. */
const longest = 600_000

describe.skipIf(path === undefined)(`[browser] Firefox${missing}`, () => {
  describe.each(['webgl2', 'webgl'] as const)('%s:', (device) => {
    it.each([...cases.keys()])('%s', { timeout: longest }, async (name) => {
      const { ok, message, sharp } = (await all())[device][name]!
      if (name === 'large tensors' && !ok) {
        expect(message).toMatch(refusal)
        return
      }
      expect(ok, message).toBe(true)
      expect(sharp).toBeGreaterThan(0.8)
    })
  })
})
