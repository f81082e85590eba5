import ndarray from 'ndarray'
import { raise, showShape } from '../../base/raise.ts'
import type { Words } from '../../random/words.ts'
import type { Key } from '../key.ts'
import { options } from '../options.ts'
import { axisOf, checkShape, type Shape } from '../shape.ts'
import { node, shaped, withRow, type Row, type Tensor } from '../tensor.ts'
import { view } from '../values.ts'
import type { Storage } from '../storage.ts'
import { leaked, type Trace } from '../trace.ts'

const noGradient = (): readonly [] => []

interface Full {
  readonly shape: Shape
  readonly value: number
}
const fullRow: Row<Full> = {
  name: 'full',
  kernel: { kind: 'constant' },
  shape: ({ shape }) => shape,
  reference: ({ value }, shape) =>
    view(
      ndarray(new Float64Array([value]), [1]),
      shape,
      shape.map(() => 0)
    ),
  vjp: noGradient,
  show: ({ value }) => String(value)
}

/**
 * A tensor with one number everywhere. The number is part of the graph, and takes no memory.
 *
 * @throws TesseraError if a size is negative or not whole
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.full([3], 0.5)), Float64Array.of(0.5, 0.5, 0.5))
 * ```
 */
export const full = withRow(
  <const S extends Shape>(shape: S, value: number): Tensor<S> =>
    shaped<S>(node(fullRow, { shape: checkShape('full', shape), value })),
  fullRow
)

/** Every whole number up to this one is a float32. */
const mostCountable = 2 ** 24
/** Raises if the numbers below `count` are not all float32. */
export const checkCountable = (op: string, what: string, count: number): void => {
  if (count - 1 > mostCountable)
    raise(op, `float32 can't hold the numbers of ${what} of ${count}: it has every whole number up to ${mostCountable}`)
}

interface Iota {
  readonly shape: Shape
  readonly axis: number
}
const iotaRow: Row<Iota> = {
  name: 'iota',
  kernel: { kind: 'iota' },
  shape: ({ shape, axis }) => {
    checkCountable('iota', 'an axis', shape[axis]!)
    return shape
  },
  reference: ({ axis }, shape) => {
    const n = shape[axis]!
    const counts = ndarray(Float64Array.from({ length: n }, (_, i) => i))
    return view(
      counts,
      shape,
      shape.map((_, i) => (i === axis ? 1 : 0))
    )
  },
  vjp: noGradient,
  show: ({ axis }) => `axis ${axis}`
}

/** The axis of `iota`. */
export interface IotaOptions {
  /** The axis to count along, negative from the end; 0 by default. */
  readonly axis?: number
}

/**
 * The index along an axis: 0, 1, 2 … It has no gradient.
 *
 * @throws TesseraError if the axis is longer than 2^24 + 1, beyond which float32 can't count
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(await t.reference.read(t.iota([2, 3], { axis: 1 })), Float64Array.of(0, 1, 2, 0, 1, 2))
 * ```
 */
export const iota = withRow(<const S extends Shape>(shape: S, given: IotaOptions = {}): Tensor<S> => {
  const { axis = 0 } = options('iota', given, { axis: true })
  return shaped<S>(node(iotaRow, { shape: checkShape('iota', shape), axis: axisOf('iota', axis, shape.length) }))
}, iotaRow)

/** Numbers on the host or on a device. */
export interface Held {
  readonly shape: Shape
  readonly storage: Storage
}
export const valueRow: Row<Held> = {
  name: 'value',
  kernel: { kind: 'buffer' },
  shape: ({ shape }) => shape,
  reference: ({ storage }, shape) => ndarray(Float64Array.from(storage.read()), [...shape]),
  vjp: noGradient
}

/**
 * Raises unless all numbers of a tensor are whole numbers from 0 to `count` - 1 (with `floored`, after rounding down).
 * It checks numbers on the host only: a number that only a device knows, and that names nothing, gives NaN there.
 */
export const checkWithin = (
  op: string,
  what: string,
  x: Tensor,
  count: number,
  { floored = false }: { readonly floored?: boolean } = {}
): void => {
  const numbers = x.row === valueRow ? ((x.attrs as Held).storage.host ?? []) : []
  for (let i = 0; i < numbers.length; i++) {
    const v = numbers[i]!
    if (!(v >= 0 && v < count && (floored || Number.isInteger(v))))
      raise(op, `${what} ${v} at position ${i} is none of 0 … ${count - 1}`)
  }
}

/** Random numbers that the host draws from a key when a compiled function is called. */
export interface Draw {
  readonly shape: Shape
  readonly key: Key
  readonly draw: (words: Words) => ArrayLike<number>
}
export const drawRow: Row<Draw> = {
  name: 'draw',
  kernel: { kind: 'buffer' },
  shape: ({ shape }) => shape,
  reference: ({ shape, key, draw }) =>
    valueRow.reference({ shape, storage: lazily(() => draw(key.resolve([]))) }, shape),
  vjp: () => []
}

/** Random numbers that are drawn when they are first read. */
export const lazily = (draw: () => ArrayLike<number>) => {
  let numbers: ArrayLike<number> | undefined
  return {
    read: (): ArrayLike<number> => (numbers ??= draw()),
    dispose: () => undefined
  }
}

/** A placeholder of a traced function. */
export interface Argument {
  readonly shape: Shape
  readonly position: number
  /** The trace that it belongs to: only there it has a value. */
  readonly trace?: Trace
}
/** Describes a placeholder. */
export const argumentText = ({ position, shape }: Argument): string => `the argument ${position} ${showShape(shape)}`

export const argumentRow: Row<Argument> = {
  name: 'argument',
  kernel: { kind: 'buffer' },
  shape: ({ shape }) => shape,
  reference: (attrs) => leaked('read', argumentText(attrs), attrs.trace),
  vjp: noGradient,
  show: ({ position }) => String(position)
}
