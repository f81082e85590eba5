import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Step } from '../../lib/compile/schedule/plan.ts'
import { compiling, dealt, missingIn } from '../../lib/device/compiling.ts'
import { noCounts } from '../../lib/device/api/counters.ts'
import { type Engine } from '../../lib/device/engine.ts'
import { loaders } from '../../lib/platform/node/ahead.ts'
import { holds } from '../support/property.ts'
import { childrenOf, gone, read } from '../support/processes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tessera-ahead-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Steps of a plan, of which this needs nothing but the texts of their programs. */
const stepsOf = (texts: readonly string[]): readonly Step[] =>
  texts.map((text): Step => {
    const source = { text, uniforms: [] }
    return { source: () => source, shape: [4], inputs: [0], outputs: [1], targets: 1, name: text, flops: 0, free: [] }
  })

/** An engine that has some programs, and takes so long to compile another. */
const engineOf = (has: readonly string[], ms: number) => {
  const counters = noCounts()
  const run = (): void => {
    counters.compileMs += ms
  }
  const engine: Pick<Engine, 'counters' | 'has'> = { counters, has: ({ text }) => has.includes(text) }
  return { engine: engine as Engine, run }
}

const names = (n: number): readonly string[] => Array.from({ length: n }, (_, i) => `p${i}`)

describe('help with compiling', () => {
  /** Runs so many programs that take so long; gives what helpers were asked for, and how often they were ended. */
  const helped = (n: number, ms: number, fails = false) => {
    const { engine, run } = engineOf([], ms)
    const steps = stepsOf(names(n))
    const asked: (readonly string[])[] = []
    let ended = 0
    const helpers = {
      most: 2,
      ahead: (lists: ReturnType<typeof dealt>) => {
        asked.push(...lists.map((jobs) => jobs.map(({ source }) => source.text)))
        return () => {
          ended++
        }
      }
    }
    const work = () =>
      compiling(steps, engine, { helpers }, (around) => {
        for (const step of steps) around(step, run)
        if (fails) throw new Error('no memory')
        return 'done'
      })
    return { work, asked, ended: () => ended }
  }

  it('is asked for where programs take long and many are left, and ends with the run', () => {
    const { work, asked, ended } = helped(30, 80)
    expect(work()).toBe('done')
    const left = names(30).slice(5).toReversed()
    expect(asked).toEqual([left.filter((_, i) => i % 2 === 0), left.filter((_, i) => i % 2 === 1)])
    expect(ended()).toBe(1)
  })

  it('ends with a run that fails', () => {
    const { work, ended } = helped(30, 80, true)
    expect(work).toThrow('no memory')
    expect(ended()).toBe(1)
  })

  it.each([
    ['the driver has them already', 30, 10],
    ['there are few', 24, 80]
  ])('is not asked for where %s', (_why, n, ms) => {
    const { work, asked, ended } = helped(n, ms)
    expect(work()).toBe('done')
    expect([asked, ended()]).toEqual([[], 0])
  })

  it('is for each program that the engine lacks, once', () => {
    const { engine } = engineOf(['p1', 'p3'], 0)
    const steps = stepsOf(['p0', 'p1', 'p2', 'p0', 'p3', 'p4'])
    expect(missingIn(steps, engine).map(({ name }) => name)).toEqual(['p0', 'p2', 'p4'])
  })

  it('is dealt evenly, the last first', () => {
    holds(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 4 })), ([n, most]) => {
      const lists = dealt(stepsOf(names(n)), most).map((jobs) => jobs.map(({ source }) => source.text))
      expect(lists.flat().toSorted()).toEqual(names(n).toSorted())
      const lengths = lists.map(({ length }) => length)
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1)
      for (const list of lists) {
        const places = list.map((name) => Number(name.slice(1)))
        expect(places).toEqual(places.toSorted((a, b) => b - a))
      }
    })
  })

  it('comes from processes that read this library as this one does, and do nothing else that this one does', () => {
    const load = ['--require', 'a.cjs', '--import=b.mjs', '--import', 'c.mjs', '-C', 'browser']
    expect(loaders([...load, '--inspect-brk', '--eval', 'fork()', '-p', '1', '--enable-source-maps'])).toEqual(load)
  })
})

/** What both programs below compile. */
const graph = `import { graph } from './spec/device/ahead.graph.ts'`

const alone = `${graph}
  import * as t from './lib/index.ts'
  const device = await t.device({ name: 'headlessgl', helpers: 0 })
  device.compute(graph)
  process.stdout.write(String(device.stats().programs))
  process.exit(0)`

/** Has a helper compile what is missing, \`times\` over, and goes on as \`after\` says. */
const ahead = (after: string, times = 1): string => `${graph}
  import { compile } from './lib/compile/index.ts'
  import { dealt, missingIn } from './lib/device/compiling.ts'
  import { glEngine } from './lib/device/gl.ts'
  import { platform } from './lib/platform/node/platform.ts'
  import { helpers } from './lib/platform/node/ahead.ts'
  import { probe } from './lib/device/probe.ts'
  const engine = glEngine((await platform.contexts[0][1]()).right)
  probe(engine)
  const steps = missingIn(compile(graph, engine).steps, engine)
  const [jobs] = dealt(steps, 1)
  const several = Array.from({ length: ${times} }, (_, i) =>
    jobs.map((job) => ({ ...job, source: { ...job.source, text: job.source.text + '\\n'.repeat(i) } })))
  const end = helpers().ahead([several.flat()])
  process.stdout.write(String(steps.length) + '\\n')
  ${after}`

const start = (program: string, cache: string) => {
  const [shaders, temporary] = [join(folder, cache), mkdtempSync(join(folder, 'tmp-'))]
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    cwd: root,
    env: { ...process.env, MESA_SHADER_CACHE_DIR: shaders, TMPDIR: temporary },
    stdio: ['pipe', 'pipe', 'inherit']
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  return {
    child,
    said: () => said,
    shaders: () => readdirSync(shaders, { recursive: true, encoding: 'utf8' }).toSorted(),
    /** Apart from what tsx keeps for itself. */
    left: () => readdirSync(temporary).filter((name) => name.startsWith('tessera'))
  }
}

type Started = ReturnType<typeof start>

/** The helper that a program started, once there is one. */
const helperOf = async ({ child, said }: Started): Promise<number> => {
  while (!said().includes('\n')) {
    if (child.exitCode !== null) throw new Error('the program ended before it had a helper')
    await setTimeout(20)
  }
  return childrenOf(child.pid!).find((pid) => read(String(pid), 'cmdline').includes('platform/node/compiler.ts'))!
}

describe.runIf(process.platform === 'linux')('[gl] a helper', () => {
  it('compiles to the bit what a process alone compiles, for the driver to find, and leaves nothing else', async () => {
    const one = start(alone, 'alone')
    await once(one.child, 'close')
    const two = start(ahead('process.stdin.resume()'), 'ahead')
    expect(await gone(await helperOf(two))).toBe(true)
    two.child.stdin.end()
    await once(two.child, 'close')
    expect(Number(two.said())).toBeGreaterThan(8)
    expect(two.said().trim()).toBe(one.said())
    expect(two.shaders()).toEqual(one.shaders())
    expect(two.left()).toEqual([])
  })

  it.each([
    ['is told to', `await new Promise((resolve) => setTimeout(resolve, 2000)); end(); process.stdin.resume()`, false],
    ['its process ends', 'process.stdin.resume()', true]
  ])('ends before its work is done when %s', async (_when, after, kill) => {
    const busy = start(ahead(after, 1000), `busy-${kill}`)
    const helper = await helperOf(busy)
    if (kill) {
      await setTimeout(2000)
      busy.child.kill('SIGKILL')
    }
    expect(await gone(helper)).toBe(true)
    busy.child.kill()
    expect(busy.left()).toEqual([])
  })
})
