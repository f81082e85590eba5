/**
 * A variable of the index arithmetic in kernels. A movement computes nothing: it maps the index of an output element to
 * the index of an input element, which is affine in the loop variables of the kernel.
 */
export interface Var {
  readonly id: number
  /** The variable runs over 0 … extent-1. */
  readonly extent: number
  /** The definition of a variable that is computed from others: the quotient or the remainder of `of` by `by`. */
  readonly def?: { readonly kind: 'div' | 'mod'; readonly of: Affine; readonly by: number }
}

/** c + Σ coefficient · variable */
export interface Affine {
  readonly c: number
  readonly terms: readonly (readonly [Var, number])[]
}

/** The element exists if 0 ≤ index < extent; otherwise it is 0. */
export interface Guard {
  readonly index: Affine
  readonly extent: number
}

let ids = 0
export const freshVar = (extent: number, def?: NonNullable<Var['def']>): Var => ({
  id: ids++,
  extent,
  ...(def ? { def } : {})
})

export const constant = (c: number): Affine => ({ c, terms: [] })
export const variable = (v: Var): Affine => (v.extent === 1 ? constant(0) : { c: 0, terms: [[v, 1]] })

export const addAffine = (a: Affine, b: Affine): Affine => {
  if (b.terms.length === 0) return shift(a, b.c)
  if (a.terms.length === 0) return shift(b, a.c)
  // planning does this most; with so few terms, a search costs less than a map
  const terms = [...a.terms]
  for (const [v, k] of b.terms) {
    const at = terms.findIndex(([w]) => w === v)
    if (at < 0) terms.push([v, k])
    else terms[at] = [v, terms[at]![1] + k]
  }
  return { c: a.c + b.c, terms: terms.filter(([, k]) => k !== 0) }
}
export const scale = (a: Affine, k: number): Affine =>
  k === 1 ? a : k === 0 ? constant(0) : { c: a.c * k + 0, terms: a.terms.map(([v, q]) => [v, q * k]) }
export const shift = (a: Affine, c: number): Affine => (c === 0 ? a : { c: a.c + c, terms: a.terms })

/** The smallest and largest value. */
export const boundsOf = (a: Affine): readonly [number, number] =>
  a.terms.reduce<readonly [number, number]>(
    ([lo, hi], [v, k]) => (k > 0 ? [lo, hi + k * (v.extent - 1)] : [lo + k * (v.extent - 1), hi]),
    [a.c, a.c]
  )

/** A bound on the absolute value of all partial sums of its terms. */
export const magnitudeOf = (a: Affine): number => {
  const [less, more] = a.terms.reduce<readonly [number, number]>(
    ([lo, hi], [v, k]) => (k > 0 ? [lo, hi + k * (v.extent - 1)] : [lo + k * (v.extent - 1), hi]),
    [Math.min(0, a.c), Math.max(0, a.c)]
  )
  return Math.max(-less, more)
}

export const coefficient = (a: Affine, v: Var): number => a.terms.find(([w]) => w === v)?.[1] ?? 0

/** A text that is equal for two expressions exactly if they are the same. */
export const keyOf = ({ terms, c }: Affine): string => {
  const sorted = terms.length > 1 ? [...terms].sort(([v], [w]) => v.id - w.id) : terms
  return sorted.reduce((text, [v, k]) => `${text}${k}*${v.id}+`, '') + String(c)
}

/** Replaces variables. A variable with a definition is rebuilt from its replaced definition. */
export const substitute = (a: Affine, to: (v: Var) => Affine | undefined): Affine =>
  a.terms.length === 0
    ? a
    : a.terms.reduce((sum, [v, k]) => addAffine(sum, scale(substituteVar(v, to), k)), constant(a.c))

const substituteVar = (v: Var, to: (v: Var) => Affine | undefined): Affine => {
  const direct = to(v)
  if (direct) return direct
  if (!v.def) return variable(v)
  const [q, r] = divMod(substitute(v.def.of, to), v.def.by)
  return v.def.kind === 'div' ? q : r
}

/**
 * The quotient and the remainder by a constant. Terms that `by` divides leave at once. If the rest stays within [0,
 * by), nothing else is needed, so that splitting an axis and merging it again is free.
 */
export const divMod = (a: Affine, by: number): readonly [Affine, Affine] => {
  if (by === 1) return [a, constant(0)]
  const whole = a.terms.filter(([, k]) => k % by === 0)
  const c = Math.floor(a.c / by)
  const rest: Affine = { c: a.c - c * by, terms: a.terms.filter(([, k]) => k % by !== 0) }
  const quotient: Affine = { c, terms: whole.map(([v, k]) => [v, k / by]) }
  const [lo, hi] = boundsOf(rest)
  if (lo >= 0 && hi < by) return [quotient, rest]
  return [addAffine(quotient, quotientVar(rest, by)), remainderVar(rest, by)]
}

const quotientVar = (rest: Affine, by: number): Affine => {
  const [lo, hi] = boundsOf(rest)
  const low = Math.floor(lo / by)
  const lifted = shift(rest, -low * by)
  const extent = Math.floor((hi - low * by) / by) + 1
  return shift(variable(interned({ kind: 'div', of: lifted, by }, extent)), low)
}

const remainderVar = (rest: Affine, by: number): Affine => {
  const low = Math.floor(boundsOf(rest)[0] / by)
  return variable(interned({ kind: 'mod', of: shift(rest, -low * by), by }, by))
}

/**
 * Equal definitions share one variable, so that guards and loads can be compared. Held weakly by their first operand.
 */
const definitions = new WeakMap<Var, Map<string, Var>>()
const interned = (def: NonNullable<Var['def']>, extent: number): Var => {
  const owner = def.of.terms[0]?.[0]
  if (!owner) return freshVar(extent, def)
  const known = definitions.get(owner) ?? new Map<string, Var>()
  definitions.set(owner, known)
  const key = `${def.kind} ${keyOf(def.of)} ${def.by}`
  const found = known.get(key) ?? freshVar(extent, def)
  known.set(key, found)
  return found
}

/** Row-major position of an index in a shape. */
export const flatten = (index: readonly Affine[], shape: readonly number[]): Affine =>
  index.reduce((flat, i, axis) => addAffine(scale(flat, shape[axis]!), i), constant(0))

/** The index in `shape` of a row-major position: the inverse of `flatten`. */
export const unflatten = (flat: Affine, shape: readonly number[]): readonly Affine[] => {
  const index: Affine[] = []
  let rest = flat
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const [q, r] = divMod(rest, shape[axis]!)
    index.unshift(r)
    rest = q
  }
  return shape.length === 0 ? [] : [rest, ...index]
}

/**
 * The index in `from` of an index in `to`, two shapes of the same elements. Axes of both shapes pass through unchanged,
 * even beyond their ends (a guard excludes such an element anyway). Only axes that were split or merged need
 * arithmetic.
 */
export const regroup = (
  index: readonly Affine[],
  to: readonly number[],
  from: readonly number[]
): readonly Affine[] => {
  const result = from.map(() => constant(0))
  const long = (shape: readonly number[]): readonly number[] => shape.flatMap((d, axis) => (d > 1 ? [axis] : []))
  const [ins, outs] = [long(to), long(from)]
  for (let i = 0, j = 0; i < ins.length || j < outs.length;) {
    const [given, wanted] = [[ins[i++]!], [outs[j++]!]]
    let [p, q] = [to[given[0]!]!, from[wanted[0]!]!]
    while (p !== q) {
      if (p < q) p *= to[given[given.push(ins[i++]!) - 1]!]!
      else q *= from[wanted[wanted.push(outs[j++]!) - 1]!]!
    }
    const sizes = wanted.map((axis) => from[axis]!)
    const flat = flatten(
      given.map((axis) => index[axis]!),
      given.map((axis) => to[axis]!)
    )
    unflatten(flat, sizes).forEach((at, k) => (result[wanted[k]!] = at))
  }
  return result
}
