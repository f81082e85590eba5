import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { platform } from '#platform'
import { usual, type Costs } from '../compile/costs.ts'
import { failure, reason, type Failure } from '../core/failure.ts'
import { TesseraError } from '../core/raise.ts'
import { reference } from '../reference/device.ts'
import { arrayEngine } from './array.ts'
import type { CompilingOptions, OnCompile } from './compiling.ts'
import type { Device } from './device.ts'
import type { Engine, EngineName } from './engine.ts'
import { glEngine, rendererOf } from './gl.ts'
import { checkDevice } from './options.ts'
import { deviceOf } from './gpu.ts'
import type { Context } from './platform/types.ts'

export type DeviceName = EngineName | 'reference'

export interface DeviceOptions {
  /** A certain backend; by default the first that works of webgl2, webgl, headlessgl, webasm, cpu. */
  readonly name?: DeviceName
  /** Render targets, texture units and texture size to make do with, for trying what a smaller GPU would do. */
  readonly limits?: Limits
  /** What things cost on this device, in place of what `npm run tune` found out, or of the usual. */
  readonly costs?: Partial<Costs>
  /** Called as programs are compiled, which is what a first run takes long for: `done` of its `total` kernels have run. */
  readonly onCompile?: OnCompile
  /**
   * Processes that may compile ahead of this one while its first run waits for the driver, where that helps: on Linux,
   * with headless GL. By default as many as there are further processors, up to three; 0 for none.
   */
  readonly helpers?: number
}
export interface Limits {
  readonly targets?: number
  readonly inputs?: number
  readonly textureSize?: number
  /** Bytes of textures to stay within as far as possible: those that wait to be used again are let go first. */
  readonly bytes?: number
}

type Opened = E.Either<Failure, Engine>

const tried = (make: () => Engine): Opened => E.tryCatch(make, (thrown) => failure('unavailable', reason(thrown)))

/** Those that were measured on this device, else the usual ones. */
const costsOf = ({ name, gl }: Context): Costs => platform.costs?.(name, rendererOf(gl)) ?? usual

/** The backends of this platform, the best first. */
const backends = ({ limits = {}, costs }: DeviceOptions): readonly (readonly [EngineName, () => Promise<Opened>])[] => [
  ...platform.contexts.map(([name, open]): readonly [EngineName, () => Promise<Opened>] => [
    name,
    async () =>
      E.flatMap((context: Context) =>
        tried(() => glEngine(context, limits, costs ? { ...usual, ...costs } : costsOf(context)))
      )(await open())
  ]),
  ['webasm', () => Promise.resolve(tried(() => arrayEngine('webasm')))],
  ['cpu', () => Promise.resolve(tried(() => arrayEngine('cpu')))]
]

const reasonFor = ({ costs }: Engine, why: readonly string[], options: DeviceOptions): string => {
  const tuned = options.costs === undefined && costs !== usual ? ', with tuned costs' : ''
  return `${why.join('; ') || 'the best that this platform has'}${tuned}`
}

/** Helpers are for the platform's GL. */
const compilingOf = ({ name }: Engine, { onCompile, helpers: wanted = Infinity }: DeviceOptions): CompilingOptions => {
  const { helpers, contexts } = platform
  const most = contexts.some(([known]) => known === name) ? Math.min(wanted, helpers?.most ?? 0) : 0
  return { onCompile, helpers: helpers && most > 0 ? { ...helpers, most } : undefined }
}

/** The first backend that works, and why those before it did not. */
export const openDevice = (options: DeviceOptions = {}): TaskEither<Failure, Device> => first(checkDevice(options))

const first =
  (options: DeviceOptions): TaskEither<Failure, Device> =>
  async () => {
    const { name } = options
    if (name === 'reference') return E.right(reference)
    const candidates = backends(options).filter(([known]) => name === undefined || known === name)
    const why: string[] = name === undefined ? [] : ['asked for']
    for (const [, open] of candidates) {
      const opened = await open()
      if (E.isRight(opened))
        return E.right(
          deviceOf(opened.right, reasonFor(opened.right, why, options), compilingOf(opened.right, options))
        )
      why.push(opened.left.message)
    }
    return E.left(
      failure(
        'unavailable',
        candidates.length > 0 ? why.slice(1).join('; ') : `there is no device ${name} on this platform`
      )
    )
  }

/**
 * Opens a device. `device.reason` says why it was chosen.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * using gpu = await t.device()
 * assert.deepStrictEqual(await gpu.read(t.add(t.tensor([1, 2]), 1)), Float32Array.of(2, 3))
 * ```
 */
export const device = async (options: DeviceOptions = {}): Promise<Device> => {
  const opened = await openDevice(options)()
  if (E.isLeft(opened)) throw new TesseraError(`device: ${opened.left.message}`)
  return opened.right
}
