import * as E from 'fp-ts/Either'
import { fail } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'
import type { Safetensors } from '../io/safetensors.ts'

/** The version of the files that the programs write, in their metadata. */
export const fileVersion = 1

/**
 * A file, or a failure of kind `mismatch` where a later version of the library wrote it. A file that names no version,
 * such as one of PyTorch, is taken for the first.
 *
 * @example
 * ```ts
 * import { checkVersion } from 'tessera/train'
 * assert.equal(checkVersion({ tensors: {}, metadata: {} })._tag, 'Right')
 * assert.equal(checkVersion({ tensors: {}, metadata: { version: '99' } })._tag, 'Left')
 * ```
 */
export const checkVersion = <F extends Safetensors>(file: F): E.Either<Failure, F> =>
  Number(file.metadata.version ?? fileVersion) <= fileVersion
    ? E.right(file)
    : fail(
        'mismatch',
        `its format is version ${file.metadata.version}, this program reads up to ${fileVersion}: update it`
      )
