import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { gl } from '../support/gl.ts'

const MB = 2 ** 20

/** Numbers that need all their bits. */
const numbers = (n: number, seed: number): t.Tensor =>
  t.tensor(
    Float32Array.from({ length: n }, (_, i) => Math.sin(i * 0.37 + seed)),
    [n]
  )

/** The bits of some numbers as text, which is quick to compare. */
const bits = (read: t.Numbers): string => createHash('sha256').update(new Uint8Array(read.buffer)).digest('hex')

/** How a loop waits after each of its steps. */
const waits = {
  'without a wait': undefined,
  'that waits for promises alone': () => Promise.resolve(),
  'that lets the event loop turn': () => new Promise((resolve) => setImmediate(resolve))
} as const

const opened: t.Device[] = []
const open = async (options: t.DeviceOptions): Promise<t.Device> => {
  const device = await t.device(options)
  opened.push(device)
  return device
}
afterAll(() => opened.forEach((device) => device.dispose()))

type Wait = (() => Promise<unknown>) | undefined

const run = async (device: t.Device, steps: number, wait: Wait): Promise<number> => {
  const step = device.compile((y: t.Tensor) => t.add(y, 1))
  let x: t.Tensor = device.compute(t.mul(t.iota([1024, 1024]), 1))
  for (let i = 0; i < steps; i++) {
    x = step(x)
    // a function that waits for nothing keeps even promises waiting
    if (wait) await wait()
  }
  return (await device.read(x))[MB - 1]!
}

describe.each(Object.entries<Wait>(waits))('[gl] results of 4 MB that a loop drops, %s,', (_, wait) => {
  it('come back: 1,000 steps take no more than 128 MB of textures, and of all memory 256 MB', async () => {
    const device = await open({ name: 'headlessgl' })
    await run(device, 4, wait)
    const before = process.memoryUsage().rss
    // the last row counts up from 1023
    expect(await run(device, 1000, wait)).toBe(1023 + 1000)
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * MB)
    expect(device.stats().peakBytes).toBeLessThan(128 * MB)
    device.dispose()
  })

  it.each(['headlessgl', 'webasm', 'cpu'] as const)('keep within limits.bytes on %s', async (name) => {
    const device = await open({ name, limits: { bytes: 24 * MB } })
    expect(await run(device, 30, wait)).toBe(1023 + 30)
    expect(device.stats().peakBytes).toBeLessThanOrEqual(24 * MB)
    device.dispose()
  })
})

describe('[gl] the collector', () => {
  it('finds out of its own accord, where the event loop turns: next to nothing is moved to the host', async () => {
    const device = await open({ name: 'headlessgl' })
    await run(device, 500, waits['that lets the event loop turn'])
    const { spilled, live } = device.stats()
    expect(spilled).toBeLessThan(250)
    expect(live).toBeLessThan(32)
    device.dispose()
  })

  it('is left alone by a loop that donates', async () => {
    const device = await open({ name: 'headlessgl' })
    const step = device.compile((x: t.Tensor) => t.add(x, 1), { donate: [0] })
    let x: t.Tensor = device.compute(t.mul(t.iota([1024, 1024]), 1))
    for (let i = 0; i < 4; i++) x = step(x)
    const { external } = process.memoryUsage()
    const { created } = device.stats()
    for (let i = 0; i < 100; i++) x = step(x)
    expect(process.memoryUsage().external - external).toBeLessThan(4 * MB)
    expect(device.stats()).toMatchObject({ created, spilled: 0 })
    device.dispose()
  })
})

describe('[gl] what is moved to the host', () => {
  const size = 2 ** 17
  const room = 5

  type Act =
    | { readonly kind: 'make'; readonly seed: number }
    | { readonly kind: 'add' | 'donate'; readonly a: number; readonly b: number }
    | { readonly kind: 'twice' | 'drop' | 'dispose' | 'read'; readonly a: number }

  const at = fc.nat({ max: 99 })
  const acts = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('make' as const), seed: fc.nat({ max: 999 }) }),
      fc.record({ kind: fc.constantFrom('add' as const, 'donate' as const), a: at, b: at }),
      fc.record({
        kind: fc.constantFrom('twice' as const, 'drop' as const, 'dispose' as const, 'read' as const),
        a: at
      })
    ),
    { minLength: 10, maxLength: 40 }
  )

  /** Plays a program on a device; the bits of all that it read, and of all that it held in the end. */
  const play = async (device: t.Device, program: readonly Act[]): Promise<readonly string[]> => {
    const add = device.compile((x: t.Tensor, y: t.Tensor) => t.add(x, t.mul(y, 0.3)))
    const donate = device.compile((x: t.Tensor, y: t.Tensor) => t.sub(x, t.mul(y, 0.7)), { donate: [0] })
    const twice = device.compile((x: t.Tensor) => [t.mul(x, 3), t.mul(x, 3)] as const)
    const held: t.Tensor[] = [device.compute(t.mul(numbers(size, 1), 1))]
    const found: string[] = []
    const read = async (x: t.Tensor) => found.push(bits(await device.read(x)))
    for (const act of program) {
      if (act.kind === 'make') {
        held.push(device.compute(t.mul(numbers(size, act.seed), 1)))
        continue
      }
      const i = act.a % held.length
      const x = held[i]!
      if (act.kind === 'add') held.push(add(x, held[act.b % held.length]!))
      if (act.kind === 'donate' && act.b % held.length !== i) held[i] = donate(x, held[act.b % held.length]!)
      if (act.kind === 'twice') held.push(...twice(x))
      if (act.kind === 'read') await read(x)
      if (held.length > 1 && (act.kind === 'drop' || act.kind === 'dispose')) {
        held.splice(i, 1)
        if (act.kind === 'dispose') x[Symbol.dispose]()
      }
    }
    for (const x of held) await read(x)
    return found
  }

  it('comes back to the bit, whatever a program does with it', async () => {
    // room for the arguments and results of a call, and hardly more
    const tight = await open({ name: 'headlessgl', limits: { bytes: room * 4 * (size + 8192) } })
    const ample = await gl()
    let spilled = 0
    await fc.assert(
      fc.asyncProperty(acts, async (program) => {
        expect(await play(tight, program)).toEqual(await play(ample, program))
        expect(tight.stats().peakBytes).toBeLessThanOrEqual(room * 4 * (size + 8192))
        spilled = tight.stats().spilled
      }),
      { numRuns: 30 }
    )
    expect(spilled).toBeGreaterThan(100)
    tight.dispose()
  })

  it('keeps NaN, infinities and signs of zero', async () => {
    const device = await open({ name: 'headlessgl', limits: { bytes: 3 * MB } })
    const special = [NaN, Infinity, -Infinity, -0, 0, 1e-38, -3.4e38, 1 / 3]
    const x = device.compute(
      t.mul(
        t.tensor(
          Float32Array.from({ length: 2 ** 17 }, (_, i) => special[i % 8]!),
          [2 ** 17]
        ),
        1
      )
    )
    const before = await device.read(x)
    for (let i = 0; i < 12; i++) device.compute(t.add(t.iota([2 ** 17]), i))
    expect(device.stats().spilled).toBeGreaterThan(0)
    const copy = device.compute(t.select(t.less(t.iota([2 ** 17]), -1), x, x))
    for (const y of [x, copy]) expect((await device.read(y)).every((v, i) => Object.is(v, before[i]))).toBe(true)
    device.dispose()
  })

  it('is what was wanted least lately, and stays on the device once it is wanted again and again', async () => {
    const device = await open({ name: 'headlessgl' })
    // more than stays of itself
    const batches = Array.from({ length: 40 }, (_, i) => device.compute(t.mul(t.iota([1024, 1024]), i)))
    expect(device.stats().spilled).toBeGreaterThan(0)
    const sum = device.compile((x: t.Tensor) => t.sum(x))
    const rounds: number[] = []
    for (let round = 0; round < 8; round++) {
      for (const batch of batches) sum(batch)[Symbol.dispose]()
      rounds.push(device.stats().spilled)
    }
    expect(rounds.at(-1)).toBe(rounds.at(-2))
    device.dispose()
  })

  it('may be a copy of what the host has, which is made anew', async () => {
    const device = await open({ name: 'headlessgl', limits: { bytes: 3 * MB } })
    const [w, x] = [numbers(2 ** 17, 1), numbers(2 ** 17, 2)]
    const f = device.compile((a: t.Tensor, b: t.Tensor) => t.add(a, b))
    const first = bits(await device.read(f(w, x)))
    for (let i = 0; i < 10; i++) {
      const other = numbers(2 ** 17, 10 + i)
      for (let k = 0; k < 3; k++) f(other, other)[Symbol.dispose]()
      expect(bits(await device.read(f(w, x)))).toBe(first)
    }
    expect(device.stats().peakBytes).toBeLessThanOrEqual(3 * MB)
    device.dispose()
  })
})

describe('where there is no room', () => {
  it.each(['headlessgl', 'webasm'] as const)(
    'an error names the largest in use, and %s goes on after it',
    async (name) => {
      const device = await open({ name, limits: { bytes: 9 * MB } })
      const x = device.compute(t.mul(t.iota([1024, 1024]), 1))
      const small = device.compute(t.mul(t.iota([64, 64]), 2))
      const { live } = device.stats()
      const large = device.compile(
        (y: t.Tensor, z: t.Tensor) => [t.mul(y, t.sum(z)), t.add(t.exp(y), t.sum(z))] as const
      )
      expect(() => large(x, small)).toThrow(
        /^device: no room for a tensor \[1024,1024\] \(\d+ bytes\): limits\.bytes is 9437184, and .* take \d+, most of it by \[1024,1024\] \(\d+ bytes\)/
      )
      // nothing is left of the attempt
      expect(device.stats().live).toBeLessThanOrEqual(live)
      expect((await device.read(device.compute(t.add(x, 1))))[MB - 1]).toBe(1024)
      expect((await device.read(small))[4095]).toBe(126)
      device.dispose()
    }
  )

  it('[gl] in the driver, what can be done without goes first; then an error says so', async () => {
    const { platform } = await import('../../lib/platform/node/platform.ts')
    const { glEngine } = await import('../../lib/device/gl.ts')
    const { deviceOf } = await import('../../lib/device/gpu.ts')
    const [[, context]] = platform.contexts as readonly [(typeof platform.contexts)[number]]
    const given = await context()
    if (given._tag === 'Left') throw new Error(given.left.message)
    const { gl: own } = given.right
    const device = deviceOf(glEngine(given.right), '')
    const [texImage2D, getError] = [own.texImage2D.bind(own), own.getError.bind(own)] as const
    // a driver with room for so many textures of this device
    let most = 6
    let error: number = own.NO_ERROR
    own.texImage2D = (...how: readonly unknown[]) => {
      ;(texImage2D as (...all: readonly unknown[]) => void)(...how)
      if (device.stats().live + device.stats().pooled >= most) error = own.OUT_OF_MEMORY
    }
    own.getError = () => {
      const said = error === own.NO_ERROR ? getError() : error
      error = own.NO_ERROR
      return said
    }
    const kept = Array.from({ length: 12 }, (_, i) => device.compute(t.add(t.iota([5 + i, 300, 60]), i)))
    expect(device.stats().spilled).toBeGreaterThan(0)
    for (const [i, x] of kept.entries()) expect((await device.read(x))[0]).toBe(i)
    most = 0
    for (const x of kept) x[Symbol.dispose]()
    expect(() => device.compute(t.add(t.iota([99, 300, 60]), 1))).toThrow(
      /^device: no room for a tensor \[99,300,60\] \(\d+ bytes\): the driver has no memory left/
    )
    device.dispose()
  })
})

describe('shapes and functions that vary for ever', () => {
  it.each(['headlessgl', 'webasm'] as const)('leave a bounded number of programs and plans on %s', async (name) => {
    const device = await open({ name, limits: { programs: 12 } })
    const results: (readonly [t.Tensor, number])[] = []
    const scaled = device.compile((x: t.Tensor, by: number) => t.mul(t.tanh(x), by))
    const ops = [t.sin, t.cos, t.sigmoid, t.tanh, t.neg]
    for (let i = 0; i < 60; i++) {
      const f = (x: t.Tensor) =>
        Array.from(String(i), Number).reduce((y: t.Tensor, digit) => ops[digit % 5]!(y), t.add(x, i % 7))
      results.push([device.compute(t.sum(f(t.iota([3, 4])))), (await t.reference.read(t.sum(f(t.iota([3, 4])))))[0]!])
      scaled(t.iota([3, 4]), i)[Symbol.dispose]()
      expect(device.stats().programs).toBeLessThanOrEqual(12)
    }
    for (const [found, wanted] of results) expect((await device.read(found))[0]).toBeCloseTo(wanted, 2)
    expect(device.stats().compiled).toBeGreaterThan(12)
    expect(device.stats().plans).toBeLessThanOrEqual(256)
    device.dispose()
  })

  it('[gl] keep the programs of a plan that has more of them', async () => {
    const device = await open({ name: 'headlessgl', limits: { programs: 2, targets: 1 } })
    const f = device.compile(
      (x: t.Tensor) => [t.sum(x), t.cos(x), t.sum(t.sin(x), { axes: 0 }), t.max(x), t.exp(x)] as const
    )
    const x = device.compute(t.mul(t.iota([6, 7]), 0.1))
    const first = await Promise.all(f(x).map((y) => device.read(y)))
    const { programs, compiled } = device.stats()
    expect(programs).toBeGreaterThan(2)
    expect(await Promise.all(f(x).map((y) => device.read(y)))).toEqual(first)
    expect(device.stats()).toMatchObject({ programs, compiled })
    device.dispose()
  })

  it('[gl] leave a bounded weight of textures that wait', async () => {
    const device = await open({ name: 'headlessgl' })
    for (let i = 0; i < 300; i++) device.compute(t.add(t.iota([256, 1024 + i]), 1))[Symbol.dispose]()
    const { bytes, live } = device.stats()
    expect(live).toBe(0)
    expect(bytes).toBeLessThanOrEqual(128 * MB)
    device.dispose()
  })
})
