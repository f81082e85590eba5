import { scalar, tensor } from '../core/create.ts'
import { broadcastTo, full, mul } from '../core/primitives.ts'
import { isEmpty, sameShape } from '../core/shape.ts'
import { attrsText } from './key.ts'
import { node, topological, type Tensor } from '../core/tensor.ts'

/** A rule gives a simpler node of the same value, or nothing. */
type Rule = (x: Tensor, inputs: readonly Tensor[]) => Tensor | undefined

const constantOf = (x: Tensor | undefined): number | undefined =>
  x?.row.kernel.kind === 'constant' ? (x.attrs as { readonly value: number }).value : undefined

const isNegative = (x: Tensor, of: Tensor): boolean => x.row.name === 'neg' && x.inputs[0] === of

const is = (x: Tensor, ...names: readonly string[]): boolean => names.includes(x.row.name)

const rules: readonly Rule[] = [
  // what has no elements is data, and needs no kernel
  (x) => (isEmpty(x.shape) && x.row.kernel.kind !== 'buffer' ? tensor([], x.shape) : undefined),
  // a sum of nothing is 0, and so is what surrounds nothing
  (x, [a]) => (x.row.kernel.kind === 'access' && isEmpty(a!.shape) && !isEmpty(x.shape) ? full(x.shape, 0) : undefined),
  // NaN and infinity can't be written down in GLSL: they come as data
  (x) => {
    const value = constantOf(x)
    return value !== undefined && !Number.isFinite(Math.fround(value)) ? broadcastTo(scalar(value), x.shape) : undefined
  },
  // 0 · x and 0 / x: drivers take them for 0, also where x is NaN or infinite, unless the 0 comes as data
  (x, [a, b]) => {
    if (!is(x, 'mul', 'div')) return undefined
    const known = constantOf(a) === 0 ? a : is(x, 'mul') && constantOf(b) === 0 ? b : undefined
    const zero = known && broadcastTo(scalar(constantOf(known)!), x.shape)
    return zero && node(x.row, x.attrs, known === a ? zero : a!, known === a ? b! : zero)
  },
  // x - x and x + -x are 0 · x: drivers take them for 0, also where x is NaN or infinite
  (x, [a, b]) => {
    const isOpposite = is(x, 'sub') ? a === b : is(x, 'add') && (isNegative(a!, b!) || isNegative(b!, a!))
    return isOpposite ? node(mul.row, undefined, is(a!, 'neg') ? b! : a!, broadcastTo(scalar(0), x.shape)) : undefined
  },
  // markers for the autodiff compute nothing
  (x, [a]) => (is(x, 'identity', 'stopGradient', 'differentiatedAs') ? a : undefined),
  // x + 0, x - 0, x · 1, x / 1
  (x, [a, b]) =>
    (is(x, 'add', 'sub') && constantOf(b) === 0) || (is(x, 'mul', 'div') && constantOf(b) === 1) ? a : undefined,
  // 0 + x, 1 · x
  (x, [a, b]) => ((is(x, 'add') && constantOf(a) === 0) || (is(x, 'mul') && constantOf(a) === 1) ? b : undefined),
  // a movement of equal numbers is the same numbers (not of a padded one: it has zeros)
  (x, [a]) => {
    const value = constantOf(a)
    return value !== undefined && is(x, 'reshape', 'permute', 'slice', 'flip', 'expand', 'window')
      ? full(x.shape, value)
      : undefined
  },
  // a function of constants is a constant
  (x, inputs) => {
    const values = inputs.map(constantOf)
    if (x.row.kernel.kind !== 'pointwise' || !values.every((v) => v !== undefined)) return undefined
    const scalars = inputs.map((_, i) => full([], values[i]!).row.reference({ shape: [], value: values[i]! }, []))
    return full(x.shape, x.row.reference(x.attrs, [], ...scalars).get())
  },
  // reshapes in a row are one
  (x, [a]) => {
    if (!is(x, 'reshape')) return undefined
    if (sameShape(a!.shape, x.shape)) return a
    return is(a!, 'reshape') ? node(x.row, x.shape, a!.inputs[0]!) : undefined
  },
  // an expansion or permutation that changes nothing
  (x, [a]) =>
    (is(x, 'expand') && sameShape(a!.shape, x.shape)) ||
    (is(x, 'permute') && (x.attrs as readonly number[]).every((axis, i) => axis === i))
      ? a
      : undefined,
  // a pad or slice that changes nothing
  (x, [a]) => (is(x, 'pad', 'slice') && sameShape(a!.shape, x.shape) ? a : undefined)
]

const keyOf = (x: Tensor, inputs: readonly Tensor[], id: (x: Tensor) => number): string | undefined =>
  x.row.kernel.kind === 'buffer'
    ? undefined
    : `${x.row.name} ${attrsText(x.attrs)} ${inputs.map(id).join(' ')} ${x.shape.join(',')}`

/**
 * The same values from fewer nodes: the rules above, and equal expressions only once.
 * Gives the outputs in order.
 */
export const simplify = (outputs: readonly Tensor[]): readonly Tensor[] => {
  const replaced = new Map<Tensor, Tensor>()
  const ids = new Map<Tensor, number>()
  const id = (x: Tensor): number => ids.get(x) ?? (ids.set(x, ids.size), ids.size - 1)
  const known = new Map<string, Tensor>()
  const unique = (x: Tensor): Tensor => {
    const key = keyOf(x, x.inputs, id)
    if (key === undefined) return x
    const found = known.get(key) ?? x
    known.set(key, found)
    return found
  }
  const step = (x: Tensor, inputs: readonly Tensor[]): Tensor => {
    for (const rule of rules) {
      const simpler = rule(x, inputs)
      if (simpler) return simpler === inputs[0] || simpler === inputs[1] ? simpler : step(simpler, simpler.inputs)
    }
    return unique(inputs.every((input, i) => input === x.inputs[i]) ? x : node(x.row, x.attrs, ...inputs))
  }
  for (const x of topological(outputs)) {
    replaced.set(
      x,
      step(
        x,
        x.inputs.map((input) => replaced.get(input)!)
      )
    )
  }
  return outputs.map((x) => replaced.get(x)!)
}
