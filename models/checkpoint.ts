import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { failure } from '../lib/base/failure.ts'
import * as t from '../lib/index.ts'
import type { Failure, Stored, Tensor } from '../lib/index.ts'
import { timeSize } from './time.ts'
import { unet, type UNet, type UNetParams } from './unet.ts'

/** A tensor in a model file. */
export type NamedTensor = Stored

/** The tensors of a model file, by name. */
export type Named = Readonly<Record<string, NamedTensor>>

/** A model file, loaded. */
export interface Loaded {
  /** The network, with the time embedding of the file. */
  readonly model: UNet
  /** Its parameters. */
  readonly params: UNetParams
}

const table = 'time_embed.weight'
/** The prefix of each name in the article's own files. */
const prefix = /^network\./

/**
 * All 173 tensors of a U-Net under PyTorch's names, with the time embedding as `time_embed.weight`. It waits for the
 * device.
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
export const toNamed = ({ timeEmbedding }: UNet, params: UNetParams): Named =>
  t.storeTree({ [table]: timeEmbedding, ...t.flattenTree(params) })

/** The number of steps, which is that of the rows of the file's time embedding; 1 if the file has none. */
const stepsOf = (named: Named): number => {
  const rows = named[table]?.shape[0] ?? 1
  return Number.isSafeInteger(rows) && rows > 0 ? rows : 1
}

const loaded =
  (steps: number) =>
  ({ [table]: timeEmbedding, ...params }: Readonly<Record<string, Tensor>>): Loaded => ({
    model: unet({ steps, timeEmbedding: timeEmbedding! }),
    params: t.mapTree(unet({ steps }).init(t.key(0)), (_, name) => params[name]!)
  })

/**
 * The U-Net and its parameters from the tensors of a file, with or without the prefix `network.` of the article's
 * files. The time embedding comes from the file, and has a row for each step. The failure is of kind `mismatch`, and
 * names the tensor that is missing, is not part of the model, or has another shape.
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
 *   left: { kind: 'mismatch', message: 'model file: conv_out.bias is missing' }
 * })
 * ```
 */
export const fromNamed = (given: Named): E.Either<Failure, Loaded> => {
  const named = Object.fromEntries(Object.entries(given).map(([name, x]) => [name.replace(prefix, ''), x]))
  const twice = Object.keys(given).find((name) => prefix.test(name) && Object.hasOwn(given, name.replace(prefix, '')))
  if (twice !== undefined)
    return E.left(failure('mismatch', `model file: ${twice} is there without the prefix, too: keep one of them`))
  const steps = stepsOf(named)
  const like = { [table]: t.zeros([steps, timeSize]), ...t.flattenTree(unet({ steps }).init(t.key(0))) }
  return pipe(
    t.restoreTree(named, like),
    E.bimap(({ kind, message }) => failure(kind, `model file: ${message}`), loaded(steps))
  )
}
