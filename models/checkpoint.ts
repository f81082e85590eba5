import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { failure } from '../lib/base/failure.ts'
import * as t from '../lib/index.ts'
import type { Failure, Stored, Tensor } from '../lib/index.ts'
import { timeSize } from './time.ts'
import {
  articleNetwork,
  sidesOf,
  stageNames,
  unet,
  type MaybeLabels,
  type UNet,
  type UNetOptions,
  type UNetParams
} from './unet.ts'

/** A tensor in a model file. */
export type NamedTensor = Stored

/** The tensors of a model file, by name. */
export type Named = Readonly<Record<string, NamedTensor>>

/** A model file, loaded. */
export interface Loaded {
  /** The network, with the time embedding of the file. It takes labels if it has classes. */
  readonly model: UNet<MaybeLabels>
  /** Its parameters. */
  readonly params: UNetParams
}

const table = 'time_embed.weight'
const classTable = 'class_emb.weight'
/** The prefix of each name in the article's own files. */
const prefix = /^network\./

/**
 * All tensors of a U-Net, 173 in the article's, under PyTorch's names, with the time embedding as `time_embed.weight`. It waits for the
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
export const toNamed = ({ timeEmbedding }: Pick<UNet, 'timeEmbedding'>, params: UNetParams): Named =>
  t.storeTree({ [table]: timeEmbedding, ...t.flattenTree(params) })

/** The largest size of an axis that is taken from a file; none of a U-Net is near it. */
const most = 1 << 16

/** The size of an axis of a tensor, or another number if there is none that a network could have. */
const axis = (named: Named, name: string, at: number, otherwise: number): number => {
  const size = named[name]?.shape[at] ?? 0
  return Number.isSafeInteger(size) && size > 0 && size <= most ? size : otherwise
}

/**
 * The options of the network that the tensors belong to, as their shapes tell. Where they tell nothing sensible it is the
 * article's: what does not fit is found when all shapes are compared.
 */
const optionsOf = (named: Named, given: { readonly size?: number }): UNetOptions => {
  const gain = 'b1.0.ln.weight'
  const norm = named[gain]?.shape.length === 1 ? 'group' : 'layer'
  const { size: usual, width, channels } = articleNetwork
  const own = norm === 'group' ? (given.size ?? usual) : axis(named, gain, 1, usual)
  const size = own >= 8 && own % 4 === 0 ? own : usual
  const stages = stageNames.filter((name) => named[`attention.${name}.qkv.weight`] !== undefined)
  return {
    steps: axis(named, table, 0, 1),
    size,
    norm,
    channels: axis(named, 'conv_out.weight', 0, channels),
    width: axis(named, 'conv_out.weight', 1, width),
    classes: axis(named, classTable, 0, 1) - 1,
    attention: [...new Set(stages.map((name) => sidesOf(size)[name]))]
  }
}

const loaded =
  (options: UNetOptions, like: UNetParams) =>
  ({ [table]: timeEmbedding, ...params }: Readonly<Record<string, Tensor>>): Loaded => ({
    model: unet({ ...options, timeEmbedding: timeEmbedding! }),
    params: t.mapTree(like, (_, name) => params[name]!)
  })

/**
 * The U-Net and its parameters from the tensors of a file, with or without the prefix `network.` of the article's
 * files. The time embedding comes from the file, and has a row for each step. The shapes tell what network it is, but for
 * the size of images where the norm is that of groups: name it if it is not 28. The failure is of kind `mismatch`, and
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
export const fromNamed = (given: Named, hints: { readonly size?: number } = {}): E.Either<Failure, Loaded> => {
  const named = Object.fromEntries(Object.entries(given).map(([name, x]) => [name.replace(prefix, ''), x]))
  const twice = Object.keys(given).find((name) => prefix.test(name) && Object.hasOwn(given, name.replace(prefix, '')))
  if (twice !== undefined)
    return E.left(failure('mismatch', `model file: ${twice} is there without the prefix, too: keep one of them`))
  const found = optionsOf(named, hints)
  const like = unet(found).init(t.key(0))
  return pipe(
    t.restoreTree(named, { [table]: t.zeros([found.steps!, timeSize]), ...t.flattenTree(like) }),
    E.bimap(({ kind, message }) => failure(kind, `model file: ${message}`), loaded(found, like))
  )
}
