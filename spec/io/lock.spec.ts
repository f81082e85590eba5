import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import * as node from 'tessera/node'
import { afterAll, describe, expect, it } from 'vitest'
import { startOf } from '../../lib/platform/node/processes.ts'
import { holdsOn } from '../support/property.ts'

const root = mkdtempSync(join(tmpdir(), 'tessera-lock-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const host = hostname().replaceAll(/[^\w-]/g, '_')
const gone = spawnSync(process.execPath, ['-e', '']).pid
const locksIn = (folder: string): readonly string[] => readdirSync(folder).filter((name) => name.includes('lock'))

/** Locks of processes that are gone: of a number that nobody has, or that another process has by now. */
const stale = fc
  .record({
    pid: fc.constantFrom(gone, process.pid),
    state: fc.constantFrom('held', 'wanted'),
    random: fc.stringMatching(/^[0-9a-f]{8}$/)
  })
  .map(({ pid, state, random }) => `.tessera-lock.${host}.${pid}.1.${random}.${state}`)

describe('the lock of a folder', () => {
  it('is held by exactly one of those that want it, however many were killed before', async () => {
    await holdsOn(
      fc.record({
        left: fc.array(stale, { maxLength: 5 }),
        delays: fc.array(fc.nat(8), { minLength: 1, maxLength: 8 })
      }),
      async ({ left, delays }) => {
        const folder = mkdtempSync(join(root, 'f-'))
        for (const name of left) writeFileSync(join(folder, name), '')
        const wanted = delays.map(async (ms) => {
          await new Promise((resolve) => setTimeout(resolve, ms))
          return node.lockFolder(folder)()
        })
        const got = (await Promise.all(wanted)).filter(E.isRight)
        expect(got.length).toBe(1)
        expect(locksIn(folder).length).toBe(1)
        got.forEach(({ right: release }) => release())
        expect(locksIn(folder)).toEqual([])
      },
      40
    )
  })

  it('that a process holds is refused in one line, with its number', async () => {
    const folder = mkdtempSync(join(root, 'f-'))
    writeFileSync(join(folder, `.tessera-lock.${host}.${process.ppid}.${startOf(process.ppid)}.00000000.held`), '')
    const message = `${folder}: process ${process.ppid} writes there: wait for it, stop it, or name another folder`
    expect(await node.lockFolder(folder)()).toEqual(E.left({ kind: 'write', message }))
  })

  it('that a process of another machine holds is refused with the name of its file', async () => {
    const folder = mkdtempSync(join(root, 'f-'))
    const name = '.tessera-lock.elsewhere.1.1.00000000.held'
    writeFileSync(join(folder, name), '')
    expect(await node.lockFolder(folder)()).toMatchObject({
      left: { message: expect.stringContaining(`delete ${name}`) as string }
    })
  })
})
