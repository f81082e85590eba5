import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'tessera-'))
  folders.push(made)
  return made
}

/** A folder of programs that print what they are told to and fail where they are told to. */
const machine = (programs: Readonly<Record<string, string>>): string => {
  const bin = folder()
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  return bin
}

/** The set-up of a clone (with the npm packages of this one, or without any) on a machine of our making. */
const setUp = (bin: string, modules: 'modules' | 'none', ...args: readonly string[]): string => {
  const clone = folder()
  cpSync(join(root, 'scripts'), join(clone, 'scripts'), { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(root, file), join(clone, file))
  if (modules === 'modules') symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
  else mkdirSync(join(clone, 'node_modules'))
  const env = { PATH: bin, HOME: clone, TMPDIR: clone }
  const done = spawnSync(process.execPath, ['scripts/setup.mjs', ...args], { cwd: clone, env, encoding: 'utf8' })
  return done.stdout + done.stderr
}

const everything = {
  'dpkg-query': 'shift 3; for p in "$@"; do echo "$p installed"; done',
  'apt-get': 'exit 1',
  Xvfb: ''
}
const nothing = { 'dpkg-query': 'exit 1', 'apt-get': 'exit 1', sudo: 'exit 1' }

describe.runIf(process.platform === 'linux')('setup', () => {
  it('does nothing where nothing is missing', () => {
    expect(setUp(machine(everything), 'modules')).toBe('The set-up is done.\n')
  })

  it('names what is missing and the one command that brings it', () => {
    const said = setUp(machine(nothing), 'modules', '--browser', '--dry-run')
    expect(said).toMatch(/software GL, an X server without a screen, a font for the drawn digits, a browser/)
    expect(said).toMatch(
      /apt-get .*install -y --no-install-recommends libgl1 libgl1-mesa-dri libx11-6 libxext6 libdrm2 xvfb fontconfig fonts-dejavu-core chromium\n/
    )
  })

  it('goes on without what it may not or cannot install', () => {
    const said = setUp(machine({ ...everything, 'dpkg-query': 'exit 1' }), 'modules')
    expect(said).toMatch(/This machine lacks software GL, a font for the drawn digits\./)
    expect(said).toMatch(/Going on without\./)
    expect(said).toMatch(/The set-up is done\.\n/)
  })

  it('names the libraries where there is no apt', () => {
    const said = setUp(machine({}), 'modules')
    expect(said).toMatch(/Install Mesa/)
    expect(said).not.toMatch(/apt/)
  })

  it('installs the npm packages where node_modules does not match the lock file', () => {
    const said = setUp(machine(everything), 'none', '--dry-run')
    expect(said).toMatch(/would run: .*npm.* ci --include=dev --include=optional\n/)
  })

  it('says loudly what the optional packages that do not load cost, and how to mend it', () => {
    const bin = machine({ ...everything, npm: 'exit 0' })
    const said = setUp(bin, 'none')
    expect(said).toMatch(/!! gl: no GL: everything that needs no picture runs, far slower/)
    expect(said).toMatch(/!! canvas: no canvas/)
    expect(said).toMatch(/!! Mend it with: .* && npm ci\n/)
  })
})
