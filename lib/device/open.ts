import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import { platform } from '#platform'
import { defaultCosts, type Costs } from '../compile/kernel/costs.ts'
import { failure, reason, type Failure } from '../base/failure.ts'
import { TesseraError } from '../base/raise.ts'
import { reference } from '../reference/device.ts'
import { arrayEngine } from './array.ts'
import type { CompilingOptions } from './compiling.ts'
import type { Device } from './api/device.ts'
import type { Engine, EngineName } from './engine.ts'
import { glEngine, rendererOf } from './gl.ts'
import { checkDevice, type DeviceName, type DeviceOptions } from './options.ts'
import { deviceOf } from './gpu.ts'
import { guarded } from './guarded.ts'
import type { Context } from './platform.ts'
import { probe } from './probe.ts'

export type { DeviceName, DeviceOptions }
export type { Limits } from './engine.ts'

type Opened = E.Either<Failure, Engine>

/** The failure for an error of a backend, with the backend's name in front once. */
const because =
  (name: EngineName) =>
  (thrown: unknown): Failure =>
    failure('unavailable', `${name}: ${reason(thrown).replace(new RegExp(`^(device: )?(${name}( failed)?: )?`), '')}`)

/** Opens and probes a backend: a context alone does not mean that it computes correctly. */
const tried = (name: EngineName, make: () => Engine): Opened =>
  pipe(
    E.tryCatch(() => guarded(make()), because(name)),
    E.tap((engine) => E.tryCatch(() => probe(engine), because(name)))
  )

/** The costs that were measured on this device, else the default ones. */
const costsOf = ({ name, gl }: Context): Costs => platform.costs?.(name, rendererOf(gl)) ?? defaultCosts

/** The backends of this platform, best first. */
const backends = ({ limits = {}, costs }: DeviceOptions): readonly (readonly [EngineName, () => Promise<Opened>])[] => [
  ...platform.contexts.map(([name, open]): readonly [EngineName, () => Promise<Opened>] => [
    name,
    async () =>
      E.flatMap((context: Context) =>
        tried(name, () => glEngine(context, limits, costs ? { ...defaultCosts, ...costs } : costsOf(context)))
      )(await open())
  ]),
  ['webasm', () => Promise.resolve(tried('webasm', () => arrayEngine('webasm', limits)))],
  ['cpu', () => Promise.resolve(tried('cpu', () => arrayEngine('cpu', limits)))]
]

const reasonFor = ({ costs }: Engine, why: readonly string[], options: DeviceOptions): string => {
  const tuned = options.costs === undefined && costs !== defaultCosts ? ', with tuned costs' : ''
  return `${why.join('; ') || 'the best that this platform has'}${tuned}`
}

/** Helpers work only for the platform's GL. */
const compilingOf = ({ name }: Engine, { onCompile, helpers: wanted = Infinity }: DeviceOptions): CompilingOptions => {
  const { helpers, contexts } = platform
  const most = contexts.some(([known]) => known === name) ? Math.min(wanted, helpers?.most ?? 0) : 0
  return { onCompile, helpers: helpers && most > 0 ? { ...helpers, most } : undefined }
}

const chosen = (engine: Engine, why: readonly string[], options: DeviceOptions): Device => {
  const device = deviceOf(engine, reasonFor(engine, why, options), compilingOf(engine, options))
  if (options.onLost) device.onLost(options.onLost)
  return device
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
      if (E.isRight(opened)) return E.right(chosen(opened.right, why, options))
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
