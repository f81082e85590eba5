import * as E from 'fp-ts/Either'
import { describe, expect, it } from 'vitest'
import { glEngine } from '../../lib/device/gl.ts'
import { deviceOf } from '../../lib/device/gpu.ts'
import { platform } from '../../lib/platform/node/platform.ts'
import * as t from '../../lib/index.ts'
import { filled } from '../support/arbitrary.ts'

interface Opened {
  readonly gl: WebGLRenderingContext
  readonly device: t.Device
}

const open = async (): Promise<Opened> => {
  const [[, context]] = platform.contexts as readonly [(typeof platform.contexts)[number]]
  const opened = await context()
  if (E.isLeft(opened)) throw new Error(opened.left.message)
  return { gl: opened.right.gl, device: deviceOf(glEngine(opened.right), '') }
}

/** The ways in which headless-gl can lose a context: it knows none, but it can be told so, or destroyed. */
const losses: readonly (readonly [how: string, lose: (gl: WebGLRenderingContext) => void])[] = [
  ['says that it is lost', (gl) => (gl.isContextLost = () => true)],
  [
    'is destroyed',
    (gl) => {
      const extension = gl.getExtension('STACKGL_destroy_context') as { destroy(): void }
      extension.destroy()
    }
  ]
]

/** What is asked at once fails at once, what is promised later. */
const asking = (ask: () => unknown): Promise<unknown> => new Promise((resolve) => resolve(ask()))

const gone =
  /^device: headlessgl is gone \(its GL context was lost\), and with it \d+ results? \(\d+\.\d MB\) that lay there/

describe.each(losses)('[gl] a context that %s', (_, lose) => {
  it('makes everything that is asked of the device raise, and never gives zeros', async () => {
    const { gl, device } = await open()
    const f = device.compile((x: t.Tensor) => t.mul(x, 2))
    const donating = device.compile((x: t.Tensor) => t.sub(x, 2), { donate: [0] })
    const x = device.compute(t.mul(filled([300, 300], 'any', 1), 1))
    const [y] = [f(x), await device.read(f(x))]
    lose(gl)
    // what was made before and what was not; small things, which a read moves to the host, and large ones
    const asked: readonly (() => unknown)[] = [
      () => device.read(x),
      () => device.read(y),
      () => device.read(t.add(x, y)),
      () => device.read(t.full([2, 2], 3)),
      () => device.read(x, 'nested'),
      () => t.reference.read(t.neg(x)),
      () => t.reference.compute(t.neg(x)),
      () => device.compute(t.sin(x)),
      () => f(x),
      () => f(filled([300, 300], 'any', 2)),
      () => donating(y),
      () => device.profile((z: t.Tensor) => t.cos(z), x)
    ]
    for (const ask of asked) await expect(asking(ask)).rejects.toThrow(t.DeviceLostError)
    for (const ask of asked) await expect(asking(ask)).rejects.toThrow(gone)
    await expect((async () => (await t.device({ name: 'cpu' })).read(t.neg(x)))()).rejects.toThrow(gone)
    // to let go needs no device
    for (const z of [x, y]) z[Symbol.dispose]()
    device.dispose()
  })

  it('takes nothing that is on the host', async () => {
    const { gl, device } = await open()
    const given = filled([5, 5], 'any', 1)
    const small = device.compute(t.mul(given, 1))
    const before = await device.read(small)
    lose(gl)
    for (const x of [given, small]) expect(await device.read(x)).toEqual(before)
    const other = await t.device({ name: 'cpu' })
    expect(await other.read(t.add(small, 0))).toEqual(before)
    other.dispose()
  })

  it('is told to those who listen, once, with what was lost', async () => {
    const { gl, device } = await open()
    const x = device.compute(t.mul(filled([512, 512], 'any', 1), 1))
    const heard: t.DeviceLostError[] = []
    device.onLost((error) => heard.push(error))
    const stop = device.onLost(() => heard.push(new t.DeviceLostError('never', { results: 0, bytes: 0 })))
    stop()
    expect(heard).toEqual([])
    lose(gl)
    expect(() => device.compute(t.neg(x))).toThrow(gone)
    await expect(device.read(x)).rejects.toThrow(gone)
    expect(heard.length).toBe(1)
    expect(heard[0]).toMatchObject({ name: 'TesseraError', device: 'headlessgl', lost: { results: 1 } })
    expect(heard[0]!.lost.bytes).toBeGreaterThanOrEqual(2 ** 20)
    // who comes late hears too
    device.onLost((error) => heard.push(error))
    expect(heard).toEqual([heard[0], heard[0]])
  })

  it('may be lost in the middle of a run', async () => {
    const { gl, device } = await open()
    const x = device.compute(t.mul(filled([20, 20], 'any', 1), 1))
    const f = device.compile((y: t.Tensor) => t.sum(t.exp(t.softmax(t.matmul(y, t.transpose(y))))))
    f(x)
    const drawArrays = gl.drawArrays.bind(gl)
    let drawn = 0
    gl.drawArrays = (...how) => {
      if (++drawn === 2) lose(gl)
      drawArrays(...how)
    }
    expect(() => f(x)).toThrow(gone)
    expect(drawn).toBeGreaterThanOrEqual(2)
  })

  it('leaves a trainer that keeps what it read to go on to the same bits', async () => {
    const step = (w: t.Tensor, key: t.Key): t.Tensor => {
      const x = t.normal(key, [16, 8])
      const loss = (v: t.Tensor): t.Scalar => t.mean(t.square(t.sub(t.tanh(t.matmul(x, v)), 0.5)))
      return t.sub(w, t.mul(t.grad(loss)(w), 0.1))
    }
    const start = filled([8, 4], 'any', 3)
    /** Trains from a step on, with a snapshot every third; gives the last snapshot where the device is lost. */
    const train = async ({ device, gl }: Opened, from: number, w: t.Tensor, until: number, lostAt = Infinity) => {
      const compiled = device.compile(step)
      let snapshot = { at: from, numbers: await device.read(w) }
      try {
        let now = w
        for (let i = from; i < until; i++) {
          if (i === lostAt) lose(gl)
          now = compiled(now, t.foldIn(t.key(1), i))
          if ((i + 1) % 3 === 0) snapshot = { at: i + 1, numbers: await device.read(t.mul(now, 1)) }
        }
        return { at: until, numbers: await device.read(now) }
      } catch (thrown) {
        if (thrown instanceof t.DeviceLostError) return snapshot
        throw thrown
      }
    }
    const whole = await train(await open(), 0, start, 10)
    const first = await train(await open(), 0, start, 10, 7)
    expect(first.at).toBe(6)
    const second = await train(await open(), first.at, t.tensor(first.numbers, [8, 4]), 10)
    expect(second).toEqual(whole)
  })
})

describe('[gl] what was moved to the host', () => {
  it('outlives the device', async () => {
    const [[, context]] = platform.contexts as readonly [(typeof platform.contexts)[number]]
    const opened = await context()
    if (E.isLeft(opened)) throw new Error(opened.left.message)
    const { gl } = opened.right
    const device = deviceOf(glEngine(opened.right, { bytes: 3 * 2 ** 20 }), '')
    const results = Array.from({ length: 6 }, (_, i) => device.compute(t.add(t.iota([512, 512], { axis: 1 }), i)))
    const { spilled } = device.stats()
    expect(spilled).toBeGreaterThan(0)
    gl.isContextLost = () => true
    for (const [i, x] of results.entries()) {
      if (i < spilled) expect((await device.read(x))[511]).toBe(511 + i)
      else await expect(device.read(x)).rejects.toThrow(gone)
    }
  })
})
