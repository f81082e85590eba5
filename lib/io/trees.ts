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
import type { Stored } from './safetensors.ts'

// float64 holds a device's float32 exactly, so the reference hands the numbers over as they are
const numbersOf = (x: Tensor): Float32Array => Float32Array.from((x.attrs as Held).storage.read())

/**
 * The tensors of a tree in memory, by their paths: what a file holds of it. A device's values keep their bits.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * const stored = t.storeTree({ layers: [{ w: t.ones([2]) }] })
 * assert.deepStrictEqual(stored, { 'layers.0.w': { shape: [2], data: Float32Array.of(1, 1) } })
 * ```
 */
export const storeTree = (tree: Tree): Readonly<Record<string, Stored>> =>
  Object.fromEntries(
    Object.entries(reference.compute(flattenTree(tree))).map(([path, x]) => [
      path,
      { shape: x.shape, data: numbersOf(x) }
    ])
  )

/** `a`, or `a (and 3 more)`; nothing of nothing. */
const listed = ([first, ...more]: readonly string[]): string | undefined =>
  first === undefined || more.length === 0 ? first : `${first} (and ${more.length} more)`

/** What keeps a stored tensor from taking a tensor's place. */
const misfit = (path: string, { shape }: Tensor, stored: Stored): string | undefined => {
  if (!sameShape(stored.shape, shape))
    return `${path} has the shape ${showShape(stored.shape)}, here it is ${showShape(shape)}`
  return stored.data.length === countOf(shape)
    ? undefined
    : `${path} holds ${stored.data.length} numbers, its shape ${showShape(shape)} wants ${countOf(shape)}`
}

/** What keeps stored tensors from being those of a tree. */
const complaint = (
  wanted: Readonly<Record<string, Tensor>>,
  stored: Readonly<Record<string, Stored>>
): string | undefined => {
  const missing = listed(Object.keys(wanted).filter((path) => !Object.hasOwn(stored, path)))
  if (missing !== undefined) return `${missing} is missing`
  const spare = listed(Object.keys(stored).filter((path) => !Object.hasOwn(wanted, path)))
  if (spare !== undefined) return `${spare} has no place here`
  return Object.entries(wanted).flatMap(([path, x]) => misfit(path, x, stored[path]!) ?? [])[0]
}

type StoredTensors = Readonly<Record<string, Stored>>

/** Tensors of a file and a tree like theirs; or the tree alone, for `pipe`. */
export interface RestoreTree {
  <T>(stored: StoredTensors, like: T): E.Either<Failure, T>
  <T>(like: T): (stored: StoredTensors) => E.Either<Failure, T>
}

/**
 * A tree like another, with tensors out of a file: every path must be there, in the same shape, and no other. The
 * failure names the path.
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
