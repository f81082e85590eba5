import * as t from '../../lib/index.ts'
import { end, losable, lose, withContext as opened } from '../../scripts/soak/context.ts'
import { dropping as dropped, type Ran, type Wait } from '../../scripts/soak/dropped.ts'
import { losing } from '../../scripts/soak/snapshots.ts'

export type BrowserDevice = 'webgl2' | 'webgl'

// The life of devices in the page: what a loop drops, contexts that are lost, contexts that are no good.

const message = (thrown: unknown): string =>
  thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)

// ---- contexts ----------------------------------------------------------------------------------------------------

const prototypes = { canvas: OffscreenCanvas.prototype, webgl: WebGLRenderingContext.prototype, webgl2: WebGL2RenderingContext.prototype } // prettier-ignore
type Prototype = keyof typeof prototypes

type Methods = Record<string, (...how: readonly unknown[]) => unknown>
const methodsOf = (prototype: object): Methods => prototype as Methods

/** Calls `work` with a method of a prototype replaced; `before` is the method, as a function of whom it is called on. */
const replaced = async <A>(
  where: Prototype,
  name: string,
  by: (
    before: (self: unknown, how: readonly unknown[]) => unknown
  ) => (self: unknown, how: readonly unknown[]) => unknown,
  work: () => Promise<A>
): Promise<A> => {
  const prototype = methodsOf(prototypes[where])
  const before = prototype[name]!
  const stub = by((self, how) => before.apply(self, [...how]))
  prototype[name] = function (this: unknown, ...how: readonly unknown[]): unknown {
    return stub(this, how)
  }
  try {
    return await work()
  } finally {
    prototype[name] = before
  }
}

// ---- what a loop drops -------------------------------------------------------------------------------------------

/** Steps of 4 MB, each of which drops the result of the one before. */
export const dropping = async (name: BrowserDevice, steps: number, wait: Wait, bytes?: number): Promise<Ran> => {
  const one = await opened({ name, limits: bytes === undefined ? {} : { bytes } })
  const ran = await dropped(one.device, steps, wait)
  end(one)
  return ran
}

// ---- contexts that are lost --------------------------------------------------------------------------------------

/** What everything that is asked of a device says once its context is lost, and what listeners heard. */
export const lost = async (name: BrowserDevice) => {
  const heard: string[] = []
  const one = await opened({ name, onLost: (error) => heard.push(`option: ${message(error)}`) })
  const { device, gl } = one
  device.onLost((error) => heard.push(`method: ${error.lost.results} of ${error.device}`))
  const f = device.compile((x: t.Tensor) => t.mul(x, 2))
  const x = device.compute(t.add(t.iota([300, 300]), 1))
  const small = device.compute(t.add(t.iota([3]), 1))
  const kept = await device.read(small)
  f(x)[Symbol.dispose]()
  lose(gl)
  const asked: Readonly<Record<string, () => unknown>> = {
    'read of a result': () => device.read(x),
    'read of an expression': () => device.read(t.neg(x)),
    'read elsewhere': () => t.reference.read(t.neg(x)),
    'compiled before': () => f(x),
    'compiled after': () => device.compile((y: t.Tensor) => t.sin(t.sum(y)))(x),
    compute: () => device.compute(t.cos(t.iota([9]))),
    profile: () => device.profile((y: t.Tensor) => t.exp(y), x)
  }
  const said: Record<string, string> = {}
  for (const [what, ask] of Object.entries(asked)) {
    try {
      const given: unknown = await ask()
      said[what] = `gave ${String(given)}`
    } catch (thrown) {
      said[what] = `${thrown instanceof t.DeviceLostError ? 'DeviceLostError ' : ''}${message(thrown)}`
    }
  }
  const same = (await device.read(small)).every((v, i) => v === kept[i])
  device.dispose()
  return { said, heard, same }
}

/** Whether a device says by itself that it is lost, though nobody asks anything of it. */
export const told = async (name: BrowserDevice): Promise<string> => {
  const one = await opened({ name })
  const hears = new Promise<string>((resolve) => one.device.onLost((error) => resolve(message(error))))
  lose(one.gl)
  return hears
}

/** A context that comes back has lost all the same. */
export const restored = async (name: BrowserDevice): Promise<string> => {
  const one = await opened({ name })
  const { device, gl } = one
  const x = device.compute(t.add(t.iota([300, 300]), 1))
  const canvas = gl.canvas as OffscreenCanvas
  const event = (type: string) => new Promise((resolve) => canvas.addEventListener(type, resolve, { once: true }))
  canvas.addEventListener('webglcontextlost', (lostEvent) => lostEvent.preventDefault())
  const extension = gl.getExtension('WEBGL_lose_context')!
  const isLost = event('webglcontextlost')
  extension.loseContext()
  await isLost
  const isBack = event('webglcontextrestored')
  setTimeout(() => extension.restoreContext(), 0)
  await isBack
  const before = gl.isContextLost()
  try {
    return `${before} gave ${(await device.read(x))[0]}`
  } catch (thrown) {
    return `${before} ${message(thrown)}`
  } finally {
    end(one)
  }
}

// ---- training on -------------------------------------------------------------------------------------------------

/** What became of trainers whose contexts were lost at some of their steps. */
export const trainingOn = async (name: BrowserDevice): Promise<readonly string[]> => {
  return (await losing(() => losable(name), [0, 7, 29])).map((fault) => fault ?? 'the same bits')
}

// ---- contexts that are no good -----------------------------------------------------------------------------------

export interface Fault {
  readonly where: Prototype
  readonly method: string
  /** The call that fails: the one with this first argument, or any. */
  readonly of?: string
  readonly how: 'null' | 'throws' | 'zeros' | 'half' | 'nothing'
}

type Call = (self: unknown, how: readonly unknown[]) => unknown

const faults: Readonly<Record<Fault['how'], (before: Call) => Call>> = {
  null: () => () => null,
  nothing: () => () => undefined,
  throws: () => () => {
    throw new TypeError('made to fail')
  },
  zeros: (before) => (self, how) => {
    before(self, how)
    ;(how[6] as Float32Array).fill(0)
  },
  // textures of half the precision
  half: (before) => (self, how) => {
    const gl = self as WebGL2RenderingContext
    return before(self, how[2] === gl.RGBA32F ? [...how.slice(0, 2), gl.RGBA16F, ...how.slice(3)] : how)
  }
}

const faulty =
  ({ of, how }: Fault) =>
  (before: Call): Call =>
  (self, args) =>
    of === undefined || args[0] === of ? faults[how](before)(self, args) : before(self, args)

/** The device that is chosen where some calls fail, why, and what it computes. */
export const chosen = async (
  list: readonly Fault[],
  name?: t.DeviceName
): Promise<readonly [string, string, number]> => {
  const [first, ...others] = list
  if (first) return replaced(first.where, first.method, faulty(first), () => chosen(others, name))
  try {
    const device = await t.device(name ? { name } : {})
    const x = t.tensor([[1, 2], [3, 4]]) // prettier-ignore
    const [, , , last] = await device.read(t.matmul(x, t.add(x, 0.5)))
    device.dispose()
    return [device.name, device.reason, last!]
  } catch (thrown) {
    return ['none', message(thrown), 0]
  }
}
