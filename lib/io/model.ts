import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { fail } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'
import { decodePyTorch } from './pytorch.ts'
import { decodeSafetensors } from './safetensors.ts'
import type { Safetensors } from './safetensors.ts'

/** The content of a model file. Files of PyTorch have no metadata. */
export interface ModelFile extends Safetensors {
  /** The kind of file. */
  readonly format: 'safetensors' | 'pytorch'
  /** The key of the PyTorch checkpoint that held the state dict, if it was not the whole file. */
  readonly under?: string
}

/** The format that the first bytes suggest. A safetensors header may have any length, so its brace is checked first. */
const formatOf = (bytes: Uint8Array): ModelFile['format'] | undefined => {
  if (bytes[8] === 0x7b) return 'safetensors'
  return (bytes[0] === 0x50 && bytes[1] === 0x4b) || bytes[0] === 0x80 ? 'pytorch' : undefined
}

/**
 * The tensors of a safetensors file or of a `.pt` file of PyTorch: see `decodeSafetensors` and `decodePyTorch`. The
 * failure is of kind `format`, also if the bytes are neither. It never throws.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const tensors = { w: { shape: [2], data: Float32Array.of(1, 2) } }
 * const one = t.decodeModel(t.encodeSafetensors(tensors))
 * const other = t.decodeModel(t.encodePyTorch(tensors))
 * assert.deepStrictEqual(one, { _tag: 'Right', right: { format: 'safetensors', tensors, metadata: {} } })
 * assert.deepStrictEqual(other, { _tag: 'Right', right: { format: 'pytorch', tensors, metadata: {} } })
 * ```
 */
export const decodeModel = (bytes: Uint8Array): E.Either<Failure, ModelFile> => {
  const format = formatOf(bytes)
  if (format === 'safetensors')
    return pipe(
      decodeSafetensors(bytes),
      E.map((file) => ({ format, ...file }))
    )
  return format === 'pytorch'
    ? pipe(
        decodePyTorch(bytes),
        E.map((file) => ({ format, ...file, metadata: {} }))
      )
    : fail('format', 'no model: neither a safetensors file nor a .pt file of PyTorch begins like this')
}
