import { createRequire } from 'node:module'
import { afterAll, describe, expect, it } from 'vitest'

type Method = (...how: readonly unknown[]) => unknown
type GL = Record<string, Method>
type Stubs = Readonly<Record<string, (gl: GL) => Method>>
type Fault = Stubs | 'no context' | 'throws'

// The library takes headless-gl once, when it is first imported: so it is given this one, whose contexts are stubbed.
const require = createRequire(import.meta.url)
const create = require('gl') as (...how: readonly unknown[]) => GL | null
let stubs: Fault = {}
require.cache[require.resolve('gl')]!.exports = (...how: readonly unknown[]) => {
  if (stubs === 'throws') throw new TypeError('no display today\nsecond line')
  const gl = stubs === 'no context' ? null : create(...how)
  if (!gl || typeof stubs === 'string') return null
  for (const [name, stub] of Object.entries(stubs)) Object.assign(gl, { [name]: stub(gl) })
  return gl
}
const t = await import('../../lib/index.ts')
// gpu.js keeps what it finds out of the first context
const first = await t.device({ name: 'headlessgl' })
first.dispose()

/** A method of a context as it was before it is stubbed. */
const original = (gl: GL, name: string): Method => gl[name]!.bind(gl)

/** `getExtension` without some. */
const without =
  (...names: readonly string[]) =>
  (gl: GL): Method => {
    const getExtension = original(gl, 'getExtension')
    return (name) => (names.includes(name as string) ? null : getExtension(name))
  }

/** `getExtension` that gives an extension and does not switch it on. */
const pretending = (gl: GL): Method => {
  const getExtension = original(gl, 'getExtension')
  return (name) => (name === 'OES_texture_float' ? {} : getExtension(name))
}

/** `readPixels` with something done to what it read. */
const reading =
  (change: (texels: Float32Array) => void) =>
  (gl: GL): Method => {
    const readPixels = original(gl, 'readPixels')
    return (...how) => {
      readPixels(...how)
      change(how[6] as Float32Array)
    }
  }

/** Ten bits after the first, as a half-precision texture has. */
const halved = (v: number): number => {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(v))) - 10)
  return v === 0 ? v : Math.round(v / unit) * unit
}

const faults: readonly (readonly [fault: string, stubs: Fault, why: RegExp])[] = [
  ['has no textures of floats', { getExtension: without('OES_texture_float') }, /^headlessgl: .*no OES_texture_float/],
  ['has no extensions', { getExtension: () => () => null }, /^headlessgl: .*no OES_texture_float/],
  [
    'says that it has textures of floats and refuses them',
    { getExtension: pretending },
    /^headlessgl: the driver reports error 1286/
  ],
  [
    'reads zeros',
    { readPixels: () => () => undefined },
    /^headlessgl: does not compute in float32: a test gave 0, 0, 0, 0, not 0\.66/
  ],
  ['reads in half precision', { readPixels: reading((x) => x.set(x.map(halved))) }, /gave 0\.66650390625, 33554432, /],
  [
    'reads wrong in the last bit',
    { readPixels: reading((x) => x.set([x[0]! * (1 + 2 ** -23)])) },
    /gave 0\.6666667461395264, /
  ],
  ['draws nothing', { drawArrays: () => () => undefined }, /^headlessgl: does not compute in float32/],
  ['uploads nothing', { texSubImage2D: () => () => undefined }, /^headlessgl: does not compute in float32/],
  ['makes no textures', { createTexture: () => () => null }, /^headlessgl: /],
  ['links no programs', { linkProgram: () => () => undefined }, /^headlessgl: /],
  [
    'throws where it compiles',
    {
      compileShader: () => () => {
        throw new TypeError('shader\ntrouble')
      }
    },
    /^headlessgl: shader$/
  ],
  ['is lost already', { isContextLost: () => () => true }, /^headlessgl: .*context was lost/],
  ['gives no context', 'no context', /^headlessgl: the driver gives no context; run: npm run doctor$/],
  ['throws', 'throws', /^headlessgl: the driver gives no context \(no display today\); run: npm run doctor$/]
]

describe.each(faults)('a GL that %s', (_, fault, why) => {
  it('is passed over for the next backend, which says why', async () => {
    stubs = fault
    const device = await t.device()
    expect(device.name).toBe('webasm')
    expect(device.reason).toMatch(why)
    expect(device.reason).not.toContain('\n')
    expect(await device.read(t.add(t.tensor([1, 2]), 0.5))).toEqual(Float32Array.of(1.5, 2.5))
    device.dispose()
  })

  it('is refused in words where it is asked for', async () => {
    stubs = fault
    await expect(t.device({ name: 'headlessgl' })).rejects.toThrow(t.TesseraError)
    const opened = await t.openDevice({ name: 'headlessgl' })()
    expect(opened._tag).toBe('Left')
    if (opened._tag === 'Left') expect(opened.left).toMatchObject({ kind: 'unavailable', message: expect.stringMatching(why) as string }) // prettier-ignore
  })
})

describe('[gl] a GL', () => {
  const devices: { dispose(): void }[] = []
  afterAll(() => devices.forEach((device) => device.dispose()))

  it.each([
    ['that draws into one texture at a time', { getExtension: without('WEBGL_draw_buffers') }],
    ['that has floats to draw to unasked', { getExtension: without('WEBGL_color_buffer_float') }]
  ] as const)('%s is as good', async (_, fault) => {
    stubs = fault
    const device = await t.device()
    devices.push(device)
    expect(device.name).toBe('headlessgl')
    const x = t.tensor([[1, 2], [3, 4]]) // prettier-ignore
    expect(await device.read(t.matmul(x, t.add(x, 1)))).toEqual(Float32Array.of(10, 13, 22, 29))
  })

  it('is as new after it was tried', async () => {
    stubs = {}
    const device = await t.device({ name: 'headlessgl' })
    devices.push(device)
    const { traceMs, planMs, compileMs, runMs, ...counts } = device.stats()
    expect([traceMs, planMs, compileMs, runMs]).toEqual([0, 0, 0, 0])
    expect(new Set(Object.values(counts))).toEqual(new Set([0]))
  })

  it('that fails later fails in our words, not in those of gpu.js', async () => {
    let broken = false
    stubs = Object.fromEntries(
      ['createShader', 'compileShader', 'drawArrays', 'texSubImage2D', 'readPixels'].map((name) => [
        name,
        (gl: GL): Method => {
          const works = original(gl, name)
          return (...how) => {
            if (broken) throw new TypeError(`Cannot read properties of null (reading '${name}')`)
            return works(...how)
          }
        }
      ])
    )
    const device = await t.device({ name: 'headlessgl' })
    devices.push(device)
    const x = device.compute(t.mul(t.iota([300, 300]), 2))
    broken = true
    const failed = /^device: headlessgl failed: Cannot read/
    expect(() => device.compute(t.sin(x))).toThrow(failed)
    expect(() => device.compute(t.mul(t.iota([300, 300]), 3))).toThrow(failed)
    await expect(device.read(x)).rejects.toThrow(failed)
    await expect(device.read(t.add(x, t.tensor([1])))).rejects.toThrow(t.TesseraError)
    broken = false
    expect((await device.read(t.sin(x)))[0]).toBe(0)
  })
})
