import * as E from 'fp-ts/Either'
import { tensor } from '../core/create.ts'
import { counted, dual } from '../core/dual.ts'
import { fail } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'
import type { Held } from '../core/primitives.ts'
import { showShape } from '../base/raise.ts'
import { sameShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { flattenTree, mapTree, type Tree } from '../core/tree.ts'
import { reference } from '../reference/device.ts'
import { countOf } from './header.ts'
import type { Stored, StoredTensors } from './safetensors.ts'

// float64 represents a device's float32 exactly, so the reference passes the numbers on unchanged
const numbersOf = (x: Tensor): Float32Array => Float32Array.from((x.attrs as Held).storage.read())

/**
 * Copies the tensors of a tree to the host, by their paths, ready for a file. Values of a device keep their bits. It
 * waits for the device.
 *
 * @throws TesseraError if a path names two tensors
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const stored = t.storeTree({ layers: [{ w: t.ones([2]) }] })
 * assert.deepStrictEqual(stored, { 'layers.0.w': { shape: [2], data: Float32Array.of(1, 1) } })
 * ```
 */
export const storeTree = (tree: Tree): StoredTensors =>
  Object.fromEntries(
    Object.entries(reference.compute(flattenTree(tree))).map(([path, x]) => [
      path,
      { shape: x.shape, data: numbersOf(x) }
    ])
  )

/** `a`, or `a (and 3 more)`; undefined if there are none. */
const listed = ([first, ...more]: readonly string[]): string | undefined =>
  first === undefined || more.length === 0 ? first : `${first} (and ${more.length} more)`

/** Why a stored tensor can't replace a tensor, if it can't. */
const misfit = (path: string, { shape }: Tensor, stored: Stored): string | undefined => {
  if (!sameShape(stored.shape, shape))
    return `${path} has the shape ${showShape(stored.shape)}, here it is ${showShape(shape)}`
  return stored.data.length === countOf(shape)
    ? undefined
    : `${path} holds ${stored.data.length} numbers, its shape ${showShape(shape)} wants ${countOf(shape)}`
}

/** Why stored tensors are not those of a tree, if they are not. */
const complaint = (wanted: Readonly<Record<string, Tensor>>, stored: StoredTensors): string | undefined => {
  const missing = listed(Object.keys(wanted).filter((path) => !Object.hasOwn(stored, path)))
  if (missing !== undefined) return `${missing} is missing`
  const spare = listed(Object.keys(stored).filter((path) => !Object.hasOwn(wanted, path)))
  if (spare !== undefined) return `${spare} has no place here`
  return Object.entries(wanted).flatMap(([path, x]) => misfit(path, x, stored[path]!) ?? [])[0]
}

/** The tensors of a file and a tree of the same form; or the tree alone, for `pipe`. */
export interface RestoreTree {
  <T>(stored: StoredTensors, like: T): E.Either<Failure, T>
  <T>(like: T): (stored: StoredTensors) => E.Either<Failure, T>
}

/**
 * A tree of the same form as `like`, with tensors from a file. The file must have every path of the tree, with the same
 * shape, and no other. The failure is of kind `mismatch`, and names the path.
 *
 * @throws TesseraError if a path of the tree names two tensors
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const like = { w: t.zeros([2]) }
 * const restored = t.restoreTree({ w: { shape: [2], data: Float32Array.of(1, 2) } }, like)
 * if (restored._tag === 'Left') throw new Error(restored.left.message)
 * assert.deepStrictEqual(await t.reference.read(restored.right.w), Float64Array.of(1, 2))
 * assert.equal(t.restoreTree({}, like)._tag, 'Left')
 * ```
 */
export const restoreTree = dual<RestoreTree>(
  counted(2),
  <T>(like: T) =>
    (stored: StoredTensors): E.Either<Failure, T> => {
      const wrong = complaint(flattenTree(like), stored)
      return wrong === undefined
        ? E.right(mapTree(like, ({ shape }, path) => tensor(stored[path]!.data, shape)))
        : fail('mismatch', wrong)
    }
)
