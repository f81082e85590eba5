import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { fail } from '../lib/core/failure.ts'
import type { Held } from '../lib/core/primitives.ts'
import * as t from '../lib/index.ts'
import type { Failure, Shape, Tensor, Tree } from '../lib/index.ts'

// Between the trees of tensors that models compute with and the names under which files hold them.

/** A tensor outside of any graph: what a model file holds under a name. */
export interface NamedTensor {
  readonly shape: Shape
  readonly data: Float32Array
}
export type Named = Readonly<Record<string, NamedTensor>>

/** The names and shapes that a model wants. */
export type Shapes = Readonly<Record<string, Shape>>

const mismatch = (message: string): E.Either<Failure, never> => fail('mismatch', `model file: ${message}`)

// float64 holds a device's float32 exactly, so the reference hands the numbers over as they are
const numbersOf = (x: Tensor): Float32Array => Float32Array.from((x.attrs as Held).storage.read())

/** The numbers of a tree's tensors under their paths. */
export const namedOf = (tree: Tree): Named => {
  const computed = t.reference.compute(t.flattenTree(tree))
  return Object.fromEntries(Object.entries(computed).map(([name, x]) => [name, { shape: x.shape, data: numbersOf(x) }]))
}

export const shapesOf = (tree: Tree): Shapes =>
  Object.fromEntries(Object.entries(t.flattenTree(tree)).map(([name, x]) => [name, x.shape]))

const shown = (shape: Shape): string => `[${shape.join(',')}]`

/** `a`, or `a (and 3 more)`. */
const listed = ([first = '', ...more]: readonly string[]): string =>
  more.length === 0 ? first : `${first} (and ${more.length} more)`

const checkNames =
  (what: string, wanted: Shapes) =>
  (named: Named): E.Either<Failure, Named> => {
    const missing = Object.keys(wanted).filter((name) => !(name in named))
    const spare = Object.keys(named).filter((name) => !(name in wanted))
    if (missing.length > 0) return mismatch(`${listed(missing)} is missing: this is no file of ${what}`)
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

/** The same tensors where they are those that a model wants; else a failure that names the first that is not. */
export const checked =
  (what: string, wanted: Shapes) =>
  (named: Named): E.Either<Failure, Named> =>
    pipe(named, checkNames(what, wanted), E.flatMap(checkShapes(wanted)))

export const tensorOf = ({ data, shape }: NamedTensor): Tensor => t.tensor(data, shape)

/** A tree with the numbers that have its paths for their names. */
export const treeOf = <P>(like: P, named: Named): P => t.mapTree(like, (_, name) => tensorOf(named[name]!))
