import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { filled } from '../support/arbitrary.ts'

const most = 1 << 20
const heard: (readonly [done: number, total: number])[] = []
// A process has one GL context, so this device has a file of its own; the last spec ends it.
const device = await t.device({
  name: 'headlessgl',
  limits: { bytes: most },
  onCompile: (done, total) => heard.push([done, total])
})
const held = (shape: readonly number[], seed: number): t.Tensor => device.compute(t.mul(filled(shape, 'any', seed), 1))

describe('[gl] the life of a device', () => {
  it('tells how far it is with compiling', () => {
    const x = held([9, 7], 1)
    const before = [heard.length, device.stats().programs] as const
    const layer = (y: t.Tensor) => t.softmax(t.matmul(y, t.transpose(y)))
    const f = device.compile(layer)
    f(x)
    const programs = device.stats().programs - before[1]
    expect(programs).toBeGreaterThan(1)
    const total = device.show(layer, x).match(/#/g)!.length
    const told = heard.slice(before[0])
    expect(told.length).toBeGreaterThanOrEqual(programs)
    expect(told).toEqual(
      [...new Set(told.map(([done]) => done))].toSorted((a, b) => a - b).map((done) => [done, total])
    )
    expect(told.at(-1)).toEqual([total, total])
    f(x)
    expect(heard.length).toBe(before[0] + told.length)
  })

  it('plans equal graphs once, whoever asks', async () => {
    const x = held([5, 6], 2)
    const scaled = (by: number) => device.compile((y: t.Tensor) => t.softmax(t.mul(y, by)))
    const first = await device.read(scaled(2)(x))
    const { programs, created } = device.stats()
    expect(await device.read(scaled(2)(x))).toEqual(first)
    expect(device.stats()).toMatchObject({ programs, created })
    expect(await device.read(scaled(3)(x))).not.toEqual(first)
  })

  it('keeps no tensor alive for the plans it keeps', async () => {
    const one = held([4, 5], 3)
    const sum = await device.read(t.sum(one))
    const other = held([4, 5], 4)
    expect(await device.read(t.sum(other))).not.toEqual(sum)
    expect(await device.read(t.sum(one))).toEqual(sum)
  })

  it('stays within a budget of bytes, and says what it has no room for', () => {
    for (let n = 100; n < 140; n++) device.compute(t.mul(t.iota([4, n, n]), 2))[Symbol.dispose]()
    expect(device.stats().peakBytes).toBeLessThanOrEqual(most)
    expect(() => device.compute(t.mul(t.iota([4, 300, 300]), 2))).toThrow(
      'device: no room for a tensor [4,300,300] (1440000 bytes): limits.bytes is 1048576, and tensors in use take 0: try smaller batches'
    )
    expect(device.stats().peakBytes).toBeLessThanOrEqual(most)
  })

  it('splits its time', () => {
    const { traceMs, planMs, compileMs, runMs } = device.stats()
    for (const ms of [traceMs, planMs, compileMs, runMs]) expect(ms).toBeGreaterThan(0)
  })

  it('profiles each kernel of a plan', () => {
    const [a, b] = [held([64, 64], 5), held([64, 64], 6)]
    const { live } = device.stats()
    const timings = device.profile((x: t.Tensor, y: t.Tensor) => t.tanh(t.matmul(x, y)), a, b)
    expect(device.stats().live).toBe(live)
    // 64³ multiplications and additions, and a tanh for each result
    expect(timings.reduce((sum, { flops }) => sum + flops, 0)).toBe(2 * 64 ** 3 + 64 ** 2)
    for (const { ms, bytes } of timings) expect(Math.min(ms, bytes)).toBeGreaterThan(0)
  })

  it('ends with all its textures', async () => {
    const x = held([3, 3], 7)
    device.dispose()
    expect(device.stats()).toMatchObject({ live: 0, pooled: 0, bytes: 0 })
    await expect(device.read(x)).rejects.toThrow('read: the device was disposed')
  })
})
