import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { fail, failure } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'
import { raise } from '../base/raise.ts'
import { parseJson } from '../io/json.ts'
import { decodeModel } from '../io/model.ts'
import { encodeSafetensors, type Safetensors } from '../io/safetensors.ts'
import type { RunPlace } from './loop.ts'
import { checkVersion } from './version.ts'

/** Tensors in memory by their names, as files hold them. */
export type NamedTensors = Safetensors['tensors']

/** What makes a run the one that it is, beside its state: a checkpoint of another run is refused by comparing these. */
export interface RunIdentity {
  /** The settings, as flags. */
  readonly flags: readonly string[]
  /** SHA-256 of the images. */
  readonly images: string
  /** The words of the key of order and noise, as text. */
  readonly key: string
}

/** All that a run needs to continue. */
export interface Checkpoint extends RunIdentity {
  /** Tensors by their names; see `storeTree`. */
  readonly params: NamedTensors
  /** The tensors of the optimiser’s state by their names. */
  readonly optState: NamedTensors
  /** How far the run has come. */
  readonly place: RunPlace
  /** What else the file says, such as how the model came about. */
  readonly metadata: Safetensors['metadata']
}

/** The names of the optimiser's tensors in a file begin with this, so that the file is a model file too. */
const prefix = 'optimiser.'

const prefixed = (tensors: NamedTensors): NamedTensors =>
  Object.fromEntries(Object.entries(tensors).map(([path, x]) => [prefix + path, x]))

/**
 * The tensors of a model and those of an optimiser, out of the tensors of a checkpoint. In a model file there are none
 * of the second kind.
 *
 * @example
 * ```ts
 * import { splitTensors } from 'tessera/train'
 * const x = { shape: [1], data: Float32Array.of(1) }
 * assert.deepStrictEqual(splitTensors({ w: x, 'optimiser.m.w': x }), [{ w: x }, { 'm.w': x }])
 * ```
 */
export const splitTensors = (tensors: NamedTensors): readonly [params: NamedTensors, optState: NamedTensors] => {
  const all = Object.entries(tensors)
  const [own, others] = [
    all.filter(([name]) => !name.startsWith(prefix)),
    all.filter(([name]) => name.startsWith(prefix))
  ]
  return [Object.fromEntries(own), Object.fromEntries(others.map(([name, x]) => [name.slice(prefix.length), x]))]
}

/**
 * A checkpoint as the bytes of a safetensors file: the parameters under their names, the optimiser's state under
 * `optimiser.`, and the rest as JSON in the metadata `training`. It raises where names clash with these two.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { decodeCheckpoint, encodeCheckpoint, startPlace } from 'tessera/train'
 * const params = t.storeTree({ w: t.ones([2]) })
 * const run = { flags: ['--lr', '0.1'], images: 'ab12', key: '0,0' }
 * const checkpoint = { ...run, params, optState: t.storeTree({ velocity: t.zeros([2]) }), place: startPlace, metadata: {} }
 * assert.deepStrictEqual(decodeCheckpoint(encodeCheckpoint(checkpoint)), { _tag: 'Right', right: checkpoint })
 * ```
 */
export const encodeCheckpoint = (checkpoint: Checkpoint): Uint8Array => {
  const { params, optState, place, metadata, flags, images, key } = checkpoint
  const taken = Object.keys(params).find((name) => name.startsWith(prefix))
  if (taken !== undefined) raise('encodeCheckpoint', `no parameter's name begins with ${prefix}: rename ${taken}`)
  if (Object.hasOwn(metadata, 'training'))
    raise('encodeCheckpoint', 'training is where the place of the run is stored: give that metadata another name')
  const training = JSON.stringify({ flags, images, key, place })
  return encodeSafetensors({ ...params, ...prefixed(optState) }, { metadata: { ...metadata, training } })
}

const isCount = (x: unknown): x is number => typeof x === 'number' && Number.isSafeInteger(x) && x >= 0
const isNumber = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(x)

const isPlace = (x: unknown): x is RunPlace => {
  if (typeof x !== 'object' || x === null) return false
  const { step, epoch, batch, sum, ms, lowest }: Partial<Record<keyof RunPlace, unknown>> = x
  return [step, epoch, batch].every(isCount) && [sum, ms, lowest ?? 0].every(isNumber) && epoch !== 0
}

type Training = RunIdentity & Pick<Checkpoint, 'place'>

const isTraining = (x: unknown): x is Training => {
  if (typeof x !== 'object' || x === null) return false
  const { flags, images, key, place }: Partial<Record<keyof Training, unknown>> = x
  const isText = (text: unknown): boolean => typeof text === 'string'
  return Array.isArray(flags) && [...(flags as unknown[]), images, key].every(isText) && isPlace(place)
}

const checkpointIn = ({ tensors, metadata: { training, ...metadata } }: Safetensors): E.Either<Failure, Checkpoint> => {
  if (training === undefined) return fail('mismatch', 'it holds a model, and no run that could go on')
  const damaged = (): Failure =>
    failure('format', 'what it says of its training is damaged: start again without --resume')
  const [params, optState] = splitTensors(tensors)
  return pipe(
    parseJson(training),
    E.mapLeft(damaged),
    E.filterOrElse(isTraining, damaged),
    E.map(({ flags, images, key, place }) => ({ flags, images, key, place, params, optState, metadata }))
  )
}

/**
 * The checkpoint in a file's bytes. It never throws: a model file is a failure of kind `mismatch`, and so is the file of
 * a later version; damage is one of kind `format`. The tensors are checked against a model by `restoreTree`.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { decodeCheckpoint } from 'tessera/train'
 * const model = t.encodeSafetensors(t.storeTree({ w: t.ones([2]) }))
 * assert.deepStrictEqual(decodeCheckpoint(model), {
 *   _tag: 'Left',
 *   left: { kind: 'mismatch', message: 'it holds a model, and no run that could go on' }
 * })
 * ```
 */
export const decodeCheckpoint = (bytes: Uint8Array): E.Either<Failure, Checkpoint> =>
  pipe(decodeModel(bytes), E.flatMap(checkVersion), E.flatMap(checkpointIn))
