import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { fail } from '../lib/core/failure.ts'
import type { Held } from '../lib/core/primitives.ts'
import * as t from '../lib/index.ts'
import type { Failure, Shape, Tensor } from '../lib/index.ts'
import { timeSize } from './time.ts'
import { unet, type UNet, type UNetParams } from './unet.ts'

/** A tensor outside of any graph: what a model file holds under a name. */
export interface NamedTensor {
  readonly shape: Shape
  readonly data: Float32Array
}
export type Named = Readonly<Record<string, NamedTensor>>

export interface Loaded {
  readonly model: UNet
  readonly params: UNetParams
}

const table = 'time_embed.weight'
/** What the article's own files put before each name. */
const prefix = /^network\./

const mismatch = (message: string): E.Either<Failure, never> => fail('mismatch', `model file: ${message}`)

// float64 holds a device's float32 exactly, so the reference hands the numbers over as they are
const numbersOf = (x: Tensor): Float32Array => Float32Array.from((x.attrs as Held).storage.read())

/**
 * All 173 tensors of a model under PyTorch's names, the time embedding first.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { toNamed, unet } from 'tessera/models'
 * const model = unet()
 * const named = toNamed(model, model.init(t.key(0)))
 * assert.deepStrictEqual(named['b1.0.conv1.weight']?.shape, [10, 1, 3, 3])
 * ```
 */
export const toNamed = ({ timeEmbedding }: UNet, params: UNetParams): Named => {
  const computed = t.reference.compute({ [table]: timeEmbedding, ...t.flattenTree(params) })
  return Object.fromEntries(Object.entries(computed).map(([name, x]) => [name, { shape: x.shape, data: numbersOf(x) }]))
}

const shown = (shape: Shape): string => `[${shape.join(',')}]`

type Shapes = Readonly<Record<string, Shape>>

const shapesOf = (steps: number): Shapes => {
  const params = t.flattenTree(unet({ steps }).init(t.key(0)))
  return {
    [table]: [steps, timeSize],
    ...Object.fromEntries(Object.entries(params).map(([name, x]) => [name, x.shape]))
  }
}

/** `a`, or `a (and 3 more)`. */
const listed = ([first = '', ...more]: readonly string[]): string =>
  more.length === 0 ? first : `${first} (and ${more.length} more)`

const checkNames =
  (wanted: Shapes) =>
  (named: Named): E.Either<Failure, Named> => {
    const missing = Object.keys(wanted).filter((name) => !(name in named))
    const spare = Object.keys(named).filter((name) => !(name in wanted))
    if (missing.length > 0) return mismatch(`${listed(missing)} is missing: this is no file of this U-Net`)
    return spare.length > 0 ? mismatch(`${listed(spare)} is no part of this model`) : E.right(named)
  }

const sizeOf = (shape: Shape): number => shape.reduce((size, d) => size * d, 1)

/** What is wrong with a tensor of the file. */
const complaint = (name: string, { shape, data }: NamedTensor, wanted: Shape): string | undefined => {
  if (shown(shape) !== shown(wanted)) return `${name} has the shape ${shown(shape)}, this model wants ${shown(wanted)}`
  return data.length === sizeOf(shape)
    ? undefined
    : `${name} holds ${data.length} numbers, its shape ${shown(shape)} wants ${sizeOf(shape)}`
}

const checkShapes =
  (wanted: Shapes) =>
  (named: Named): E.Either<Failure, Named> => {
    const complaints = Object.entries(wanted).flatMap(([name, shape]) => complaint(name, named[name]!, shape) ?? [])
    return complaints[0] === undefined ? E.right(named) : mismatch(complaints[0])
  }

/** As many steps as the file's time embedding has rows; 1 where that makes no sense. */
const stepsOf = (named: Named): number => {
  const rows = named[table]?.shape[0] ?? 1
  return Number.isSafeInteger(rows) && rows > 0 ? rows : 1
}

const tensorOf = ({ data, shape }: NamedTensor): Tensor => t.tensor(data, shape)

const loaded = (named: Named): Loaded => {
  const timeEmbedding = tensorOf(named[table]!)
  const model = unet({ steps: timeEmbedding.shape[0]!, timeEmbedding })
  return { model, params: t.mapTree(model.init(t.key(0)), (_, name) => tensorOf(named[name]!)) }
}

/**
 * The model and the parameters in a file's tensors, with or without the prefix `network.` of the article's files.
 * The time embedding comes from the file, and says how many steps the model knows. A tensor that is missing, is no
 * part of the model or has another shape is a failure that names it.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import { fromNamed, toNamed, unet } from 'tessera/models'
 * const model = unet({ steps: 20 })
 * const named = toNamed(model, model.init(t.key(0)))
 * assert.equal(fromNamed(named)._tag, 'Right')
 * const { 'conv_out.bias': _, ...rest } = named
 * assert.deepStrictEqual(fromNamed(rest), {
 *   _tag: 'Left',
 *   left: { kind: 'mismatch', message: 'model file: conv_out.bias is missing: this is no file of this U-Net' }
 * })
 * ```
 */
export const fromNamed = (given: Named): E.Either<Failure, Loaded> => {
  const named = Object.fromEntries(Object.entries(given).map(([name, x]) => [name.replace(prefix, ''), x]))
  const wanted = shapesOf(stepsOf(named))
  return pipe(named, checkNames(wanted), E.flatMap(checkShapes(wanted)), E.map(loaded))
}
