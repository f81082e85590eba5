import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addAffine,
  boundsOf,
  constant,
  divMod,
  flatten,
  freshVar,
  keyOf,
  scale,
  shift,
  substitute,
  unflatten,
  variable,
  type Affine,
  type Var
} from '../../lib/core/affine.ts'
import { sizeOf, type Shape } from '../../lib/core/shape.ts'
import { reshapeOf, shapes } from '../support/arbitrary.ts'
import { holds } from '../support/property.ts'

type Values = ReadonlyMap<Var, number>

/** What an affine expression is worth: variables that are defined by others follow from these. */
const valueOf = (a: Affine, at: Values): number => a.terms.reduce((sum, [v, k]) => sum + k * valueOfVar(v, at), a.c + 0)
const valueOfVar = (v: Var, at: Values): number => {
  if (!v.def) return at.get(v)!
  const [of, by] = [valueOf(v.def.of, at), v.def.by]
  return v.def.kind === 'div' ? Math.floor(of / by) : of - by * Math.floor(of / by)
}

/** Every value of some variables. */
const everywhere = (vars: readonly Var[]): readonly Values[] =>
  vars.reduce<readonly Values[]>(
    (all, v) => all.flatMap((at) => Array.from({ length: v.extent }, (_, i) => new Map([...at, [v, i]]))),
    [new Map<Var, number>()]
  )

interface Made {
  readonly vars: readonly Var[]
  readonly affine: Affine
}
const affines: fc.Arbitrary<Made> = fc
  .tuple(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: -9, max: 9 })), { maxLength: 3 }),
    fc.integer({ min: -20, max: 20 })
  )
  .map(([parts, c]) => {
    const vars = parts.map(([extent]) => freshVar(extent))
    const sum = parts.reduce((a, [, k], i) => addAffine(a, scale(variable(vars[i]!), k)), constant(c))
    return { vars, affine: sum }
  })
const by = fc.integer({ min: 1, max: 9 })

/** A quotient within the quotient: what reshapes on end make. */
const nested = fc.tuple(affines, by, by).map(([{ vars, affine }, p, q]): Made => {
  const [quotient, rest] = divMod(affine, p)
  return { vars, affine: addAffine(scale(quotient, q), shift(rest, 1)) }
})
const any = fc.oneof(affines, nested)

describe('affine expressions', () => {
  it('add, scale and shift like numbers', () =>
    holds(fc.tuple(any, fc.integer({ min: -5, max: 5 })), ([{ vars, affine }, k]) => {
      for (const at of everywhere(vars)) {
        expect(valueOf(scale(affine, k), at)).toBe(k * valueOf(affine, at) + 0)
        expect(valueOf(shift(affine, k), at)).toBe(valueOf(affine, at) + k)
        expect(valueOf(addAffine(affine, scale(affine, -1)), at)).toBe(0)
      }
    }))

  it('stay within their bounds', () =>
    holds(any, ({ vars, affine }) => {
      const [lo, hi] = boundsOf(affine)
      const values = everywhere(vars).map((at) => valueOf(affine, at))
      expect(lo).toBeLessThanOrEqual(Math.min(...values))
      expect(hi).toBeGreaterThanOrEqual(Math.max(...values))
    }))

  it('reach their bounds where no quotient is in them', () =>
    holds(affines, ({ vars, affine }) => {
      const values = everywhere(vars).map((at) => valueOf(affine, at))
      expect(boundsOf(affine)).toEqual([Math.min(...values), Math.max(...values)])
    }))

  it('have the quotient and the remainder of whole numbers', () =>
    holds(
      fc.tuple(any, by),
      ([{ vars, affine }, divisor]) => {
        const [quotient, rest] = divMod(affine, divisor)
        for (const at of everywhere(vars)) {
          const value = valueOf(affine, at)
          expect(valueOf(quotient, at)).toBe(Math.floor(value / divisor))
          expect(valueOf(rest, at)).toBe(value - divisor * Math.floor(value / divisor))
        }
        const [lo, hi] = boundsOf(rest)
        expect(lo >= 0 && hi < divisor).toBe(true)
      },
      200
    ))

  it('have one quotient for one expression', () =>
    holds(fc.tuple(any, by), ([{ affine }, divisor]) => {
      const again = addAffine(affine, constant(0))
      expect(divMod(again, divisor).map(keyOf)).toEqual(divMod(affine, divisor).map(keyOf))
    }))

  it('mean the same once variables are replaced', () =>
    holds(
      fc.tuple(any, fc.array(affines, { minLength: 3, maxLength: 3 })),
      ([{ vars, affine }, others]) => {
        const to = new Map(vars.map((v, i) => [v, others[i]!.affine]))
        const replaced = substitute(affine, (v) => to.get(v))
        const used = others.slice(0, vars.length).flatMap((o) => o.vars)
        for (const at of everywhere(used).slice(0, 200)) {
          const through = new Map(vars.map((v) => [v, valueOf(to.get(v)!, at)]))
          expect(valueOf(replaced, at)).toBe(valueOf(affine, through))
        }
      },
      100
    ))

  it('have a key that tells them apart', () =>
    holds(fc.tuple(affines, fc.integer({ min: 1, max: 3 })), ([{ affine }, k]) => {
      expect(keyOf({ ...affine, terms: [...affine.terms].reverse() })).toBe(keyOf(affine))
      expect(keyOf(shift(affine, k))).not.toBe(keyOf(affine))
    }))
})

describe('indices', () => {
  const indexed = shapes({ max: 4, most: 120 })
  const countersOf = (shape: Shape): readonly Var[] => shape.map((d) => freshVar(d))
  /** A variable of extent 1 is the constant 0, so it needs no value. */
  const values = (vars: readonly Var[]): readonly Values[] => everywhere(vars)

  it('flatten to the row-major position', () =>
    holds(indexed, (shape) => {
      const vars = countersOf(shape)
      const flat = flatten(vars.map(variable), shape)
      expect(values(vars).map((at) => valueOf(flat, at))).toEqual(Array.from({ length: sizeOf(shape) }, (_, i) => i))
    }))

  it('unflatten to what was flattened, without a quotient', () =>
    holds(indexed, (shape) => {
      const vars = countersOf(shape)
      const index = unflatten(flatten(vars.map(variable), shape), shape)
      expect(index.map(keyOf)).toEqual(vars.map((v) => keyOf(variable(v))))
    }))

  it('are those of the same element in another shape', () =>
    holds(
      indexed.chain((shape) => fc.tuple(fc.constant(shape), reshapeOf(shape))),
      ([from, to]) => {
        const vars = countersOf(to)
        const index = unflatten(flatten(vars.map(variable), to), from)
        const strides = from.map((_, i) => sizeOf(from.slice(i + 1)))
        const places = values(vars).map((at) =>
          index.reduce((sum, i, axis) => sum + strides[axis]! * valueOf(i, at), 0)
        )
        expect(places).toEqual(Array.from({ length: sizeOf(from) }, (_, i) => i))
        for (const at of values(vars)) index.forEach((i, axis) => expect(valueOf(i, at)).toBeLessThan(from[axis]!))
      },
      60
    ))
})
