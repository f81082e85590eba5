import ndarray from 'ndarray'
import { maxKeep } from '../../lib/core/primitives.ts'
import { topological, type Tensor, type Values } from '../../lib/core/tensor.ts'
import { packed } from '../../lib/core/values.ts'
import { largest, roundings, smallest, unit } from './tolerance.ts'

/**
 * Running error analysis: next to each value of a graph, in float64, how far a float32 computation of it may be off.
 * An operation passes on the errors of its operands and adds its own rounding.
 */
export interface Bounded {
  readonly value: Values
  readonly error: Values
}

/** f of the elements of equal index. */
const zip = (f: (...xs: number[]) => number, ...xs: readonly Values[]): Values => {
  const data = xs.map((x) => packed(x).data)
  return ndarray(
    Float64Array.from(data[0]!, (_, i) => f(...data.map((d) => d[i]!))),
    [...xs[0]!.shape]
  )
}
const abs = (x: Values): Values => zip(Math.abs, x)

/** An error that can't be told, or a value that float32 can't hold, bounds nothing. */
const settled = (value: Values, error: Values): Bounded => ({
  value,
  error: zip((e, v) => (Number.isNaN(e) || !(Math.abs(v) + e <= largest) ? Infinity : e), error, value)
})

const meaning = (x: Tensor, ...inputs: readonly Values[]): Values =>
  packed(x.row.reference(x.attrs, x.shape, ...inputs))

// ---- pointwise: the operands at the ends of their intervals -------------------------------------------------------

const signs = (n: number): readonly (readonly number[])[] =>
  n === 0 ? [[]] : signs(n - 1).flatMap((before) => [-1, 1].map((sign) => [...before, sign]))

/** How far the result moves when every operand moves as far as it may: the largest over all corners. */
const moved = (x: Tensor, value: Values, inputs: readonly Bounded[]): Values => {
  const corner = (sign: readonly number[]): Values =>
    meaning(x, ...inputs.map((a, i) => zip((v, e) => v + sign[i]! * e, a.value, a.error)))
  const off = signs(inputs.length).map((sign) => zip((y, v) => Math.abs(y - v), corner(sign), value))
  return off.reduce((a, b) => zip((p, q) => (Number.isNaN(p + q) ? NaN : Math.max(p, q)), a, b))
}

const strip = (x: Tensor): Tensor =>
  ['expand', 'reshape', 'identity', 'stopGradient'].includes(x.row.name) ? strip(x.inputs[0]!) : x

/** In x = max x the element that was selected is equal, however it was rounded. */
const isOwnMaximum = (a: Tensor, b: Tensor): boolean => {
  const most = strip(b)
  const { kernel } = most.row
  return kernel.kind === 'access' && kernel.reduces?.selects === true && strip(most.inputs[0]!) === strip(a)
}

/** An equality is open where the intervals meet. */
const openEquality = (x: Tensor, value: Values, [a, b]: readonly Bounded[]): Values => {
  const own = isOwnMaximum(x.inputs[0]!, x.inputs[1]!)
  const off = zip((v, w) => Math.abs(v - w), a!.value, b!.value)
  const reach = zip((p, q) => p + q, a!.error, b!.error)
  return zip((d, r, y) => Number(r > 0 && d <= r && !(own && y === 1)), off, reach, value)
}

const pointwise = (x: Tensor, inputs: readonly Bounded[]): Bounded => {
  const values = inputs.map((a) => a.value)
  const value = meaning(x, ...values)
  const rounding = roundings[x.row.name]
  if (!rounding) throw new Error(`tolerance.ts has no rounding for the row ${x.row.name}`)
  const passed = x.row.name === 'equal' ? openEquality(x, value, inputs) : moved(x, value, inputs)
  const own = zip((y, ...xs) => unit * rounding(y, ...xs), value, ...values)
  const flushed = own.data.some((e) => e > 0) ? smallest : 0
  return settled(
    value,
    zip((p, o) => p + o + flushed, passed, own)
  )
}

// ---- access: sums of elements ------------------------------------------------------------------------------------

/** A row that is linear with coefficients 1: so are the errors; n terms add 2⁻²³ log2(n) Σ|x|. */
const linear = (x: Tensor, [a]: readonly Bounded[]): Bounded => {
  const value = meaning(x, a!.value)
  const passed = meaning(x, a!.error)
  const terms = meaning(
    x,
    zip(() => 1, a!.value)
  )
  const total = meaning(x, abs(a!.value))
  const error = zip((e, n, s) => e + (n > 1 ? unit * Math.log2(n) * s + smallest : 0), passed, terms, total)
  return settled(value, error)
}

/** One of the elements, the largest or the smallest: it is off by the largest error of any at most. */
const selected = (x: Tensor, [a]: readonly Bounded[]): Bounded =>
  settled(meaning(x, a!.value), packed(maxKeep.row.reference(x.attrs as readonly number[], x.shape, a!.error)))

/** Π (x + e): what that has more than Π x, in absolute values, and the roundings of the terms. */
const product = (x: Tensor, [a]: readonly Bounded[]): Bounded => {
  const value = meaning(x, a!.value)
  const large = meaning(x, abs(a!.value))
  const terms = a!.value.size / Math.max(1, value.size)
  const more = meaning(
    x,
    zip((v, e) => Math.abs(v) + e, a!.value, a!.error)
  )
  return settled(
    value,
    zip((m, l) => m - l + unit * terms * m + smallest, more, large)
  )
}

const ofAccess: Readonly<Record<string, (x: Tensor, inputs: readonly Bounded[]) => Bounded>> = {
  prod: product
}

/** Rows of a table: a number of a row that is not exact may name another row. */
const gather = (x: Tensor, [table, rows]: readonly Bounded[]): Bounded => {
  const value = meaning(x, table!.value, rows!.value)
  const width = value.size / value.shape[0]!
  const isOpen = (i: number): boolean => {
    const [v, e] = [rows!.value.get(i), rows!.error.get(i)]
    return Math.floor(v - e) !== Math.floor(v + e)
  }
  const error = meaning(x, table!.error, rows!.value)
  return settled(
    value,
    opened(error, (j) => isOpen(Math.floor(j / width)))
  )
}
const opened = (error: Values, isOpen: (i: number) => boolean): Values => {
  let i = 0
  return zip((e) => (isOpen(i++) ? Infinity : e), error)
}

// ---- graphs ------------------------------------------------------------------------------------------------------

/** Numbers of the host are float32 already; a constant is rounded when it is written down. */
const leaf = (x: Tensor): Bounded => {
  const value = meaning(x)
  return settled(
    value,
    zip((v) => Math.abs(Math.fround(v) - v), value)
  )
}

const bounded = (x: Tensor, inputs: readonly Bounded[]): Bounded => {
  switch (x.row.kernel.kind) {
    case 'pointwise':
      return pointwise(x, inputs)
    case 'access': {
      const { reduces } = x.row.kernel
      if (reduces?.selects === true) return selected(x, inputs)
      if (reduces && !reduces.adds && !ofAccess[x.row.name])
        throw new Error(`rounding.ts has no bound for the reduction ${x.row.name}`)
      return ofAccess[x.row.name]?.(x, inputs) ?? linear(x, inputs)
    }
    case 'gather':
      return gather(x, inputs)
    default:
      return leaf(x)
  }
}

export interface Expected {
  readonly values: Float64Array
  readonly errors: Float64Array
}

/** What a float32 device should compute, and how far it may be off, for each of some tensors. */
export const expected = (outputs: readonly Tensor[]): readonly Expected[] => {
  const known = new Map<Tensor, Bounded>()
  for (const x of topological(outputs))
    known.set(
      x,
      bounded(
        x,
        x.inputs.map((input) => known.get(input)!)
      )
    )
  return outputs.map((x) => {
    const { value, error } = known.get(x)!
    return { values: Float64Array.from(packed(value).data), errors: Float64Array.from(packed(error).data) }
  })
}
